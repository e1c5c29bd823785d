#include "core/async/notifier.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <list>
#include <utility>

namespace kontena::async {

namespace {

constexpr core::Millis longest = std::chrono::hours(24 * 365);

} // namespace

struct Notifier::State {
    explicit State(asio::any_io_executor ex)
        : executor(std::move(ex)) {}

    asio::any_io_executor executor;
    std::uint64_t epoch = 0;
    std::uint64_t consumed = 0; ///< what wait() has returned for
    std::list<asio::steady_timer*> waiting;
};

Notifier::Notifier(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

Notifier::~Notifier() = default;

void Notifier::notify() {
    ++state_->epoch;
    for (auto* timer : state_->waiting) timer->cancel();
}

std::uint64_t Notifier::epoch() const { return state_->epoch; }

awaitable<bool> Notifier::wait(core::Millis at_most) {
    auto const state = state_;
    bool const notified = co_await wait_after(state->consumed, at_most);
    state->consumed = state->epoch;
    co_return notified;
}

awaitable<bool> Notifier::wait_after(std::uint64_t seen, core::Millis at_most) {
    auto const state = state_;
    if (state->epoch != seen) co_return true;

    asio::steady_timer timer(state->executor, std::clamp(at_most, core::Millis(0), longest));

    struct Entry {
        std::shared_ptr<State> owner;
        std::list<asio::steady_timer*>::iterator place;

        ~Entry() { owner->waiting.erase(place); }
    };

    Entry const entry{state, state->waiting.insert(state->waiting.end(), &timer)};
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return state->epoch != seen;
}

} // namespace kontena::async
