#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"

#include <span>
#include <string>
#include <string_view>

namespace kontena::stackfile {

/// A place in the document and its path, for rules to report to.
class Checker {
public:
    Checker(Report& report, std::string path)
        : report_(report)
        , path_(std::move(path)) {}

    Report& report() const { return report_; }

    std::string const& path() const { return path_; }

    void refuse(yaml::YamlNode const& at, std::string reason) {
        report_.error(path_, place_of(at), std::move(reason));
    }

    void warn(yaml::YamlNode const& at, std::string reason) {
        report_.warn(path_, place_of(at), std::move(reason));
    }

    template <class F>
    void within(std::string_view segment, F&& f) {
        auto const size = path_.size();
        if (!path_.empty()) path_ += '.';
        path_ += segment;
        f();
        path_.resize(size);
    }

private:
    Report& report_;
    std::string path_;
};

using Check = void (*)(Checker& checker, yaml::YamlNode const& value);

/// One key that a map may have. A null value counts as absent and is not checked.
struct KeyRule {
    std::string_view name;
    Check check = nullptr;
    bool required = false;
};

/// A strict map: keys that no rule names are errors, with a suggestion.
void check_map(Checker& in, yaml::YamlNode const& map, std::span<KeyRule const> rules);

/// `must be a string, not a list`
std::string wrong_kind(std::string_view wanted, yaml::YamlNode const& value);

void check_string(Checker& in, yaml::YamlNode const& value);
void check_integer(Checker& in, yaml::YamlNode const& value);
void check_number(Checker& in, yaml::YamlNode const& value);
void check_boolean(Checker& in, yaml::YamlNode const& value);
void check_scalar(Checker& in, yaml::YamlNode const& value);
void check_string_list(Checker& in, yaml::YamlNode const& value);
void check_anything(Checker& in, yaml::YamlNode const& value);

/// What to write instead of a key of Compose files that a stack file does not have; empty for any
/// other key.
std::string_view instead_of_foreign_key(std::string_view key);

/// Calls `f(item)` for each item of what must be a list.
template <class F>
void check_items(Checker& in, yaml::YamlNode const& list, F&& f) {
    if (!list.is_sequence()) {
        in.refuse(list, "must be a list, not " + std::string(yaml::describe(list.kind)));
        return;
    }
    for (std::size_t i = 0; i < list.items.size(); ++i)
        in.within(std::to_string(i), [&] { f(list.items[i]); });
}

} // namespace kontena::stackfile
