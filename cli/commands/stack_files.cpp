#include "cli/commands/stack_files.hpp"

#include "cli/render/issues.hpp"
#include "core/yaml/emit.hpp"
#include "core/yaml/load.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <istream>
#include <iterator>
#include <set>
#include <tuple>

namespace kontena::cli {

namespace fs = std::filesystem;
using core::Errc;
using core::Result;
using stackfile::Document;
using stackfile::Value;

namespace {

constexpr std::size_t kMaxFiles = 10'000;
constexpr std::size_t kMaxInput = yaml::kMaxBytes * 4; ///< as of files: the reader takes less

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

/// Where the command runs, as the place that names on the command line start from.
Document here() {
    std::error_code ec;
    auto const folder = fs::current_path(ec).string();
    return {.text = {}, .file = {}, .reference = folder, .directory = folder};
}

class Gatherer {
public:
    Gatherer(Workstation& world, std::istream& in)
        : world_(world)
        , in_(in)
        , here_(here()) {}

    Result<> add(std::string const& name) {
        if (name == "-") {
            KTRY(auto text, standard_input());
            found_.push_back({std::move(text), "(standard input)", "-", here_.directory});
            return {};
        }
        std::error_code ec;
        if (!fs::is_directory(name, ec)) {
            KTRY(auto document, world_.load(here_, name));
            found_.push_back(std::move(document));
            return {};
        }
        KTRY(auto const files, yaml_files_below(name));
        auto const before = found_.size();
        for (auto const& file : files) {
            KTRY(auto document, world_.load(here_, file));
            if (stackfile::is_stack_file(document.text) ||
                stackfile::grid::is_grid_file(document.text))
                found_.push_back(std::move(document));
        }
        if (found_.size() > before) return {};
        return core::fail(
            Errc::not_found,
            fmt::format(
                "{}: no stack file (a YAML file with stack:) and no grid file (with grid:) in it",
                name
            )
        );
    }

    /// Each once.
    std::vector<Document> take() {
        std::vector<Document> out;
        std::set<std::string> seen;
        for (auto& one : found_) {
            std::error_code ec;
            auto const id = fs::weakly_canonical(one.reference, ec).string();
            if (seen.insert(ec ? one.reference : id).second) out.push_back(std::move(one));
        }
        return out;
    }

private:
    /// Which may not end by itself.
    Result<std::string> standard_input() {
        std::string text(kMaxInput + 1, '\0');
        in_.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in_.gcount()));
        if (text.size() <= kMaxInput) return text;
        return core::fail(
            Errc::invalid, fmt::format("(standard input) is larger than {} bytes", kMaxInput)
        );
    }

    Workstation& world_;
    std::istream& in_;
    Document here_;
    std::vector<Document> found_;
};

/// Sorts issues into errors and warnings, and shows each with its line.
class Teller {
public:
    Teller(StackReadings& out, std::map<std::string, std::string> const& texts, render::Style style)
        : out_(out)
        , texts_(texts)
        , style_(style) {}

    void warn(std::vector<core::Issue> const& issues) {
        out_.report += render::issues(issues, texts_, style_, render::Colour::yellow);
        std::ranges::copy(issues, std::back_inserter(out_.warnings));
    }

    void error(std::vector<core::Issue> const& issues) {
        out_.report += render::issues(issues, texts_, style_, render::Colour::red);
        std::ranges::copy(issues, std::back_inserter(out_.errors));
    }

private:
    StackReadings& out_;
    std::map<std::string, std::string> const& texts_;
    render::Style style_;
};

/// By their lines; those in other files, such as one that is extended from, behind.
std::vector<core::Issue>
in_order(stackfile::FileReading const& one, std::vector<std::vector<core::Issue>> const& lists) {
    std::vector<core::Issue> out;
    std::vector<core::Issue> elsewhere;
    for (auto const& list : lists)
        for (auto const& issue : list)
            (issue.file == one.document.file ? out : elsewhere).push_back(issue);
    std::ranges::sort(out, {}, [](core::Issue const& issue) {
        return std::tie(issue.line, issue.column, issue.path, issue.reason);
    });
    out.insert(out.end(), elsewhere.begin(), elsewhere.end());
    return out;
}

