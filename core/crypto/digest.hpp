#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace kontena::crypto {

/// From the system's generator.
std::string random_bytes(std::size_t bytes);
/// `bytes` random bytes from the system's generator, as 2 * `bytes` lower-case hex digits.
std::string random_hex(std::size_t bytes);

enum class Hash { md5, sha1, sha256, sha384, sha512 };

/// Lower-case hex digits.
std::string digest_hex(Hash hash, std::string_view text);
std::string sha256_hex(std::string_view text);
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

/// Takes the same time wherever the texts differ; only their lengths may leak.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Standard alphabet with padding.
std::string base64_encode(std::string_view bytes);
core::Result<std::string> base64_decode(std::string_view text);

} // namespace kontena::crypto
