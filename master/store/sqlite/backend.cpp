#include "master/store/sqlite/backend.hpp"

#include "core/json/codec.hpp"
#include "core/sys/files.hpp"
#include "embedded/migration_0001.hpp"
#include "embedded/migration_0002.hpp"
#include "master/store/sqlite/database.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <span>

namespace kontena::master::sqlite {
namespace {

using core::Errc;
using core::fail;
using core::Result;

/// In the order of their numbers; the position + 1 is the schema version (PRAGMA user_version).
constexpr std::array<std::string_view, 2> kMigrations = {migration_0001, migration_0002};

constexpr std::size_t kCredentials = kind_index<model::SourceCredentials>;

Result<void> migrate(Database& db) {
    KTRY(auto query, db.prepare("PRAGMA user_version"));
    KCHECK(query.step());
    auto const version = static_cast<std::size_t>(query.integer(0));
    query = Statement();
    if (version > kMigrations.size()) {
        return fail(
            Errc::unsupported,
            fmt::format(
                "the database has schema version {}, this master knows {}: use the newer "
                "kontena-master",
                version,
                kMigrations.size()
            )
        );
    }
    for (auto next = version; next < kMigrations.size(); ++next) {
        KCHECK(db.execute(fmt::format(
            "BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT;", kMigrations[next], next + 1
        )));
    }
    return {};
}

std::string document(AnyObject const& object) {
    return std::visit(
        [](auto const& p) { return p ? json::encode_text(*p) : std::string(); }, object
    );
}

class SqliteBackend final : public Backend {
public:
    explicit SqliteBackend(Database db)
        : db_(std::move(db)) {}

