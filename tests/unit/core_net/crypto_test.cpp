#include "core/crypto/certificate.hpp"
#include "core/crypto/digest.hpp"

#include <gtest/gtest.h>

namespace kontena::crypto {
namespace {

TEST(Digest, AgreesWithPublishedVectors) {
    EXPECT_EQ(
        sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    EXPECT_EQ(
        hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

TEST(Random, IsHexOfTheWantedLengthAndNotRepeated) {
    EXPECT_EQ(random_hex(16).size(), 32U);
    EXPECT_NE(random_hex(16), random_hex(16));
    EXPECT_EQ(random_hex(0), "");
}

TEST(ConstantTime, ComparesLikeEquality) {
    EXPECT_TRUE(equal_constant_time("token", "token"));
    EXPECT_FALSE(equal_constant_time("token", "tokem"));
    EXPECT_FALSE(equal_constant_time("token", "tok"));
    EXPECT_TRUE(equal_constant_time("", ""));
}

TEST(Base64, RoundTripsAndRefusesGarbage) {
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
    std::string all;
    for (int c = 255; c >= 0; --c) all += static_cast<char>(c);
    for (std::size_t size = 0; size < all.size(); ++size) {
        auto const text = all.substr(0, size);
        EXPECT_EQ(base64_decode(base64_encode(text)).value(), text);
    }
    for (auto const* bad : {"Zg", "Zg=", "====", "Z=g=", "Zm9\n", "Zm9*"})
        EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(Certificate, HasAFingerprint) {
    auto const pair = make_self_signed({"master.example", "127.0.0.1"}, 30);
    ASSERT_TRUE(pair);
    EXPECT_NE(pair->key_pem.reveal().find("PRIVATE KEY"), std::string::npos);
    auto const print = fingerprint(pair->certificate_pem);
    ASSERT_TRUE(print);
    EXPECT_EQ(print->size(), 64U);
    EXPECT_FALSE(fingerprint("no certificate"));
    EXPECT_FALSE(make_self_signed({}, 30));
    EXPECT_FALSE(make_self_signed({"a,DNS:b"}, 30));
}

} // namespace
} // namespace kontena::crypto
