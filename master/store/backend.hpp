#pragma once

#include "core/base/result.hpp"
#include "master/store/state.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::master {

/// One line of the journal. `before` and `after` are JSON documents, empty where there is none;
/// documents that hold secrets are left out.
struct JournalRow {
    Index index = 0;
    int seq = 0; ///< within its transaction
    core::TimePoint time;
    model::Cause cause;
    std::string kind;
    std::string id;
    std::string operation; ///< create, update or remove
    std::string before;
    std::string after;
};

struct JournalQuery {
    Index after = 0;                   ///< rows with a greater index
    std::optional<int> after_seq = {}; ///< and those of that index behind this one
    std::string grid;
    std::vector<std::string> kinds;
    std::string id_prefix;
    std::optional<core::TimePoint> until; ///< only what was known at that time
    std::optional<core::TimePoint> since; ///< only what came after that time
    bool first_each = false;              ///< of each object only its first row
    int limit = 100;                      ///< whole transactions: a few more rows may come
    bool newest = false; ///< the last rows instead of the first; still in rising order
};

/// Where a store keeps its objects: SQLite, or memory in tests. Every call blocks and comes from
/// one thread at a time.
class Backend {
public:
    virtual ~Backend() = default;
    /// Everything that is stored.
    virtual core::Result<State> load() = 0;
    /// All of the commits, durably, or none of them.
    virtual core::Result<void> persist(std::vector<std::shared_ptr<Commit const>> const& commits
    ) = 0;
    virtual core::Result<std::vector<JournalRow>> journal(JournalQuery const& query) = 0;
    /// Drops journal rows that are older than `before`; at most `limit` of them. Returns how many.
    virtual core::Result<int> prune_journal(core::TimePoint before, int limit) = 0;
};

} // namespace kontena::master
