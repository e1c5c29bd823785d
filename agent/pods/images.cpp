#include "agent/pods/images.hpp"

#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"

namespace kontena::agent {

namespace log = sys::log;

namespace {

constexpr std::size_t kPullsAtOnce = 4;
constexpr std::size_t kMaxRemembered = 512;
constexpr auto kLocalLifetime = std::chrono::seconds(60); ///< then the registry is asked again
constexpr core::Millis kPullLimit = std::chrono::hours(1);
constexpr core::Millis kForever = core::Millis::max();

std::string key_of(std::string const& image, std::string const& purpose) {
    return image + '\n' + purpose;
}

} // namespace

struct Images::Flight {
    explicit Flight(asio::any_io_executor executor)
        : landed(std::move(executor)) {}

    std::optional<core::Result<void>> result;
    std::optional<Clock::time_point> good_until;
    async::Notifier landed;
};

Images::Images(asio::any_io_executor executor, docker::Client& docker)
    : docker_(docker)
    , executor_(executor)
    , pulls_(executor, kPullsAtOnce)
    , tasks_(executor, log::reporter("images")) {}

awaitable<core::Result<void>> Images::ensure(std::string image, std::string purpose) {
    auto& entry = flights_[key_of(image, purpose)];
    bool const stale =
        entry && entry->result &&
        (!*entry->result || (entry->good_until && *entry->good_until < Clock::now()));
    if (!entry || stale) {
        entry = std::make_shared<Flight>(executor_);
        tasks_.spawn("pull " + image, pull(entry, image));
    }
    auto const flight = entry;
    while (!flight->result) {
        auto const seen = flight->landed.epoch();
        co_await flight->landed.wait_after(seen, kForever);
    }
    co_return *flight->result;
}

void Images::forget(std::string const& image, std::string const& purpose) {
    auto const it = flights_.find(key_of(image, purpose));
    if (it != flights_.end() && it->second->result) flights_.erase(it);
}

awaitable<void> Images::stop() { co_await tasks_.stop(); }

awaitable<void> Images::pull(std::shared_ptr<Flight> flight, std::string image) {
    auto const permit = co_await pulls_.acquire();
    auto work = pull_or_local(image, flight.get());
    auto const result =
        co_await async::with_timeout(std::move(work), kPullLimit, "pulling " + image);
    flight->result = result;
    flight->landed.notify();
    prune();
}

/// `flight` is kept alive by the caller.
awaitable<core::Result<void>> Images::pull_or_local(std::string image, Flight* flight) {
    log::info("images", "pulling", {{"image", image}});
    auto const pulled = co_await docker_.pull(image, {}, {});
    if (pulled) {
        log::info("images", "pulled", {{"image", image}});
        co_return core::Result<void>();
    }
    auto failure = pulled.error();
    if (failure.code == core::Errc::unavailable) co_return std::move(failure);
    auto const local = co_await docker_.inspect_image(image);
    if (!local) co_return std::move(failure);
    log::warn(
        "images",
        "cannot pull, going on with the local image",
        {{"image", image}, {"reason", core::to_string(failure)}}
    );
    flight->good_until = Clock::now() + kLocalLifetime;
    co_return core::Result<void>();
}

void Images::prune() {
    for (auto it = flights_.begin(); flights_.size() > kMaxRemembered && it != flights_.end();) {
        it = it->second->result ? flights_.erase(it) : std::next(it);
    }
}

} // namespace kontena::agent
