#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace kontena::master::sqlite {

/// A prepared statement. Values are bound, never pasted into the text. Bound texts must live until
/// the statement has run.
class Statement {
public:
    Statement() = default;

    Statement& bind(int position, std::string_view text);
    Statement& bind(int position, std::int64_t number);
    /// True for each row; false at the end.
    core::Result<bool> step();
    /// Runs to its end and makes the statement ready for the next use.
    core::Result<void> run();
    void reset();

    std::string text(int column) const;
    std::int64_t integer(int column) const;

private:
    friend class Database;

    struct Deleter {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    std::unique_ptr<sqlite3_stmt, Deleter> handle_;
};

/// One connection, for one thread at a time.
class Database {
public:
    /// Opens or creates the file (0600), in WAL mode with synchronous=FULL.
    static core::Result<Database> open(std::filesystem::path const& path);

    core::Result<Statement> prepare(std::string_view sql);
    /// Runs a script of statements without parameters.
    core::Result<void> execute(std::string_view sql);

private:
    struct Deleter {
        void operator()(sqlite3* db) const noexcept;
    };

    std::unique_ptr<sqlite3, Deleter> handle_;
};

} // namespace kontena::master::sqlite