    Result<void> prepare() {
        for (std::size_t i = 0; i < kKindNames.size(); ++i) {
            KTRY(
                put_[i],
                db_.prepare(
                    fmt::format("INSERT OR REPLACE INTO {} VALUES (?1, ?2, ?3)", kKindNames[i])
                )
            );
            KTRY(
                remove_[i], db_.prepare(fmt::format("DELETE FROM {} WHERE id = ?1", kKindNames[i]))
            );
        }
        KTRY(
            write_, db_.prepare("INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        );
        KTRY(set_index_, db_.prepare("UPDATE meta SET value = ?1 WHERE key = 'index'"));
        KTRY(
            prune_,
            db_.prepare("DELETE FROM journal WHERE (idx, seq) IN "
                        "(SELECT idx, seq FROM journal WHERE time < ?1 ORDER BY time LIMIT ?2)")
        );
        KTRY(pruned_, db_.prepare("SELECT changes()"));
        return {};
    }

    Result<State> load() override {
        State out;
        Result<void> outcome;
        boost::mp11::mp_for_each<boost::mp11::mp_iota<boost::mp11::mp_size<Kinds>>>([&](auto i) {
            if (outcome) outcome = load_kind<boost::mp11::mp_at<Kinds, decltype(i)>>(out);
        });
        if (!outcome) return outcome.error();
        KTRY(auto query, db_.prepare("SELECT value FROM meta WHERE key = 'index'"));
        KCHECK(query.step());
        out.index = static_cast<Index>(query.integer(0));
        return out;
    }

    Result<void> persist(std::vector<std::shared_ptr<Commit const>> const& commits) override {
        KCHECK(db_.execute("BEGIN IMMEDIATE"));
        auto outcome = write_all(commits);
        if (outcome) outcome = db_.execute("COMMIT");
        if (!outcome) std::ignore = db_.execute("ROLLBACK");
        return outcome;
    }

    Result<std::vector<JournalRow>> journal(JournalQuery const& query) override {
        auto sql = std::string("SELECT idx, seq, time, cause, kind, id, operation, before, after");
        // The other columns of a group are those of the row with the minimum.
        if (query.first_each) sql += ", min(idx * 1048576 + seq)";
        sql += " FROM journal WHERE ";
        sql += query.after_seq ? fmt::format("(idx, seq) > (?1, {})", *query.after_seq)
                               : std::string("idx > ?1");
        // Ranges over the id instead of LIKE: they use the index and need no escaping.
        if (!query.grid.empty()) sql += " AND (id = ?2 OR (id >= ?2 || '/' AND id < ?2 || '0'))";
        if (!query.id_prefix.empty())
            sql += " AND (id = ?3 OR (id >= ?3 || '/' AND id < ?3 || '0'))";
        std::vector<std::string> marks;
        for (std::size_t i = 0; i < query.kinds.size(); ++i)
            marks.push_back(fmt::format("?{}", i + 5));
        if (!marks.empty()) sql += fmt::format(" AND kind IN ({})", fmt::join(marks, ", "));
        auto const until_mark = int(query.kinds.size() + 5);
        if (query.until) sql += fmt::format(" AND time <= ?{}", until_mark);
        if (query.since) sql += fmt::format(" AND time > ?{}", until_mark + 1);
        if (query.first_each) sql += " GROUP BY kind, id";
        sql +=
            query.newest ? " ORDER BY idx DESC, seq DESC LIMIT ?4" : " ORDER BY idx, seq LIMIT ?4";
        KTRY(auto rows, db_.prepare(sql));
        rows.bind(1, static_cast<std::int64_t>(query.after)).bind(4, std::int64_t(query.limit));
        if (!query.grid.empty()) rows.bind(2, query.grid);
        if (!query.id_prefix.empty()) rows.bind(3, query.id_prefix);
        for (std::size_t i = 0; i < query.kinds.size(); ++i) rows.bind(int(i + 5), query.kinds[i]);
        if (query.until)
            rows.bind(until_mark, std::int64_t(query.until->time_since_epoch().count()));
        if (query.since)
            rows.bind(until_mark + 1, std::int64_t(query.since->time_since_epoch().count()));
        std::vector<JournalRow> out;
        for (;;) {
            KTRY(auto const more, rows.step());
            if (!more) break;
            KTRY(auto row, read_row(rows));
            out.push_back(std::move(row));
        }
        if (query.newest) std::ranges::reverse(out);
        return out;
    }

    Result<int> prune_journal(core::TimePoint before, int limit) override {
        prune_.bind(1, std::int64_t(before.time_since_epoch().count()))
            .bind(2, std::int64_t(limit));
        KCHECK(prune_.run());
        KCHECK(pruned_.step());
        auto const count = int(pruned_.integer(0));
        pruned_.reset();
        return count;
    }

private:
    template <class T>
    Result<void> load_kind(State& out) {
        auto const name = kKindNames[kind_index<T>];
        KTRY(auto rows, db_.prepare(fmt::format("SELECT id, doc FROM {}", name)));
        for (;;) {
            KTRY(auto const more, rows.step());
            if (!more) return {};
            auto object = json::decode_text<T>(rows.text(1));
            if (!object) {
                return std::move(object).error().with_context(
                    fmt::format("loading {} {}", name, rows.text(0))
                );
            }
            out.put<T>(std::make_shared<T const>(std::move(*object)));
        }
    }

    Result<void> write_all(std::vector<std::shared_ptr<Commit const>> const& commits) {
        for (auto const& commit : commits) KCHECK(write_commit(*commit));
        return set_index_.bind(1, static_cast<std::int64_t>(commits.back()->index)).run();
    }

    Result<void> write_commit(Commit const& commit) {
        auto const cause = json::encode_text(commit.cause);
        std::int64_t seq = 0;
        for (auto const& change : commit.changes) {
            auto before = document(change.before);
            auto after = document(change.after);
            auto const kind = change.after.index();
            if (change.is_removal()) {
                KCHECK(remove_[kind].bind(1, change.key).run());
            } else {
                KCHECK(put_[kind]
                           .bind(1, change.key)
                           .bind(2, std::int64_t(commit.index))
                           .bind(3, after)
                           .run());
            }
            if (kind == kCredentials) before = after = "";
            std::string_view const operation = change.is_creation()  ? "create"
                                               : change.is_removal() ? "remove"
                                                                     : "update";
            KCHECK(write_.bind(1, std::int64_t(commit.index))
                       .bind(2, seq++)
                       .bind(3, std::int64_t(commit.time.time_since_epoch().count()))
                       .bind(4, cause)
                       .bind(5, change.kind())
                       .bind(6, change.key)
                       .bind(7, operation)
                       .bind(8, before)
                       .bind(9, after)
                       .run());
        }
        return {};
    }

    static Result<JournalRow> read_row(Statement const& row) {
        JournalRow out;
        out.index = static_cast<Index>(row.integer(0));
        out.seq = int(row.integer(1));
        out.time = core::TimePoint(core::Millis(row.integer(2)));
        KTRY(out.cause, json::decode_text<model::Cause>(row.text(3)));
        out.kind = row.text(4);
        out.id = row.text(5);
        out.operation = row.text(6);
        out.before = row.text(7);
        out.after = row.text(8);
        return out;
    }

    Database db_;
    std::array<Statement, kKindNames.size()> put_;
    std::array<Statement, kKindNames.size()> remove_;
    Statement write_;
    Statement set_index_;
    Statement prune_;
    Statement pruned_;
};

} // namespace

Result<std::unique_ptr<Backend>> open_backend(std::filesystem::path const& file) {
    KTRY(auto db, Database::open(file));
    KCHECK(migrate(db));
    auto out = std::make_unique<SqliteBackend>(std::move(db));
    KCHECK(out->prepare());
    return std::unique_ptr<Backend>(std::move(out));
}

Result<void> backup(std::filesystem::path const& file, std::filesystem::path const& to) {
    if (std::filesystem::exists(to))
        return fail(Errc::conflict, fmt::format("{} exists already", to.string()));
    if (!std::filesystem::exists(file))
        return fail(Errc::not_found, fmt::format("there is no {}", file.string()));
    KTRY(auto db, Database::open(file));
    KTRY(auto copy, db.prepare("VACUUM INTO ?1"));
    auto const target = to.string();
    // It holds credentials: nobody else may read it, not even for a moment. SQLite fills an empty
    // file.
    KCHECK(sys::write_file(to, "", 0600));
    return copy.bind(1, target).run();
}

} // namespace kontena::master::sqlite
