#include "daemon/http/answer_head.hpp"

#include "daemon/http/security_headers.hpp"

#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <iterator>
#include <string_view>

namespace http = boost::beast::http;

namespace opd {
namespace {

/// The Date header (RFC 9110 6.6.1), made once a second.
std::string_view date_now() {
    thread_local std::time_t made_at = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != made_at) {
        made_at = now;
        text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    }
    return text;
}

/// What a page of another origin needs to be told before the browser lets it see anything (Fetch, "CORS protocol").
void write_for_page(const answer& given, std::string& out) {
    const auto end = std::back_inserter(out);
    fmt::format_to(end, "Access-Control-Allow-Origin: {}\r\n", given.page_origin);
    if (!given.permits) {
        out += "Access-Control-Expose-Headers: ETag, Location\r\n";
        return;
    }
    fmt::format_to(end,
                   "Access-Control-Allow-Methods: {}\r\n"
                   "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match, If-None-Match\r\n"
                   "Access-Control-Max-Age: 600\r\n",
                   given.permits->methods);
    if (given.permits->private_network) out += "Access-Control-Allow-Private-Network: true\r\n";
}

}  // namespace

bool has_body(const answer& given) {
    return given.status != 204 && given.status != 304;
}

void write_answer_head(const answer& given, const answer_circumstances& how, std::string& out) {
    out.clear();
    const auto end = std::back_inserter(out);
    fmt::format_to(end, "HTTP/1.1 {} {}\r\nServer: operatord\r\nDate: {}\r\n", given.status,
                   std::string_view(http::obsolete_reason(static_cast<http::status>(given.status))), date_now());
    if (has_body(given))
        fmt::format_to(end, "Content-Type: application/json\r\nContent-Length: {}\r\n", given.body->size);
    const std::string_view etag = given.etag.empty() && given.tagged ? given.body->etag : given.etag;
    if (!etag.empty()) fmt::format_to(end, "ETag: {}\r\n", etag);
    const bool may_be_kept = !etag.empty() && !how.over_unix_socket;
    out += may_be_kept ? "Cache-Control: no-cache\r\n" : "Cache-Control: no-store\r\n";
    if (!given.location.empty()) fmt::format_to(end, "Location: {}\r\n", given.location);
    if (!given.allow.empty()) fmt::format_to(end, "Allow: {}\r\n", given.allow);
    if (!given.authenticate.empty()) fmt::format_to(end, "WWW-Authenticate: {}\r\n", given.authenticate);
    if (!given.page_origin.empty()) write_for_page(given, out);
    out += security_headers();
    out += how.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
}

}  // namespace opd
