#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace kontena::crypto {

/// `bytes` random bytes from the system's generator, as 2 * `bytes` lower-case hex digits.
std::string random_hex(std::size_t bytes);

std::string sha256_hex(std::string_view text);
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

/// Takes the same time wherever the texts differ; only their lengths may leak.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Standard alphabet with padding.
std::string base64_encode(std::string_view bytes);
core::Result<std::string> base64_decode(std::string_view text);

} // namespace kontena::crypto
