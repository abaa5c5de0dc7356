#include "probes/http/tls.hpp"

#include <openssl/ssl.h>

namespace opd {

result<tls_context_ptr, failure> make_tls_context(const tls_context_ptr&, std::string_view) {
    auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
    context->set_verify_mode(boost::asio::ssl::verify_none);
    return context;
}

bool expect_host(SSL* session, const std::string& host) { return SSL_set_tlsext_host_name(session, host.c_str()) == 1; }

std::string handshake_error(SSL*, const std::string& fallback) { return fallback; }

}  // namespace opd
