#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/compose/names.hpp"
#include "stackfile/compose/references.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/checker.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile::compose {

/// What the services of a conversion share.
struct Context {
    Report& report; ///< notes are its warnings
    std::string stack;
    VariableMap variables;                          ///< of the whole file
    std::set<std::string, std::less<>> needed = {}; ///< variables that cannot be empty
    std::set<std::string, std::less<>> paths = {};  ///< variables that begin a path on the host
    std::set<std::string> existing = {};            ///< services, by their names in Compose
    Names services = {};
    Names volumes = {};
    std::set<std::string> mounted = {}; ///< named volumes, by their names in the stack file
};

/// A string that may have references: always in quotes, so that YAML cannot take the value for
/// something else.
yaml::YamlNode make_template(std::string text);

/// One service at work: what it was and what it becomes.
struct Work {
    Context& context;
    Checker in; ///< its warnings are notes
    yaml::YamlNode out;
    std::vector<std::string> before_command = {}; ///< of the entrypoint

    void note(yaml::YamlNode const& at, std::string reason) { in.warn(at, std::move(reason)); }

    void dropped(yaml::YamlNode const& at, std::string_view why);

    /// The text of a scalar with its references translated.
    std::string text(yaml::YamlNode const& scalar);
    /// Of a list; what is no scalar is noted.
    std::vector<std::string> texts(yaml::YamlNode const& list);

    /// What a translated text comes to when no variable is given; nullopt when it needs one.
    std::optional<std::string> by_default(std::string const& translated) const {
        return with_fallbacks(translated, context.variables);
    }

    /// The variables in it cannot be empty.
    void need(std::string const& translated) { context.needed.merge(names_in(translated)); }

    /// The map at a key of the service, made when it is not there.
    yaml::YamlNode& group(std::string_view key);

    /// What `deploy` says wins over an older key, which is noted when it says something else.
    void put_over(std::string_view key, yaml::YamlNode value, yaml::YamlNode const& at);
};

using Convert = void (*)(Work& to, std::string_view key, yaml::YamlNode const& value);

void copy_text(Work& to, std::string_view key, yaml::YamlNode const& value);
void copy_texts(Work& to, std::string_view key, yaml::YamlNode const& value);
void copy_flag(Work& to, std::string_view key, yaml::YamlNode const& value);

/// A kind of scalar that has its own way of being written in a stack file.
struct Scalar {
    yaml::YamlNode (*made)(std::string_view text); ///< null when it is none
    bool (*accepts)(std::string_view text);        ///< whether a stack file takes it as it is
    bool string = false;                           ///< in a stack file
    std::string_view wanted = {};
};

extern Scalar const kWholeNumber;
extern Scalar const kCpus;
extern Scalar const kSize;
extern Scalar const kDuration;

/// Null when the value is not of that kind, which is noted. With references it stays as it is, if
/// its fallbacks are such a value.
yaml::YamlNode converted(Work& to, Scalar const& kind, yaml::YamlNode const& value);

void convert_instances(Work& to, std::string_view key, yaml::YamlNode const& value);
void convert_ports(Work& to, std::string_view key, yaml::YamlNode const& value);
void convert_volumes(Work& to, std::string_view key, yaml::YamlNode const& value);
void convert_deploy(Work& to, std::string_view key, yaml::YamlNode const& value);
void convert_healthcheck(Work& to, std::string_view key, yaml::YamlNode const& value);

} // namespace kontena::stackfile::compose
