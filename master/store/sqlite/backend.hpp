#pragma once

#include "master/store/backend.hpp"

#include <filesystem>
#include <memory>

namespace kontena::master::sqlite {

/// Opens (and migrates) the database of a master. A database that a newer version has written is
/// refused.
core::Result<std::unique_ptr<Backend>> open_backend(std::filesystem::path const& file);

/// Copies the database into a new file; the master may be running meanwhile.
core::Result<void> backup(std::filesystem::path const& file, std::filesystem::path const& to);

} // namespace kontena::master::sqlite
