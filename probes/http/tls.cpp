#include "probes/http/tls.hpp"

#include "config/base/disk.hpp"
#include "config/base/paths.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fcntl.h>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace opd {
namespace {

constexpr std::size_t largest_ca_file = std::size_t{512} << 10;  // reading more would hold the loop
constexpr std::chrono::hours longest_unused{1};

failure bad_ca_file(std::string why) {
    return {.why = failure::reason::bad_ca_file, .at = stage::tls, .detail = std::move(why)};
}

std::string words_of(unsigned long error) {
    return boost::system::error_code(static_cast<int>(error), asio::error::get_ssl_category()).message();
}

/// Adds all certificates and revocation lists of a text; what is wrong with it, if anything.
std::optional<std::string> add_anchors(X509_STORE* store, std::string_view pem) {
    ERR_clear_error();
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                         &BIO_free);
    const auto free_all = [](STACK_OF(X509_INFO) * all) { sk_X509_INFO_pop_free(all, X509_INFO_free); };
    const std::unique_ptr<STACK_OF(X509_INFO), decltype(free_all)> found(
        PEM_X509_INFO_read_bio(text.get(), nullptr, nullptr, nullptr), free_all);
    if (!found) return words_of(ERR_get_error());
    int added = 0;
    for (int i = 0; i < sk_X509_INFO_num(found.get()); ++i) {
        const X509_INFO* const one = sk_X509_INFO_value(found.get(), i);
        if (one->x509 != nullptr) added += X509_STORE_add_cert(store, one->x509);
        if (one->crl != nullptr) added += X509_STORE_add_crl(store, one->crl);
    }
    if (added == 0) return words_of(ERR_PACK(ERR_LIB_X509, 0, X509_R_NO_CERTIFICATE_OR_CRL_FOUND));
    return std::nullopt;
}

/// A file's certificates are parsed once, and shared; those in a folder are looked up when needed, anyway.
void trust_as(const tls_context_ptr& base, SSL_CTX* context) {
    SSL_CTX_set_default_verify_dir(context);
    const auto* const objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(base->native_handle()));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
        X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (one != nullptr) X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one);
    }
}

struct opened_file {
    file_handle handle;
    struct ::stat facts;
};

result<opened_file, failure> open_ca_file(const std::string& name) {
    const char* const home = std::getenv("HOME");
    const std::string path = expand_home(name, home == nullptr ? "" : home);
    // O_NONBLOCK: opening a pipe would wait for somebody to write into it.
    opened_file file{.handle = file_handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)),
                     .facts = {}};
    if (!file.handle || ::fstat(file.handle.get(), &file.facts) != 0)
        return bad_ca_file(name + ": " + words(last_error()));
    if (!S_ISREG(file.facts.st_mode)) return bad_ca_file(name + ": it is not a regular file");
    return file;
}

bool is_same(const struct ::stat& a, const struct ::stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
           a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

}  // namespace

result<tls_context_ptr, failure> make_tls_context(const tls_context_ptr& base, std::string_view anchors) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_compression);
    // Nobody lists models in the middle of another handshake; a hostile server could ask for one after the other.
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    if (base == nullptr) {
        boost::system::error_code ignored;  // then nothing is trusted
        context->set_default_verify_paths(ignored);
        return context;
    }
    trust_as(base, context->native_handle());
    if (auto wrong = add_anchors(SSL_CTX_get_cert_store(context->native_handle()), anchors))
        return bad_ca_file(std::move(*wrong));
    return context;
}

bool expect_host(SSL* session, const std::string& host) {
    boost::system::error_code not_literal;
    boost::asio::ip::make_address(host, not_literal);
    if (!not_literal) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(session, host.c_str()) == 1 && SSL_set1_host(session, host.c_str()) == 1;
}

std::string handshake_error(SSL* session, const std::string& fallback) {
    const long verified = SSL_get_verify_result(session);
    return verified == X509_V_OK ? fallback : X509_verify_cert_error_string(verified);
}

asio::awaitable<result<tls_context_ptr, failure>> tls_contexts::get(const ca_file& name) {
    auto found = find(name);
    if (!found || *found != nullptr) co_return found;
    try {
        co_await heavy_step();
    } catch (const boost::system::system_error& called_off) {
        co_return failure{.why = failure::reason::cancelled, .at = stage::tls, .detail = called_off.code().message()};
    }
    found = find(name);
    if (found && *found == nullptr) found = make(name);
    co_return found;
}

result<tls_context_ptr, failure> tls_contexts::find(const ca_file& name) {
    forget_unused();
    if (!name || common_ == nullptr) return common_;
    const auto file = open_ca_file(*name);
    if (!file) return file.error();
    const auto known = by_file_.find(*name);
    if (known == by_file_.end() || !is_same(known->second.facts, file->facts)) return tls_context_ptr();
    known->second.asked = std::chrono::steady_clock::now();
    return known->second.context;
}

result<tls_context_ptr, failure> tls_contexts::make(const ca_file& name) {
    if (common_ == nullptr) {
        auto made = make_tls_context(nullptr);
        if (!made) return made;
        common_ = *made;
    }
    if (!name) return common_;
    const auto file = open_ca_file(*name);
    if (!file) return file.error();
    const auto text = read_whole(file->handle.get(), largest_ca_file);
    if (!text) return bad_ca_file(*name + ": " + words(text.error()));
    auto made = make_tls_context(common_, *text);
    if (!made) return bad_ca_file(*name + ": " + made.error().detail);
    if (by_file_.size() >= most_kept && !by_file_.contains(*name))
        by_file_.erase(std::ranges::min_element(by_file_, {}, [](const auto& one) { return one.second.asked; }));
    by_file_.insert_or_assign(*name,
                              kept{.facts = file->facts, .context = *made, .asked = std::chrono::steady_clock::now()});
    return made;
}

void tls_contexts::forget_unused() {
    const auto oldest = std::chrono::steady_clock::now() - longest_unused;
    std::erase_if(by_file_, [oldest](const auto& one) { return one.second.asked < oldest; });
}

}  // namespace opd
