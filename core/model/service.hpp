#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/model/cause.hpp"
#include "core/model/stack_spec.hpp"

#include <boost/describe.hpp>

#include <memory>
#include <vector>

namespace kontena::model {

/// A set of services installed in a grid, from one stack file.
struct Stack {
    core::StackId id;
    core::SourceId owner;      ///< the source whose revision it follows
    core::RevisionId revision; ///< that changed it last
    std::string commit;        ///< of that revision
    std::int64_t number = 1;   ///< counts the changes of its content
    std::shared_ptr<StackSpec const> spec;
    core::TimePoint created_at;
    core::TimePoint updated_at;
};
BOOST_DESCRIBE_STRUCT(
    Stack, (), (id, owner, revision, commit, number, spec, created_at, updated_at)
)

enum class ServiceState {
    initialized, ///< known, never deployed
    running,
    stopped, ///< kept, but no container runs
};
BOOST_DESCRIBE_ENUM(ServiceState, initialized, running, stopped)

/// One version of a service's spec. Numbers rise by one with each change that replaces containers.
struct SpecRevision {
    std::int64_t number = 1;
    std::shared_ptr<ServiceSpec const> spec;
    core::TimePoint created_at;
    Cause cause;
};
BOOST_DESCRIBE_STRUCT(SpecRevision, (), (number, spec, created_at, cause))

/// A service: its specs, oldest first, newest last. Older ones stay while an instance runs them,
/// and a few for the history.
struct Service {
    core::ServiceId id;
    ServiceState state = ServiceState::running;
    std::vector<SpecRevision> specs;
    std::int64_t deploys = 0; ///< how many deploys it has had; numbers the next one
    std::int64_t good = 0;    ///< number of the newest spec whose deploy succeeded; 0 = none
    Origin origin;
    Cause cause; ///< of the last change
    core::TimePoint created_at;
    core::TimePoint updated_at;

    SpecRevision const& current() const { return specs.back(); }

    ServiceSpec const& spec() const { return *specs.back().spec; }

    /// Spec of that number, nullptr when it was dropped.
    std::shared_ptr<ServiceSpec const> spec_at(std::int64_t number) const;
};
BOOST_DESCRIBE_STRUCT(
    Service, (), (id, state, specs, deploys, good, origin, cause, created_at, updated_at)
)

} // namespace kontena::model
