#pragma once

#include "config/base/result.hpp"
#include "probes/http/message.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace opd {

using tls_context_ptr = std::shared_ptr<boost::asio::ssl::context>;

/// A client context that verifies, TLS 1.2 at least. Without a base it trusts the system's anchors (SSL_CERT_FILE and
/// SSL_CERT_DIR are honoured); else what `base` trusts, without reading it again, and `anchors` (PEM): ones that cannot
/// be used are `bad_ca_file`.
result<tls_context_ptr, failure> make_tls_context(const tls_context_ptr& base, std::string_view anchors = {});

/// Makes a handshake ask for `host` (SNI, for names only) and accept its certificate alone (RFC 6125, for addresses RFC
/// 2818). False where OpenSSL refuses the host.
bool expect_host(SSL* session, const std::string& host);

/// Why the last handshake failed, in OpenSSL's words: the reason of the verification where that failed, else
/// `fallback`.
std::string handshake_error(SSL* session, const std::string& fallback);

/// The contexts for servers with and without a `ca_file`, made once: until the file is another one (by device, inode,
/// size and time of its last change), or nobody has asked for an hour. A ca_file that cannot be used is `bad_ca_file`;
/// it must be a regular file of 512 KiB at most.
class tls_contexts {
public:
    using ca_file = std::optional<std::string>;

    /// Making one takes some ten milliseconds: many do not hold the event loop together.
    boost::asio::awaitable<result<tls_context_ptr, failure>> get(const ca_file&);

private:
    result<tls_context_ptr, failure> find(const ca_file&);  ///< nullptr: it has to be made
    result<tls_context_ptr, failure> make(const ca_file&);

    struct kept {
        struct ::stat facts;
        tls_context_ptr context;
        std::chrono::steady_clock::time_point asked;
    };

    void forget_unused();

    static constexpr std::size_t most_kept = 256;
    tls_context_ptr common_;
    std::map<std::string, kept> by_file_;
};

}  // namespace opd
