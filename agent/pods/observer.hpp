#pragma once

#include "core/model/assignment.hpp"

namespace kontena::agent {

/// Told what changed about the instances of this host.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void observed(model::Observation observation) = 0;
    /// Nothing of the instance is left to look after.
    virtual void removed(core::InstanceId const& id) = 0;
};

} // namespace kontena::agent
