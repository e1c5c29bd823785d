#pragma once

#include "core/base/result.hpp"
#include "core/wire/messages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::agent {

/// What the master last said that this node must run. Immutable once made.
struct AssignmentSet {
    core::NodeId node;
    std::uint64_t index = 0;
    std::map<core::InstanceId, std::shared_ptr<wire::PodSpec const>> pods;
    /// Instances that were withdrawn explicitly, and with them the containers of stateful services;
    /// the newest last.
    std::vector<core::InstanceId> removed;
};

using AssignmentSetPtr = std::shared_ptr<AssignmentSet const>;

inline constexpr std::size_t kMaxTombstones = 1000;

/// The set after `message`; `held` may be null, `self` is the node that the master took us for.
/// Refused: a message for another node (denied), a delta after an index that is not held
/// (conflict), a pod without what is needed to run it (invalid).
core::Result<AssignmentSetPtr>
apply(AssignmentSetPtr const& held, wire::Assignments const& message, core::NodeId const& self);

/// As it is kept on disk: a line with a checksum, then JSON.
std::string write_document(AssignmentSet const& set);
/// Errc::corrupt if it is not exactly what write_document() made.
core::Result<AssignmentSetPtr> read_document(std::string_view text);

} // namespace kontena::agent
