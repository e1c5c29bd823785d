#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// All of these block: on the reactor thread only at start and for small local files.
namespace kontena::sys {

inline constexpr std::size_t max_config_file = 1024 * 1024;

/// The whole file. Errc::not_found if it does not exist, Errc::invalid if it is larger than
/// `limit`, or a folder, a device but /dev/null, or a pipe that was not handed over by the shell.
core::Result<std::string>
read_file(std::filesystem::path const& path, std::size_t limit = max_config_file);

/// Replaces the file as a whole, durably: after a crash there is the old content or the new one.
/// Makes the missing parent folders.
core::Result<void>
write_file(std::filesystem::path const& path, std::string_view content, std::uint32_t mode = 0644);

/// Durable too. A file that does not exist is no error.
core::Result<void> remove_file(std::filesystem::path const& path);

/// The names in a folder, sorted, without `.` and `..`; empty if the folder does not exist.
core::Result<std::vector<std::string>> list_directory(std::filesystem::path const& path);

} // namespace kontena::sys
