#include "master/store/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <sys/stat.h>

namespace kontena::master::sqlite {
namespace {

using core::Errc;

core::Error error_of(sqlite3* db, std::string_view doing) {
    auto const code = sqlite3_extended_errcode(db) & 0xff;
    auto const errc = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? Errc::corrupt
                      : code == SQLITE_FULL || code == SQLITE_BUSY || code == SQLITE_IOERR
                          ? Errc::unavailable
                          : Errc::internal;
    return core::fail(errc, fmt::format("database: {}: {}", doing, sqlite3_errmsg(db)));
}

} // namespace

void Statement::Deleter::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Database::Deleter::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

Statement& Statement::bind(int position, std::string_view text) {
    // The text outlives the step, so SQLite need not copy it (SQLITE_STATIC).
    sqlite3_bind_text64(handle_.get(), position, text.data(), text.size(), nullptr, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(int position, std::int64_t number) {
    sqlite3_bind_int64(handle_.get(), position, number);
    return *this;
}

core::Result<bool> Statement::step() {
    auto const rc = sqlite3_step(handle_.get());
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) return false;
    return error_of(sqlite3_db_handle(handle_.get()), sqlite3_sql(handle_.get()));
}

core::Result<void> Statement::run() {
    auto const done = step();
    reset();
    if (!done) return done.error();
    return {};
}

void Statement::reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
}

std::string Statement::text(int column) const {
    auto const* data = static_cast<char const*>(sqlite3_column_blob(handle_.get(), column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return data == nullptr ? std::string() : std::string(data, size);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

core::Result<Database> Database::open(std::filesystem::path const& path) {
    auto const old_mask = ::umask(0077);
    sqlite3* raw = nullptr;
    auto const rc = sqlite3_open_v2(
        path.c_str(),
        &raw,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
        nullptr
    );
    ::umask(old_mask);
    Database out;
    out.handle_.reset(raw);
    if (rc != SQLITE_OK) return error_of(raw, fmt::format("opening {}", path.string()));
    sqlite3_busy_timeout(raw, 5000);
    KCHECK(out.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                       "PRAGMA wal_autocheckpoint=4000;"));
    return out;
}

core::Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    auto const rc = sqlite3_prepare_v3(
        handle_.get(),
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &raw,
        nullptr
    );
    Statement out;
    out.handle_.reset(raw);
    if (rc != SQLITE_OK) return error_of(handle_.get(), sql);
    return out;
}

core::Result<void> Database::execute(std::string_view sql) {
    std::string const text(sql);
    if (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
        return {};
    return error_of(handle_.get(), text.substr(0, 60));
}

} // namespace kontena::master::sqlite
