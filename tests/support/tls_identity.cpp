#include "tests/support/tls_identity.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace opd::test {
namespace {

template <auto Free>
struct releaser {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, releaser<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, releaser<BIO_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, releaser<X509_EXTENSION_free>>;

void require(bool ok, const char* step) {
    if (ok) return;
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error(std::string("cannot make a test certificate: ") + step + ": " + reason.data());
}

key_ptr make_key() {
    key_ptr key(EVP_EC_gen("P-256"));
    require(key != nullptr, "EVP_EC_gen");
    return key;
}

/// Positive, and small enough for a serial number.
std::uint64_t random_number() {
    std::uint64_t number = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) == 1, "RAND_bytes");
    return (number >> 1) | 1;
}

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension != nullptr, value.c_str());
    require(X509_add_ext(&certificate, extension.get(), -1) == 1, "X509_add_ext");
}

std::string alternative_names(const certificate_wish& wish) {
    std::string names;
    const auto append = [&names](std::string_view type, const std::string& name) {
        names.append(names.empty() ? "" : ",").append(type).append(name);
    };
    for (const auto& name : wish.dns_names) append("DNS:", name);
    for (const auto& address : wish.ip_addresses) append("IP:", address);
    return names;
}

/// `issuer` null: signed by itself.
certificate_ptr make_certificate(const certificate_wish& wish, bool authority, EVP_PKEY& key, X509* issuer,
                                 EVP_PKEY& issuer_key) {
    certificate_ptr certificate(X509_new());
    require(certificate != nullptr, "X509_new");
    X509& it = *certificate;
    X509& signer = issuer != nullptr ? *issuer : it;

    require(X509_set_version(&it, X509_VERSION_3) == 1, "X509_set_version");
    require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&it), random_number()) == 1, "the serial number");
    require(X509_time_adj_ex(X509_getm_notBefore(&it), wish.valid_from_days, 0, nullptr) != nullptr, "notBefore");
    require(X509_time_adj_ex(X509_getm_notAfter(&it), wish.valid_for_days, 0, nullptr) != nullptr, "notAfter");
    const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    require(X509_NAME_add_entry_by_txt(X509_get_subject_name(&it), "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1, "CN");
    require(X509_set_issuer_name(&it, X509_get_subject_name(&signer)) == 1, "X509_set_issuer_name");
    require(X509_set_pubkey(&it, &key) == 1, "X509_set_pubkey");

    add_extension(it, signer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(it, signer, NID_key_usage, authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    add_extension(it, signer, NID_subject_key_identifier, "hash");
    if (!authority) add_extension(it, signer, NID_ext_key_usage, "serverAuth");
    if (const auto names = alternative_names(wish); !names.empty())
        add_extension(it, signer, NID_subject_alt_name, names);
    require(X509_sign(&it, &issuer_key, EVP_sha256()) > 0, "X509_sign");
    return certificate;
}

std::string text_of(BIO& memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(&memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509& certificate) {
    const bio_ptr memory(BIO_new(BIO_s_mem()));
    require(memory != nullptr && PEM_write_bio_X509(memory.get(), &certificate) == 1, "PEM_write_bio_X509");
    return text_of(*memory);
}

std::string pem_of(EVP_PKEY& key) {
    const bio_ptr memory(BIO_new(BIO_s_mem()));
    require(
        memory != nullptr && PEM_write_bio_PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM_write_bio_PrivateKey");
    return text_of(*memory);
}

}  // namespace

tls_identity self_signed(const certificate_wish& wish) {
    const auto key = make_key();
    const auto certificate = make_certificate(wish, false, *key, nullptr, *key);
    return {pem_of(*certificate), pem_of(*key)};
}

struct test_authority::state {
    key_ptr key = make_key();
    // The name is its own, too: an issuer's certificate is looked up by its name.
    certificate_ptr certificate = make_certificate({.common_name = "test authority " + std::to_string(random_number())},
                                                   true, *key, nullptr, *key);
};

test_authority::test_authority() : state_(std::make_unique<state>()) {}

test_authority::~test_authority() = default;

tls_identity test_authority::issue(const certificate_wish& wish) const {
    const auto key = make_key();
    const auto certificate = make_certificate(wish, false, *key, state_->certificate.get(), *state_->key);
    return {pem_of(*certificate), pem_of(*key)};
}

std::string test_authority::certificate_pem() const { return pem_of(*state_->certificate); }

std::filesystem::path test_authority::write_certificate(const std::filesystem::path& folder) const {
    auto file = folder / "test-authority.pem";
    std::ofstream out(file);
    out << certificate_pem();
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
    return file;
}

}  // namespace opd::test
