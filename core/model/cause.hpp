#pragma once

#include <boost/describe.hpp>

#include <string>

namespace kontena::model {

enum class CauseKind {
    commit,      ///< a commit of a Git source
    user,        ///< a request by a person or a CI job
    observation, ///< what agents reported, or the passing of time
    system,      ///< the master's own start-up
};
BOOST_DESCRIBE_ENUM(CauseKind, commit, user, observation, system)

/// Why a change happened. Every write to the store has one, and it is handed on: an assignment
/// made for a commit carries that commit.
struct Cause {
    CauseKind kind = CauseKind::system;
    std::string actor;  ///< token name, `source:NAME`, `node:NAME` or `master`
    std::string detail; ///< for people: "scale shop/web to 5", "node n2 is offline for 2m00s"
    std::string source; ///< source name, for commits and uploads
    std::string commit; ///< commit id, for commits
    std::string file;   ///< path in the source, where one file is to blame
    int line = 0;       ///< line in it, 0 = unknown

    friend bool operator==(Cause const&, Cause const&) = default;
};
BOOST_DESCRIBE_STRUCT(Cause, (), (kind, actor, detail, source, commit, file, line))

} // namespace kontena::model
