#include "probes/http/tls.hpp"

#include "config/paths.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace ssl = boost::asio::ssl;

namespace opd {

result<tls_context_ptr, failure> make_tls_context(const std::optional<std::string>& ca_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_compression);
    // Nobody lists models in the middle of another handshake; a hostile server could ask for one after the other.
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    boost::system::error_code error;
    context->set_default_verify_paths(error);
    if (!error && ca_file) {
        const char* home = std::getenv("HOME");
        context->load_verify_file(expand_home(*ca_file, home == nullptr ? "" : home), error);
        if (error) {
            return failure{
                .why = failure::reason::bad_ca_file, .at = stage::tls, .detail = *ca_file + ": " + error.message()};
        }
    }
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

}  // namespace opd
