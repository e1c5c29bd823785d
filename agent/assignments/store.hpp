#pragma once

#include "agent/assignments/set.hpp"
#include "core/async/blocking.hpp"

#include <filesystem>

namespace kontena::agent {

/// The last assignments on disk, so that the agent works without the master.
class AssignmentStore {
public:
    explicit AssignmentStore(std::filesystem::path folder);

    /// Null if there are none yet. Errc::corrupt for a damaged file, which is kept under another
    /// name for people to look at. Blocks: for the start.
    core::Result<AssignmentSetPtr> load();

    /// Durable when it returns. Holds secrets, hence mode 0600.
    awaitable<core::Result<void>> save(AssignmentSetPtr set);

    /// Ends its thread. Blocks until a save under way is done.
    void stop();

private:
    std::filesystem::path path_;
    async::BlockingPool files_;
};

} // namespace kontena::agent
