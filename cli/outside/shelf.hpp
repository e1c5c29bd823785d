#pragma once

#include "cli/client/fetch.hpp"
#include "stackfile/outside.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace kontena::cli {

/// Where stack files are that another one, or a command, names.
struct ShelfOptions {
    Fetch fetch;                 ///< empty: nothing is fetched
    std::string registry;        ///< address of the stack registry
    std::filesystem::path cache; ///< of stacks of the registry; empty = none
};

/// Finds stack files: those on disk, in the registry of stacks (with a cache), and behind URLs.
class Shelf {
public:
    explicit Shelf(ShelfOptions options)
        : options_(std::move(options)) {}

    /// An existing file relative to the file that names it, `user/stack[:version]`, or a URL.
    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference);

private:
    core::Result<stackfile::Document> from_registry(std::string const& reference);
    core::Result<stackfile::Document> from_url(std::string const& url);
    core::Result<std::string> fetch(std::string const& url, std::string const& accept);

    ShelfOptions options_;
};

/// A stack file on disk. Errc::not_found says `FILE: no such file`.
core::Result<std::string> read_text_file(std::string const& path);

} // namespace kontena::cli
