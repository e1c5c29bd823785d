#include "stackfile/grid/grid_file.hpp"

#include "core/base/ids.hpp"
#include "core/base/strings.hpp"
#include "core/model/affinity.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/detect.hpp"
#include "stackfile/grid/order.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kontena::stackfile::grid {

using yaml::Kind;
using yaml::YamlNode;

namespace {

constexpr std::size_t kShortestName = 3; ///< of a grid
constexpr std::int64_t kLargestSize = 7;

void check_grid_name(Checker& in, YamlNode const& value) {
    check_string(in, value);
    if (value.is_string() && (value.text.size() < kShortestName || !core::valid_name(value.text)))
        in.refuse(
            value,
            fmt::format(
                "'{}' is not the name of a grid: 3 to 63 letters, digits, '_' or '-'", value.text
            )
        );
}

void check_size(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer || value.integer < 1 || value.integer > kLargestSize)
        in.refuse(value, fmt::format("must be a number from 1 to {}", kLargestSize));
}

bool number_up_to(std::string_view text, int most) {
    int number = -1;
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto const whole = ec == std::errc{} && stop == text.data() + text.size();
    return whole && number >= 0 && number <= most && (text.size() == 1 || text.front() != '0');
}

/// `10.81.0.0/16`
bool is_subnet(std::string_view text) {
    auto const slash = text.find('/');
    if (slash == std::string_view::npos || !number_up_to(text.substr(slash + 1), 32)) return false;
    auto const parts = core::split(text.substr(0, slash), '.');
    return parts.size() == 4 &&
           std::ranges::all_of(parts, [](auto part) { return number_up_to(part, 255); });
}

void check_subnet(Checker& in, YamlNode const& value) {
    if (!value.is_string() || !is_subnet(value.text))
        in.refuse(value, "must be a subnet, such as 10.81.0.0/16");
}

void check_subnets(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) { check_subnet(in, item); });
}

void check_affinity(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) {
        if (!item.is_string()) {
            check_string(in, item);
        } else if (auto const rule = model::parse_affinity(item.text); !rule) {
            in.refuse(item, rule.error().message);
        }
    });
}

void check_variable(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        in.refuse(value, "must be a single value or a list, not a map");
    } else if (value.is_sequence()) {
        check_items(in, value, [&](YamlNode const& item) { check_variable(in, item); });
    }
}

void check_variables(Checker& in, YamlNode const& map) {
    if (!map.is_map()) {
        in.refuse(map, "must be a map of names to values");
        return;
    }
    for (auto const& [name, value] : map.entries)
        in.within(name.text, [&] { check_variable(in, value); });
}

void check_reference(Checker& in, YamlNode const& value) {
    check_string(in, value);
    if (value.is_string() && core::trim(value.text).empty())
        in.refuse(value, "must name a stack file");
}

/// A path below the folder of the grid file, or beside it, and never one of a whole machine.
void check_file(Checker& in, YamlNode const& value) {
    check_reference(in, value);
    if (value.is_string() && value.text.starts_with('/'))
        in.refuse(value, "must be relative to this file: the repository may be anywhere");
}

void check_stacks(Checker& in, YamlNode const& map) {
    static constexpr auto kStack = std::to_array<KeyRule>({
        {"file", check_file},
        {"stack", check_reference},
        {"variables", check_variables},
        {"depends_on", check_string_list},
    });
    if (!map.is_map()) {
        in.refuse(map, "must be a map of names to stacks, such as shop: {file: shop/kontena.yml}");
        return;
    }
    if (map.entries.size() > kMaxStacks)
        in.refuse(map, fmt::format("a grid file may have {} stacks", kMaxStacks));
    for (auto const& [name, entry] : map.entries)
        in.within(name.text, [&] {
            if (!name.is_scalar() || !core::valid_name(name.text))
                in.refuse(
                    name,
                    fmt::format(
                        "'{}' is not a stack name: 1 to 63 letters, digits, '_' or '-'", name.text
                    )
                );
            if (entry.is_map())
                check_map(in, entry, kStack);
            else
                in.refuse(
                    entry.is_null() ? name : entry,
                    fmt::format("must be a map: write {}: {{file: PATH}}", name.text)
                );
        });
}

constexpr auto kGrid = std::to_array<KeyRule>({
    {"grid", check_grid_name, true},
    {"description", check_string},
    {"initial_size", check_size},
    {"subnet", check_subnet},
    {"supernet", check_subnet},
    {"default_affinity", check_affinity},
    {"trusted_subnets", check_subnets},
    {"stacks", check_stacks},
});

YamlNode const* given(YamlNode const& map, std::string_view key) {
    auto const* node = map.find(key);
    return node == nullptr || node->is_null() ? nullptr : node;
}

std::optional<std::string> text_at(YamlNode const& map, std::string_view key) {
    auto const* node = given(map, key);
    return node == nullptr ? std::nullopt : std::optional(node->text);
}

std::optional<std::vector<std::string>> texts_at(YamlNode const& map, std::string_view key) {
    auto const* node = given(map, key);
    if (node == nullptr) return std::nullopt;
    std::vector<std::string> out;
    for (auto const& item : node->items) out.push_back(item.text);
    return out;
}

class Reader {
public:
    Reader(std::string_view text, std::string const& file)
        : raw_(text)
        , text_(yaml::normalise_text(text))
        , lines_(text_)
        , report_(lines_, file) {}

