#pragma once

#include "config/result.hpp"
#include "probes/http/failure.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>

namespace opd {

using tls_context_ptr = std::shared_ptr<boost::asio::ssl::context>;

/// A client context that verifies: the system's trust anchors (SSL_CERT_FILE and SSL_CERT_DIR are honoured) plus, if
/// given, those of `ca_file` (PEM), TLS 1.2 at least. A ca_file that cannot be used is `bad_ca_file`.
result<tls_context_ptr, failure> make_tls_context(const std::optional<std::string>& ca_file);

/// Makes a handshake ask for `host` (SNI, for names only) and accept its certificate alone (RFC 6125, for addresses RFC
/// 2818). False where OpenSSL refuses the host.
bool expect_host(SSL* session, const std::string& host);

/// Why the last handshake failed, in OpenSSL's words: the reason of the verification where that failed, else
/// `fallback`.
std::string handshake_error(SSL* session, const std::string& fallback);

}  // namespace opd
