#include "probes/http/beast_message.hpp"

#include "config/base/ascii.hpp"
#include "config/base/version.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace opd {
namespace {

failure::reason reason_of(const error_code& error) {
    using enum failure::reason;
    if (error == beast::error::timeout) return timed_out;
    if (error == asio::error::operation_aborted) return cancelled;
    if (error == asio::error::connection_refused) return refused;
    if (error == http::error::header_limit || error == http::error::body_limit || error == http::error::buffer_overflow)
        return too_large;
    if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
        error == asio::ssl::error::stream_truncated)
        return closed;
    if (error.category() == http::make_error_code(http::error::end_of_stream).category()) return not_http;
    if (error.category() == asio::error::get_ssl_category() ||
        error.category() == asio::ssl::error::get_stream_category())
        return tls;
    return unreachable;
}

void add_key(request_message& message, credential auth, const secret& key) {
    switch (auth) {
        case credential::none: break;
        case credential::bearer: {
            std::string value = "Bearer ";
            value.reserve(value.size() + key.reveal().size());
            value += key.reveal();
            message.set(http::field::authorization, value);
            wipe(value);
            break;
        }
        case credential::x_api_key: message.set("x-api-key", key.reveal()); break;
        case credential::x_goog_api_key: message.set("x-goog-api-key", key.reveal()); break;
    }
}

void add_login(request_message& message, const proxy& via) {
    const std::string_view login = via.login.reveal();
    if (login.empty()) return;
    constexpr std::string_view scheme = "Basic ";
    std::string value(scheme.size() + (login.size() + 2) / 3 * 4 + 1, '\0');
    scheme.copy(value.data(), scheme.size());
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(value.data() + scheme.size()),
                    reinterpret_cast<const unsigned char*>(login.data()), static_cast<int>(login.size()));
    message.set(http::field::proxy_authorization, std::string_view(value).substr(0, value.size() - 1));
    wipe(value);
}

std::string agent_name() { return "operatord/" + std::string(version()); }

}  // namespace

request_message compose(const http_request& request, const http_peer& peer, const proxy* via) {
    const bool in_full = via != nullptr && !peer.root.tls;
    request_message message;
    message.version(11);
    message.method_string(request.method);
    message.target(in_full ? peer.root.origin() + request.target : request.target);
    message.set(http::field::host, peer.root.authority());
    message.set(http::field::user_agent, agent_name());
    message.set(http::field::accept, "application/json");
    message.set(http::field::accept_encoding, "identity");
    for (const auto& [name, value] : request.headers) message.set(name, value);
    if (!peer.key.empty()) add_key(message, request.auth, peer.key);
    if (in_full) add_login(message, *via);
    message.body() = beast::span<const char>(request.body.data(), request.body.size());
    if (!request.body.empty() || message.method() == http::verb::post) message.content_length(request.body.size());
    return message;
}

request_message compose_connect(const api_root& to, const proxy& via) {
    const std::string host = to.host.find(':') == to.host.npos ? to.host : "[" + to.host + "]";
    const std::string where = fmt::format("{}:{}", host, to.port);
    request_message message;
    message.version(11);
    message.method(http::verb::connect);
    message.target(where);
    message.set(http::field::host, where);
    message.set(http::field::user_agent, agent_name());
    add_login(message, via);
    return message;
}

failure failure_at(stage at, const error_code& error) {
    return {.why = reason_of(error), .at = at, .detail = error.message()};
}

int weight(failure::reason why) {
    if (why == failure::reason::refused) return 2;
    return why == failure::reason::timed_out ? 1 : 0;
}

http_head head_of(const http::response<http::buffer_body>& message) {
    http_head head{.status = message.result_int()};
    for (const auto& field : message) head.headers.emplace_back(lower_case(field.name_string()), field.value());
    return head;
}

}  // namespace opd
