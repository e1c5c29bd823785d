#include "core/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <stdexcept>
#include <vector>

namespace kontena::crypto {

namespace {

unsigned char const* bytes_of(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

std::string hex(unsigned char const* bytes, std::size_t size) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(size * 2);
    for (std::size_t i = 0; i < size; ++i) {
        out += digits[bytes[i] >> 4U];
        out += digits[bytes[i] & 0xFU];
    }
    return out;
}

EVP_MD const* method(Hash hash) {
    switch (hash) {
    case Hash::md5:
        return EVP_md5();
    case Hash::sha1:
        return EVP_sha1();
    case Hash::sha256:
        return EVP_sha256();
    case Hash::sha384:
        return EVP_sha384();
    case Hash::sha512:
        return EVP_sha512();
    }
    return nullptr;
}

} // namespace

std::string random_bytes(std::size_t bytes) {
    std::vector<unsigned char> random(bytes);
    if (bytes > INT_MAX || RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
        throw std::runtime_error("the system gives no random bytes");
    }
    return {random.begin(), random.end()};
}

std::string random_hex(std::size_t bytes) {
    auto const random = random_bytes(bytes);
    return hex(bytes_of(random), random.size());
}

std::string digest_hex(Hash hash, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, method(hash), nullptr) != 1)
        throw std::runtime_error("OpenSSL does not have the hash");
    return hex(digest.data(), size);
}

std::string sha256_hex(std::string_view text) { return digest_hex(Hash::sha256, text); }

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (HMAC(
            EVP_sha256(),
            key.data(),
            static_cast<int>(key.size()),
            bytes_of(text),
            text.size(),
            digest.data(),
            &size
        ) == nullptr) {
        throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
    }
    return hex(digest.data(), size);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64_encode(std::string_view bytes) {
    static constexpr char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const left = bytes.size() - i;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8U | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        out += alphabet[group >> 18U & 63U];
        out += alphabet[group >> 12U & 63U];
        out += left > 1 ? alphabet[group >> 6U & 63U] : '=';
        out += left > 2 ? alphabet[group & 63U] : '=';
    }
    return out;
}

core::Result<std::string> base64_decode(std::string_view text) {
    auto const bad = [] { return core::fail(core::Errc::invalid, "not valid base64"); };
    if (text.size() % 4 != 0) return bad();
    auto const value = [](char c) -> int {
        if (c >= 'A' && c <= 'Z') return c - 'A';
        if (c >= 'a' && c <= 'z') return c - 'a' + 26;
        if (c >= '0' && c <= '9') return c - '0' + 52;
        if (c == '+') return 62;
        return c == '/' ? 63 : -1;
    };
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    auto const digits = text.size() - padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int const v = i < digits ? value(text[i]) : 0;
        if (v < 0) return bad();
        group = group << 6U | static_cast<std::uint32_t>(v);
        if (i % 4 != 3) continue;
        for (unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(group >> shift & 0xFFU);
        group = 0;
    }
    out.resize(out.size() - padding);
    return out;
}

} // namespace kontena::crypto
