#include "stackfile/variables/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

std::string printable() {
    std::string out;
    for (char c = 0x21; c <= 0x7E; ++c) out += c;
    return out;
}

std::string join(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (auto const part : parts) out += part;
    return out;
}

/// What a name stands for; empty when it is not one.
std::string named(std::string_view name) {
    if (name == "numbers") return std::string(kDigits);
    if (name == "letters") return join({kUpper, kLower});
    if (name == "downcase") return std::string(kLower);
    if (name == "upcase") return std::string(kUpper);
    if (name == "alphanumeric") return join({kUpper, kLower, kDigits});
    if (name == "hex") return join({kDigits, kLower.substr(0, 6)});
    if (name == "hex_upcase") return join({kDigits, kUpper.substr(0, 6)});
    if (name == "base64") return join({kUpper, kLower, kDigits, "+/"});
    if (name == "ascii_printable") return printable();
    return {};
}

/// `a-f`: both ends in one alphabet, in order.
std::string range(std::string_view text) {
    if (text.size() != 3 || text[1] != '-') return {};
    for (auto const alphabet : {kUpper, kLower, kDigits}) {
        auto const first = alphabet.find(text[0]);
        auto const last = alphabet.find(text[2]);
        if (first != std::string_view::npos && last != std::string_view::npos && first <= last)
            return std::string(alphabet.substr(first, last - first + 1));
    }
    return {};
}

} // namespace

std::vector<std::string> charset(std::string_view name) {
    auto text = named(name);
    if (text.empty()) text = range(name);
    if (text.empty()) text = name;
    std::vector<std::string> out;
    for (std::size_t start = 0; start < text.size();) {
        auto end = start + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
        auto character = text.substr(start, end - start);
        if (std::ranges::find(out, character) == out.end()) out.push_back(std::move(character));
        start = end;
    }
    return out;
}

Result<std::uint64_t> Dice::draw(int bytes) {
    constexpr std::size_t kPool = 64;
    std::uint64_t out = 0;
    for (int i = 0; i < bytes; ++i) {
        if (pool_.empty()) {
            KTRY(pool_, outside_.random(kPool));
            if (pool_.size() != kPool)
                return core::fail(Errc::internal, "there are not enough random bytes");
            std::ranges::reverse(pool_);
        }
        out = (out << 8U) | static_cast<unsigned char>(pool_.back());
        pool_.pop_back();
    }
    return out;
}

/// What is drawn above the largest multiple of `count` is thrown away, as it would make the first
/// choices likelier.
Result<std::uint64_t> Dice::below(std::uint64_t count) {
    constexpr int kMostDraws = 1000; // each is good with a chance of at least one half
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    if (count == 1) return std::uint64_t{0};
    auto const bytes = count != 0 && count <= 256 ? 1 : 8;
    auto const top = bytes == 1 ? std::uint64_t{255} : kMax;
    auto const surplus = count == 0 ? 0 : (top % count + 1) % count;
    for (int i = 0; i < kMostDraws; ++i) {
        KTRY(auto const drawn, draw(bytes));
        if (drawn <= top - surplus) return count == 0 ? drawn : drawn % count;
    }
    return core::fail(Errc::internal, "the random bytes are not random");
}

Result<std::string> Dice::text(std::int64_t length, std::vector<std::string> const& characters) {
    std::string out;
    for (std::int64_t i = 0; i < length; ++i) {
        KTRY(auto const choice, below(characters.size()));
        out += characters[choice];
    }
    return out;
}

Result<std::int64_t> Dice::between(std::int64_t min, std::int64_t max) {
    auto const first = static_cast<std::uint64_t>(min);
    KTRY(auto const step, below(static_cast<std::uint64_t>(max) - first + 1));
    return static_cast<std::int64_t>(first + step);
}

Result<std::string> Dice::uuid() {
    std::string out;
    for (std::size_t i = 0; i < 16; ++i) {
        KTRY(auto byte, draw(1));
        if (i == 6) byte = (byte & 0x0FU) | 0x40U;
        if (i == 8) byte = (byte & 0x3FU) | 0x80U;
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += fmt::format("{:02x}", byte);
    }
    return out;
}

} // namespace kontena::stackfile
