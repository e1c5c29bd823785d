#pragma once

#include "core/base/error.hpp"
#include "core/model/service_spec.hpp"

#include <boost/describe.hpp>

#include <map>
#include <string>
#include <vector>

namespace kontena::model {

/// Where something is defined; line is 1-based, 0 = unknown.
struct Origin {
    std::string file;
    int line = 0;

    friend bool operator==(Origin const&, Origin const&) = default;
};
BOOST_DESCRIBE_STRUCT(Origin, (), (file, line))

struct NamedService {
    std::string name;
    ServiceSpec spec;
    Origin origin;

    friend bool operator==(NamedService const&, NamedService const&) = default;
};
BOOST_DESCRIBE_STRUCT(NamedService, (), (name, spec, origin))

/// One stack file, rendered: the desired state of one stack. Immutable.
struct StackSpec {
    std::string name;  ///< the name it is installed under
    std::string stack; ///< the `stack:` key, `[user/]name`
    std::string version = "0.0.1";
    std::vector<std::string> labels;
    std::string expose;
    std::map<std::string, std::string> variables; ///< resolved values, without secrets
    std::string source;                           ///< the text of the file, unmodified
    std::vector<NamedService> services;           ///< in the order of the file
    Origin origin;

    friend bool operator==(StackSpec const&, StackSpec const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    StackSpec, (), (name, stack, version, labels, expose, variables, source, services, origin)
)

/// What every stack must satisfy, whoever wrote it: the master checks uploads with the function
/// that the stack file reader uses. Names, ranges, links and their cycles, affinity grammar,
/// duplicate ports and mount paths. Issues carry `services.<name>.<key>` paths and the origin.
std::vector<core::Issue> validate(StackSpec const& stack);

/// What the stack asks for and this version of Kontena cannot carry out. Such a stack is valid,
/// but must not be applied: it would run as something else than what it says. Issues as above.
std::vector<core::Issue> beyond_this_version(StackSpec const& stack);

} // namespace kontena::model
