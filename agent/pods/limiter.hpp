#pragma once

#include "core/async/channel.hpp"

#include <cstddef>
#include <utility>

namespace kontena::agent {

/// At most so many at a time. Outlives its permits.
class Limiter {
public:
    class Permit {
    public:
        explicit Permit(Limiter* owner)
            : owner_(owner) {}

        Permit(Permit&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)) {}

        Permit& operator=(Permit&&) = delete;

        ~Permit() {
            if (owner_ != nullptr) owner_->taken_.try_receive();
        }

    private:
        Limiter* owner_;
    };

    Limiter(asio::any_io_executor executor, std::size_t at_once)
        : taken_(std::move(executor), at_once, async::Overflow::block) {}

    /// Waits for a permit. Cancellable.
    awaitable<Permit> acquire() {
        co_await taken_.send({});
        co_return Permit(this);
    }

private:
    struct Token {};

    async::Channel<Token> taken_;
};

} // namespace kontena::agent
