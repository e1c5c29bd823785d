#include "cli/commands/stack_files.hpp"

#include "cli/render/issues.hpp"
#include "core/crypto/digest.hpp"
#include "core/sys/files.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

namespace kontena::cli {

namespace fs = std::filesystem;
using core::Errc;
using core::Result;

namespace {

constexpr std::size_t kMaxFiles = 10'000;

bool is_yaml(fs::path const& path) {
    return path.extension() == ".yml" || path.extension() == ".yaml";
}

/// Hidden folders (`.git`, `.github`) are left out.
Result<std::vector<std::string>> yaml_files_below(std::string const& folder) {
    std::vector<std::string> out;
    std::error_code ec;
    auto it = fs::recursive_directory_iterator(folder, ec);
    for (; !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
        auto const hidden = it->path().filename().string().starts_with('.');
        if (it->is_directory(ec) && hidden) it.disable_recursion_pending();
        if (it->is_regular_file(ec) && !hidden && is_yaml(it->path()))
            out.push_back(it->path().string());
        if (out.size() > kMaxFiles)
            return core::fail(
                Errc::invalid, fmt::format("{} has more than {} YAML files", folder, kMaxFiles)
            );
    }
    if (ec)
        return core::fail(Errc::invalid, fmt::format("cannot read {}: {}", folder, ec.message()));
    std::ranges::sort(out);
    return out;
}

/// One byte above the limit of the reader, so that the reader says what is wrong.
Result<std::string> read_text(std::string const& path) {
    auto text = sys::read_file(path, yaml::kMaxBytes * 4);
    if (!text && text.error().code == Errc::not_found)
        return core::fail(Errc::not_found, fmt::format("{}: no such file", path));
    return text;
}

/// What stack files can ask on the machine of whoever runs the command.
class Workstation : public stackfile::Outside {
public:
    explicit Workstation(EnvLookup const& env)
        : env_(env) {}

    std::optional<std::string> env(std::string_view name) override { return env_(name); }

    Result<std::string> file(std::string const& path) override { return read_text(path); }

    Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override {
        return read_text(stackfile::join_path(document.directory, path));
    }

    /// Files only: registries and URLs are for a later version.
    Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        auto const path = stackfile::join_path(from.directory, reference);
        KTRY(auto text, read_text(path));
        return stackfile::Document{
            std::move(text),
            stackfile::join_path(stackfile::folder_of(from.file), reference),
            path,
            std::string(stackfile::folder_of(path))
        };
    }

    Result<std::string> random(std::size_t bytes) override { return crypto::random_bytes(bytes); }

private:
    EnvLookup const& env_; // of the caller, for the time of one read
};

Result<> gather_one(std::string const& path, std::istream& in, std::vector<StackText>& out) {
    if (path == "-") {
        out.push_back({"(standard input)", {std::istreambuf_iterator<char>(in), {}}});
        return {};
    }
    std::error_code ec;
    if (!fs::is_directory(path, ec)) {
        KTRY(auto text, read_text(path));
        out.push_back({path, std::move(text)});
        return {};
    }
    KTRY(auto const files, yaml_files_below(path));
    auto const before = out.size();
    for (auto const& file : files) {
        KTRY(auto text, read_text(file));
        if (stackfile::is_stack_file(text)) out.push_back({file, std::move(text)});
    }
    if (out.size() > before) return {};
    return core::fail(
        Errc::not_found, fmt::format("{}: no stack file (a YAML file with stack:) in it", path)
    );
}

} // namespace

Result<std::vector<StackText>>
gather_stack_files(std::vector<std::string> const& paths, std::istream& in) {
    std::vector<StackText> found;
    for (auto const& path : paths) KCHECK(gather_one(path, in, found));
    std::vector<StackText> out;
    std::set<std::string> seen;
    for (auto& one : found) {
        std::error_code ec;
        auto const id = fs::weakly_canonical(one.file, ec).string();
        if (seen.insert(ec ? one.file : id).second) out.push_back(std::move(one));
    }
    return out;
}

namespace {

/// Only issues of the file itself have an excerpt: the texts of others are not at hand.
std::string shown(
    std::vector<core::Issue> const& issues,
    StackText const& file,
    render::Style style,
    render::Colour colour
) {
    std::string out;
    for (auto const& issue : issues)
        out += render::issues({issue}, issue.file == file.file ? file.text : "", style, colour);
    return out;
}

void take(std::vector<core::Issue>& from, std::vector<core::Issue>& to) {
    std::ranges::move(from, std::back_inserter(to));
}

} // namespace

StackReadings read_stacks(
    Purpose purpose,
    std::vector<StackText> const& files,
    std::string const& grid,
    std::string const& stack_name,
    std::map<std::string, stackfile::Value> const& values,
    EnvLookup const& env,
    render::Style style
) {
    StackReadings out;
    Workstation outside(env);
    std::map<std::string, std::string> where;
    for (auto const& one : files) {
        auto const& [file, text] = one;
        std::error_code ec;
        auto const path = fs::absolute(file, ec).lexically_normal();
        auto reading = stackfile::read(
            {.text = text,
             .file = file,
             .reference = path.string(),
             .directory = path.parent_path().string(),
             .stack_name = stack_name,
             .grid = grid,
             .values = values,
             .outside = &outside}
        );
        if (reading.stack) {
            auto const [first, fresh] = where.try_emplace(reading.stack->name, file);
            if (!fresh)
                reading.errors.push_back(
                    {.path = "stack",
                     .reason = fmt::format(
                         "the stack '{}' is also in {}", reading.stack->name, first->second
                     ),
                     .file = file,
                     .line = reading.stack->origin.line,
                     .column = 1}
                );
            out.stacks.push_back(std::move(*reading.stack));
        }
        take(reading.refusals, reading.errors);
        take(reading.beyond, purpose == Purpose::apply ? reading.errors : reading.warnings);
        out.report += shown(reading.warnings, one, style, render::Colour::yellow);
        out.report += shown(reading.errors, one, style, render::Colour::red);
        take(reading.errors, out.errors);
        take(reading.warnings, out.warnings);
    }
    return out;
}

std::map<std::string, stackfile::Value> given_values(std::vector<std::string> const& texts) {
    std::map<std::string, stackfile::Value> out;
    for (auto const& text : texts) {
        auto const at = text.find('=');
        out[text.substr(0, at)] =
            at == std::string::npos ? stackfile::Value() : stackfile::Value(text.substr(at + 1));
    }
    return out;
}

} // namespace kontena::cli
