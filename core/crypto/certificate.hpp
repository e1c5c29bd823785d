#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kontena::crypto {

struct KeyPair {
    std::string certificate_pem;
    core::Secret<std::string> key_pem;
};

/// A P-256 key and a certificate for it, signed by itself. `names` are DNS names and IP addresses;
/// the first is also the common name.
core::Result<KeyPair> make_self_signed(std::vector<std::string> const& names, int valid_days);

/// SHA-256 over the DER form of the first certificate of a PEM text: 64 lower-case hex digits.
core::Result<std::string> fingerprint(std::string_view certificate_pem);

} // namespace kontena::crypto
