#include "master/gitops/render.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "stackfile/read.hpp"

#include <algorithm>
#include <iterator>

namespace kontena::master {

namespace {

/// No environment and no files: what a commit means must not depend on the master's process. No
/// random values either: each poll would give others.
class Repository : public stackfile::Outside {
public:
    core::Result<std::string> random(std::size_t) override {
        return core::fail(
            core::Errc::unsupported,
            "a random value would change with each sync: give the variable a fixed one"
        );
    }

    core::Result<stackfile::Value> secret(std::string const&) override { return no_vault(); }

    core::Result<std::vector<std::string>> secret_names() override { return no_vault(); }

    core::Result<std::vector<std::string>> certificate_subjects() override {
        return core::fail(core::Errc::unsupported, "this master has no certificates yet");
    }

private:
    static core::Error no_vault() {
        return core::fail(core::Errc::unsupported, "this master has no vault yet");
    }
};

} // namespace

Rendered render(std::vector<git::File> const& files, std::string const& grid) {
    Rendered out;
    Repository outside;
    for (auto const& file : files) {
        if (!stackfile::is_stack_file(file.text)) continue;
        auto reading = stackfile::read(
            {.text = file.text, .file = file.path, .grid = grid, .outside = &outside}
        );
        for (auto* issues : {&reading.errors, &reading.refusals, &reading.beyond})
            std::ranges::copy(*issues, std::back_inserter(out.issues));
        std::ranges::move(reading.warnings, std::back_inserter(out.warnings));
        if (reading.stack && reading.beyond.empty())
            out.stacks.push_back(std::make_shared<model::StackSpec const>(std::move(*reading.stack))
            );
    }
    std::ranges::sort(out.stacks, {}, [](auto const& stack) { return stack->name; });
    return out;
}

core::RevisionId revision_id(
    core::SourceId const& source,
    std::string const& commit,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks
) {
    auto text = commit + "\n";
    for (auto const& stack : stacks) text += json::encode_text(*stack) + "\n";
    return core::RevisionId(
        fmt::format("{}/{}", source.str(), core::content_digest(text).substr(0, 16))
    );
}

} // namespace kontena::master
