#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/report.hpp"
#include "stackfile/variables/condition.hpp"
#include "stackfile/variables/definition.hpp"
#include "stackfile/variables/variable.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::stackfile {

using NamedValues = std::vector<std::pair<std::string, Value>>;

/// What variables are resolved from, besides their definitions.
struct Sources {
    Outside& outside;
    std::map<std::string, Value> values;   ///< given; they win over everything in the file
    std::map<std::string, Value> defaults; ///< in place of `default:`
    NamedValues builtins;                  ///< win over definitions of the same name
    NamedValues dependencies;              ///< behind the definitions
    std::optional<std::string> parent;     ///< PARENT_STACK, when there is one
    std::vector<Variable> inherited;       ///< of the extending file; the last
};

/// All variables that a file may refer to. Of several with one name the first counts: built-in
/// ones, those of the file, names of dependencies, PARENT_STACK, those of an extending file.
class Variables {
public:
    /// Where a value comes from, the first that gives one: `values`, `value:`, the resolvers of
    /// `from:`, the environment variable of the same name, the default. Errors are reported at
    /// `variables.NAME.CHECK`. Everything outside is asked once, in the order of the file, except
    /// that what a condition or a resolver needs is asked before.
    static Variables
    resolve(Definitions const& definitions, Sources const& sources, Report& report);

    /// What a reference means: the variable of that name, or the first one that is not skipped and
    /// has `to: {env: NAME}`.
    std::optional<Value> find(std::string_view name) const;
    /// The names that `find` knows, for suggestions.
    std::vector<std::string_view> names() const;
    /// Those of them without a value because of an error that was reported.
    std::set<std::string, std::less<>> broken() const;
    /// Those of them that no message may show.
    std::set<std::string, std::less<>> hidden() const;

    /// For conditions, see Facts.
    core::Result<Fact> fact(std::string_view name) const;

    /// Everything by its own name: what templates may use.
    std::map<std::string, Value, std::less<>> context() const;
    /// What is stored with the stack: without built-in ones and secrets, with nulls.
    std::map<std::string, Value> payload() const;
    /// The same as texts and without nulls; the items of lists are separated by commas.
    std::map<std::string, std::string> texts() const;
    /// For Sources::inherited of a file that this one extends.
    std::vector<Variable> inherited() const;

    std::vector<VaultWrite> vault_writes() const;
    /// Texts that no message may have in it.
    std::vector<std::string> hidden_texts() const;

private:
    std::set<std::string, std::less<>> names_with(bool Variable::* mark) const;

    explicit Variables(std::vector<Variable> all);

    Variable const* own(std::string_view name) const;
    Variable const* referred(std::string_view name) const;

    std::vector<Variable> all_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::map<std::string, std::size_t, std::less<>> by_env_;
};

} // namespace kontena::stackfile