/// What `to: {vault: NAME}` asks for and no master does yet.
std::vector<core::Issue> unwritten_secrets(stackfile::FileReading const& one) {
    std::vector<core::Issue> out;
    for (auto const& write : one.reading.vault_writes)
        out.push_back(
            {.path = "variables",
             .reason = fmt::format(
                 "the secret '{}' is not written: the vault does not exist yet", write.name
             ),
             .file = one.document.file}
        );
    return out;
}

} // namespace

Result<std::vector<Document>>
gather_stack_files(std::vector<std::string> const& names, Workstation& world, std::istream& in) {
    Gatherer gatherer(world, in);
    for (auto const& name : names) KCHECK(gatherer.add(name));
    return gatherer.take();
}

std::vector<model::StackSpec> StackReadings::stacks() const {
    std::vector<model::StackSpec> out;
    for (auto const& one : files)
        if (one.reading.stack) out.push_back(*one.reading.stack);
    return out;
}

StackReadings read_stacks(
    std::vector<Document> const& files,
    ReadOptions const& options,
    Workstation& world,
    render::Style style
) {
    stackfile::Input const base{
        .stack_name = options.stack_name,
        .parent_name = options.parent_name,
        .grid = options.grid,
        .values = options.values,
        .outside = &world
    };
    auto folder = stackfile::grid::read_folder(files, base, options.choice, options.depends);
    StackReadings out;
    out.texts = world.texts();
    for (auto const& file : files) out.texts.insert_or_assign(file.file, file.text);
    Teller tell(out, out.texts, style);
    auto const apply = options.purpose == Purpose::apply;
    for (auto const& one : folder.readings) {
        auto const& errors = one.reading.errors;
        auto const& refusals = one.reading.refusals;
        auto const& beyond = one.reading.beyond;
        auto const& warnings = one.reading.warnings;
        std::ranges::copy(beyond, std::back_inserter(out.beyond));
        tell.warn(in_order(
            one,
            apply ? std::vector{warnings, unwritten_secrets(one)} : std::vector{warnings, beyond}
        ));
        tell.error(in_order(
            one, apply ? std::vector{errors, refusals, beyond} : std::vector{errors, refusals}
        ));
    }
    tell.warn(folder.warnings);
    tell.error(folder.errors);
    out.given = files.size();
    out.files = std::move(folder.readings);
    out.grid_files = std::move(folder.grid_files);
    out.settings = std::move(folder.settings);
    return out;
}

std::map<std::string, Value> given_values(std::vector<std::string> const& texts) {
    std::map<std::string, Value> out;
    for (auto const& text : texts) {
        auto const at = text.find('=');
        out[text.substr(0, at)] = at == std::string::npos ? Value() : Value(text.substr(at + 1));
    }
    return out;
}

Result<std::map<std::string, Value>> values_of_file(std::string const& path) {
    KTRY(auto const text, read_text_file(path));
    KTRY(auto const document, yaml::load(text, path));
    std::map<std::string, Value> out;
    if (!document.is_map() && !document.is_null())
        return core::fail(
            Errc::invalid, fmt::format("{}: must be a map of variables to values", path)
        );
    for (auto const& [name, value] : document.entries) {
        if (value.is_map()) continue; // the value of no variable
        out.insert_or_assign(name.text, stackfile::from_node(value));
    }
    return out;
}

std::string values_text(stackfile::Stack const& stack) {
    auto const node = [](auto const& self, Value const& value) -> yaml::YamlNode {
        if (auto const* flag = std::get_if<bool>(&value)) return yaml::make_boolean(*flag);
        if (auto const* number = std::get_if<std::int64_t>(&value))
            return yaml::make_integer(*number);
        if (auto const* real = std::get_if<double>(&value)) return yaml::make_real(*real);
        if (auto const* text = std::get_if<std::string>(&value)) return yaml::make_text(*text);
        if (stackfile::is_null(value)) return {};
        auto out = yaml::make_list({});
        for (auto const& item : std::get<stackfile::List>(value))
            out.items.push_back(self(self, item));
        return out;
    };
    auto out = yaml::make_map();
    for (auto const& [name, value] : stack.variables) {
        auto const same = [&](auto const& child) { return child.name == name; };
        if (std::ranges::none_of(stack.dependencies, same)) yaml::put(out, name, node(node, value));
    }
    return yaml::emit(out);
}

} // namespace kontena::cli