    Reading run() {
        if (load()) check();
        out_.errors = report_.take_errors();
        out_.warnings = report_.take_warnings();
        if (out_.errors.empty()) out_.file = make();
        return std::move(out_);
    }

private:
    bool load() {
        std::vector<yaml::Notice> notices;
        auto checked = yaml::check_text(raw_, report_.file());
        auto tree = checked ? yaml::load_checked(text_, report_.file(), &notices)
                            : core::Result<YamlNode>(std::move(checked.error()));
        if (!tree) {
            for (auto const& issue : tree.error().issues)
                report_.error("", {issue.line, issue.column}, "not valid YAML: " + issue.reason);
            return false;
        }
        // In a file without templates nobody means the same key twice.
        for (auto const& notice : notices) {
            Place const place{notice.line, notice.column};
            if (notice.key.empty())
                report_.warn("", {}, to_string(notice));
            else
                report_.error(
                    notice.key,
                    place,
                    fmt::format("is there twice, first in line {}", notice.earlier_line)
                );
        }
        out_.document = std::move(*tree);
        return true;
    }

    void check() {
        Checker in(report_, "");
        auto const& document = out_.document;
        if (!document.is_map()) {
            report_.error("", {1, 1}, "a grid file is a map that begins with grid: NAME");
            return;
        }
        if (auto const* name = document.find("grid"); name != nullptr) out_.grid = name->text;
        check_map(in, document, kGrid);
        auto const* stacks = given(document, "stacks");
        if (stacks == nullptr || !stacks->is_map()) return;
        for (auto const& [name, entry] : stacks->entries)
            in.within("stacks." + name.text, [&] { check_entry(in, name, entry, *stacks); });
    }

    /// What needs two keys at once.
    static void
    check_entry(Checker& in, YamlNode const& name, YamlNode const& entry, YamlNode const& stacks) {
        if (!entry.is_map()) return;
        auto const* file = given(entry, "file");
        auto const* stack = given(entry, "stack");
        if (file == nullptr && stack == nullptr)
            in.refuse(
                name, "missing: file, the path of a stack file, or stack, one of the registry"
            );
        if (file != nullptr && stack != nullptr)
            in.within("stack", [&] {
                in.refuse(*stack, "stands next to file: one stack comes from one place");
            });
        if (auto const* others = given(entry, "depends_on"); others != nullptr)
            for (std::size_t i = 0; i < others->items.size(); ++i)
                in.within(fmt::format("depends_on.{}", i), [&] {
                    check_dependency(in, name.text, others->items[i], stacks);
                });
    }

    static void check_dependency(
        Checker& in, std::string_view name, YamlNode const& other, YamlNode const& stacks
    ) {
        if (!other.is_string() || stacks.find_entry(other.text) != nullptr) return;
        std::vector<std::string_view> known;
        for (auto const& entry : stacks.entries)
            if (entry.key.text != name) known.push_back(entry.key.text);
        in.refuse(
            other,
            fmt::format("there is no stack '{}' in this file", other.text) +
                core::suggestion(other.text, known)
        );
    }

    static StackEntry entry_of(YamlNode const& name, YamlNode const& map) {
        StackEntry out{.name = name.text, .place = place_of(name)};
        auto const* file = given(map, "file");
        auto const& reference = file != nullptr ? *file : *given(map, "stack");
        out.reference = reference.text;
        out.is_file = file != nullptr;
        out.reference_place = place_of(reference);
        if (auto const* variables = given(map, "variables"))
            for (auto const& [key, value] : variables->entries) {
                out.variables.insert_or_assign(key.text, from_node(value));
                out.variable_places.insert_or_assign(key.text, place_of(key));
            }
        out.depends_on = texts_at(map, "depends_on").value_or(std::vector<std::string>{});
        return out;
    }

    /// Of a document without errors; a circle is found here.
    std::optional<GridFile> make() {
        auto const& document = out_.document;
        GridFile out{.name = out_.grid, .settings = settings(document), .stacks = {}};
        if (auto const* stacks = given(document, "stacks"))
            for (auto const& [name, entry] : stacks->entries)
                out.stacks.push_back(entry_of(name, entry));
        if (auto const circle = put_in_order(out.stacks); !circle.empty()) {
            auto const& first = out.stacks[circle.front().stack];
            auto const* list = document.find("stacks")->find(first.name)->find("depends_on");
            out_.errors.push_back(report_.issue(
                fmt::format("stacks.{}.depends_on.{}", first.name, circle.front().dependency),
                place_of(list->items[circle.front().dependency]),
                fmt::format("depends in a circle: {}", shown(circle, out.stacks))
            ));
            return std::nullopt;
        }
        return out;
    }

    model::GridSettings settings(YamlNode const& document) const {
        model::GridSettings out{
            .subnet = text_at(document, "subnet"),
            .supernet = text_at(document, "supernet"),
            .default_affinity = texts_at(document, "default_affinity"),
            .trusted_subnets = texts_at(document, "trusted_subnets"),
            .origin = {report_.file(), document.find_entry("grid")->key.line},
        };
        if (auto const* size = given(document, "initial_size"))
            out.initial_size = static_cast<int>(size->integer);
        return out;
    }

    std::string_view raw_;
    std::string text_;
    LineIndex lines_;
    Report report_;
    Reading out_;
};

} // namespace

Reading read(std::string_view text, std::string const& file) { return Reader(text, file).run(); }

bool is_grid_file(std::string_view text) {
    return has_top_level(text, "grid") && !has_top_level(text, "stack");
}

} // namespace kontena::stackfile::grid
