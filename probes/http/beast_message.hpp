#pragma once

#include "config/base/secret.hpp"
#include "config/model/proxy.hpp"
#include "probes/http/message.hpp"
#include "probes/http/transport.hpp"

#include <boost/beast/http.hpp>
#include <boost/system/error_code.hpp>

namespace opd {

/// A key in a header is wiped with it. Beyond reach are the copies that are not ours: those on the stack and in
/// OpenSSL's records while they are sent (records are encrypted in place), and the kernel's.
using request_fields = boost::beast::http::basic_fields<wiping_allocator<char>>;
using request_message = boost::beast::http::request<boost::beast::http::span_body<const char>, request_fields>;

/// A request to a server, as its peer, or the proxy before a server that is spoken to in clear, wants it.
request_message compose(const http_request&, const http_peer&, const proxy* via);

/// What makes a proxy open a tunnel to a server.
request_message compose_connect(const api_root&, const proxy& via);

http_head head_of(const boost::beast::http::response<boost::beast::http::buffer_body>&);

failure failure_at(stage, const boost::system::error_code&);

/// How much a failure to connect tells about the server: where one of its addresses refuses, it matters little that
/// this machine has no way to another one.
int weight(failure::reason);

}  // namespace opd
