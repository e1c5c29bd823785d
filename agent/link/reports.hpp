#pragma once

#include "agent/link/outbox.hpp"
#include "agent/pods/observer.hpp"
#include "core/async/notifier.hpp"

namespace kontena::agent {

/// Hands what the pods observe to the link.
class Reports final : public Observer {
public:
    explicit Reports(asio::any_io_executor executor)
        : changed_(std::move(executor)) {}

    void observed(model::Observation observation) override {
        outbox_.put(std::move(observation));
        changed_.notify();
    }

    void removed(core::InstanceId const& id) override {
        outbox_.remove(id);
        changed_.notify();
    }

    Outbox& outbox() { return outbox_; }

    async::Notifier& changed() { return changed_; }

private:
    Outbox outbox_;
    async::Notifier changed_;
};

} // namespace kontena::agent
