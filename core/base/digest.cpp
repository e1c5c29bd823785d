#include "core/base/digest.hpp"

#include <boost/uuid/detail/sha1.hpp>
#include <fmt/format.h>

#include <cstdint>

namespace kontena::core {

std::string content_digest(std::string_view text) {
    boost::uuids::detail::sha1 sha;
    sha.process_bytes(text.data(), text.size());
    boost::uuids::detail::sha1::digest_type words;
    sha.get_digest(words);
    std::string out;
    for (auto const word : words) out += fmt::format("{:08x}", word);
    return out;
}

std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325;
    for (char const c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    return h ^ (h >> 31);
}

} // namespace kontena::core
