#include "core/crypto/certificate.hpp"

#include "core/crypto/digest.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <climits>
#include <cstdint>
#include <memory>

namespace kontena::crypto {

namespace {

using core::Errc;
using core::fail;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Address = std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>>;

core::Error openssl_error(std::string const& doing) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return fail(Errc::internal, fmt::format("{}: {}", doing, text.data()));
}

std::string content(BIO* bio) {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

bool add_extension(X509* cert, int nid, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
    Extension const extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

} // namespace

core::Result<KeyPair> make_self_signed(std::vector<std::string> const& names, int valid_days) {
    if (names.empty()) return fail(Errc::invalid, "a certificate needs a name");
    std::string alternatives;
    for (auto const& name : names) {
        // A comma would start another entry of the extension.
        if (name.empty() || name.find_first_of(",\n\r") != std::string::npos) {
            return fail(
                Errc::invalid, fmt::format("'{}' cannot be the name in a certificate", name)
            );
        }
        Address const ip(a2i_IPADDRESS(name.c_str()));
        if (!alternatives.empty()) alternatives += ',';
        alternatives += (ip ? "IP:" : "DNS:") + name;
    }

    Key const key(EVP_EC_gen("P-256"));
    Cert const cert(X509_new());
    if (!key || !cert) return openssl_error("making a key");

    std::uint64_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    auto* const name = X509_get_subject_name(cert.get());
    auto const& common = names.front();
    // The field holds at most 64 characters; verification looks at the alternative names anyway.
    auto const shown = common.substr(0, 64);
    bool const built =
        X509_set_version(cert.get(), X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial >> 1U) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600) != nullptr &&
        X509_time_adj_ex(X509_getm_notAfter(cert.get()), valid_days, 0, nullptr) != nullptr &&
        X509_NAME_add_entry_by_txt(
            name,
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<unsigned char const*>(shown.c_str()),
            -1,
            -1,
            0
        ) == 1 &&
        X509_set_issuer_name(cert.get(), name) == 1 &&
        X509_set_pubkey(cert.get(), key.get()) == 1 &&
        add_extension(cert.get(), NID_basic_constraints, "critical,CA:TRUE") &&
        add_extension(cert.get(), NID_subject_key_identifier, "hash") &&
        add_extension(cert.get(), NID_subject_alt_name, alternatives) &&
        X509_sign(cert.get(), key.get(), EVP_sha256()) != 0;
    if (!built) return openssl_error("making a certificate");

    Bio const cert_out(BIO_new(BIO_s_mem()));
    Bio const key_out(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(cert_out.get(), cert.get()) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(
            key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr
        ) != 1) {
        return openssl_error("writing a certificate");
    }
    return KeyPair{content(cert_out.get()), core::Secret<std::string>(content(key_out.get()))};
}

core::Result<std::string> fingerprint(std::string_view certificate_pem) {
    if (certificate_pem.size() > INT_MAX)
        return fail(Errc::invalid, "the certificate is too large");
    Bio const in(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
    Cert const cert(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!cert) {
        ERR_clear_error();
        return fail(Errc::invalid, "not a certificate in PEM form");
    }
    unsigned char* der = nullptr;
    int const size = i2d_X509(cert.get(), &der);
    if (size < 0) return openssl_error("encoding a certificate");
    auto const digest =
        sha256_hex({reinterpret_cast<char const*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return digest;
}

} // namespace kontena::crypto
