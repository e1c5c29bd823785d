#pragma once

#include "stackfile/read.hpp"
#include "stackfile/report.hpp"
#include "stackfile/variables/definition.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

/// The values of all variables of a file, and the built-in ones.
class Variables {
public:
    /// Where a value comes from, the first that gives one: `values`, `value:`, the environment
    /// variables that `from` names, the one of the same name, `default:`. Values that break a
    /// rule of their type, and required ones without a value, are errors.
    static Variables resolve(
        Definitions const& definitions,
        Input const& input,
        std::map<std::string, Value, std::less<>> builtins,
        Report& report
    );

    std::optional<Value> find(std::string_view name) const;
    std::vector<std::string_view> names() const;

    /// Declared, but without a value because of an error that was reported.
    std::set<std::string, std::less<>> const& broken() const { return broken_; }

    /// Without the built-in ones and without nulls.
    std::map<std::string, std::string> texts() const;

private:
    using Map = std::map<std::string, Value, std::less<>>;

    Map builtins_; ///< in front of user variables of the same name
    Map values_;
    std::set<std::string, std::less<>> broken_;
};

} // namespace kontena::stackfile
