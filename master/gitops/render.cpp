#include "master/gitops/render.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "stackfile/path.hpp"
#include "stackfile/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

namespace kontena::master {

namespace {

/// The files of the commit and nothing else: no environment, because what a commit means must not
/// depend on the master's process, and no random values, because each poll would give others.
class Repository : public stackfile::Outside {
public:
    explicit Repository(std::vector<git::File> const& files) {
        for (auto const& file : files) texts_.emplace(file.path, file.text);
    }

    core::Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override {
        return find(stackfile::join_path(stackfile::folder_of(document.file), path));
    }

    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        auto const file = stackfile::join_path(stackfile::folder_of(from.file), reference);
        KTRY(auto text, find(file));
        return stackfile::Document{
            std::move(text), file, file, std::string(stackfile::folder_of(file))
        };
    }

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
    core::Result<std::string> find(std::string const& file) const {
        auto const found = texts_.find(file);
        if (found != texts_.end()) return std::string(found->second);
        return core::fail(
            core::Errc::not_found,
            fmt::format("{}: no such file among the YAML files of the commit", file)
        );
    }

    static core::Error no_vault() {
        return core::fail(core::Errc::unsupported, "this master has no vault yet");
    }

    std::map<std::string_view, std::string_view> texts_; ///< of files that outlive this
};

} // namespace

Rendered render(std::vector<git::File> const& files, std::string const& grid) {
    Rendered out;
    Repository outside(files);
    for (auto const& file : files) {
        if (!stackfile::is_stack_file(file.text)) continue;
        auto reading = stackfile::read(
            {.text = file.text,
             .file = file.path,
             .reference = file.path,
             .directory = std::string(stackfile::folder_of(file.path)),
             .grid = grid,
             .outside = &outside}
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
