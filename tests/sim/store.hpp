#pragma once

#include "core/base/result.hpp"
#include "master/store/state.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/schedule.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace kontena::sim {

/// The master's store with a simulated disk: writers decide on the newest state, what waits is
/// written together, and only what is durable is shown. See master/store/store.hpp.
class Store {
public:
    using Build = std::function<core::Result<master::Txn>(master::State const&)>;
    using Stored = std::function<void(core::Result<master::Index>)>;
    using Commits = std::vector<std::shared_ptr<master::Commit const>>;

    struct Trouble {
        int broken = 0;
        int slow = 0; ///< milliseconds for a write
    };

    Store(Schedule& schedule, std::uint64_t seed)
        : schedule_(schedule)
        , random_(seed, "disk") {}

    master::State const& durable() const { return durable_; }

    master::State const& head() const { return head_; }

    /// Before the first start.
    void install(master::State state) { durable_ = head_ = std::move(state); }

    void update(Build const& build, Stored stored);

    /// The process was killed: what is under way is written as a whole or not at all.
    void crash();

    Trouble trouble;
    std::function<void(master::State const& before, master::Txn const&)> on_decided;
    std::function<void(Commits const&)> on_durable;

private:
    struct Pending {
        std::shared_ptr<master::Commit const> commit;
        master::State after;
        Stored stored;
    };

    void write();
    void finish(std::size_t count);

    Schedule& schedule_;
    Random random_;
    master::State durable_;
    master::State head_;
    std::vector<Pending> queue_;
    std::size_t writing_ = 0;
    std::uint64_t life_ = 0;
};

} // namespace kontena::sim
