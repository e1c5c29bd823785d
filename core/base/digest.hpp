#pragma once

#include <string>
#include <string_view>

namespace kontena::core {

/// 40 hex digits that stand for a content: names revisions and plans. Not for secrets.
std::string content_digest(std::string_view text);

/// A well-mixed 64-bit hash that is the same on every machine: seeds choices that must be
/// repeatable (FNV-1a with the finaliser of SplitMix64).
std::uint64_t stable_hash(std::string_view text);

} // namespace kontena::core
