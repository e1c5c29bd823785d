#pragma once

#include "stackfile/validate/checker.hpp"
#include "stackfile/variables/condition.hpp"
#include "stackfile/variables/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Where the value of a variable may come from: the resolvers that `from` names, with their hints
/// checked and read.
namespace kontena::stackfile {

struct FromEnv {
    std::vector<std::string> names; ///< the first that is set wins
};

struct FromFile {
    std::string path;
    bool ignore_errors = false;
};

struct FromPrompt {
    std::string text; ///< empty = made from the label
};

struct FromRandomString {
    std::int64_t length = 0;
    std::vector<std::string> characters;
};

struct FromRandomNumber {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

struct FromRandomUuid {};

struct FromInterpolate {
    std::string text;
};

struct FromEvaluate {
    std::string text;
};

struct FromVariable {
    std::string name;
};

/// The first branch whose condition holds; one without a condition always does.
struct FromCondition {
    struct Branch {
        std::optional<Condition> condition;
        Value value;
    };

    std::vector<Branch> branches;
};

struct FromVault {
    std::string name;
};

struct FromVaultCertPrompt {
    std::string text; ///< empty = the usual question
};

struct FromCertificates {
    std::string text; ///< empty = the usual question
};

struct FromServiceLink {
    std::string text;
    std::string name;  ///< offered services have it in their name
    std::string image; ///< and this in their image
};

struct FromServiceInstances {
    std::string service;
};

using Origin = std::variant<
    FromEnv,
    FromFile,
    FromPrompt,
    FromRandomString,
    FromRandomNumber,
    FromRandomUuid,
    FromInterpolate,
    FromEvaluate,
    FromVariable,
    FromCondition,
    FromVault,
    FromVaultCertPrompt,
    FromCertificates,
    FromServiceLink,
    FromServiceInstances>;

struct Source {
    Origin origin;
    std::string resolver; ///< its name in files
    Place place;
};

/// `from:` of the variable: `env`, `[env, prompt]`, `{env: A, prompt: Question}` or a list of such
/// maps. What is wrong with it is reported and left out.
std::vector<Source>
read_sources(Checker& in, yaml::YamlNode const& from, std::string const& variable);

/// Where values go. `env` holds names for references, `vault` the secret to write.
struct Targets {
    std::vector<std::string> env;
    std::optional<std::string> vault;
};

/// `to:`, in the same forms.
Targets read_targets(Checker& in, yaml::YamlNode const& to, std::string const& variable);

/// One `NAME: HINT` of `from:` or `to:`; the short form has the name of the variable as hint.
struct NamedHint {
    std::string name;
    yaml::YamlNode const& key;
    yaml::YamlNode hint;
};

std::vector<NamedHint>
named_hints(Checker& in, yaml::YamlNode const& node, std::string const& variable);

/// `RandomString`, `random-string` -> `random_string`.
std::string snake_case(std::string_view text);

/// Values that a variable can have: scalars and lists of them.
void check_value(Checker& in, yaml::YamlNode const& value);

} // namespace kontena::stackfile
