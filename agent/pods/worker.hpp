#pragma once

#include "agent/pods/pods.hpp"
#include "reconciler/node/pod.hpp"

namespace kontena::agent {

/// One instance: what it should be, what it is, and what was tried.
struct Pods::Worker {
    Worker(asio::any_io_executor executor, core::InstanceId instance)
        : id(std::move(instance))
        , wake(executor)
        , retargeted(executor) {}

    core::InstanceId id;
    std::shared_ptr<wire::PodSpec const> pod; ///< null if it is not assigned to us
    reconciler::node::Target target;
    std::uint64_t generation = 0; ///< counts the changes of `target`
    reconciler::node::View view;
    reconciler::node::Memory memory;
    std::vector<std::string> image_volumes;
    bool dirty = true;                           ///< `view` may be out of date
    std::optional<model::Observation> published; ///< what the observer was told last
    async::Notifier wake;                        ///< look again
    async::Notifier retargeted;
};

} // namespace kontena::agent
