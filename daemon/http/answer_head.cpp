#include "daemon/http/answer_head.hpp"

#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace http = boost::beast::http;

namespace opd::http {
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
void write_for_page(const wire::answer& given, std::string& out) {
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

void write_body_headers(const wire::answer& given, const answer_circumstances& how, std::string& out) {
    const auto end = std::back_inserter(out);
    const std::string_view type = given.content_type;
    fmt::format_to(end, "Content-Type: {}\r\n", type.empty() ? "application/json" : type);
    if (given.stream == nullptr)
        fmt::format_to(end, "Content-Length: {}\r\n", given.body->size);
    else if (how.chunked)
        out += "Transfer-Encoding: chunked\r\n";
}

}  // namespace

wire::answer refusal(unsigned status, std::string_view code, std::string_view message) {
    return {.status = status, .body = wire::make_document(wire::encode_error(code, message)), .close = true};
}

bool has_body(const wire::answer& given) { return given.status != 204 && given.status != 304; }

void add_security_headers(std::string_view content_policy, std::string& out) {
    constexpr std::string_view of_data = "default-src 'none'; frame-ancestors 'none'";
    out += "Content-Security-Policy: ";
    out += content_policy.empty() ? of_data : content_policy;
    out +=
        "\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "Vary: Origin\r\n";
}

void write_answer_head(const wire::answer& given, const answer_circumstances& how, std::string& out) {
    out.clear();
    const auto end = std::back_inserter(out);
    fmt::format_to(
        end, "HTTP/1.1 {} {}\r\nServer: operatord\r\nDate: {}\r\n", given.status,
        std::string_view(boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(given.status))),
        date_now());
    if (has_body(given)) write_body_headers(given, how, out);
    const std::string_view etag = given.etag.empty() && given.tagged ? given.body->etag : given.etag;
    if (!etag.empty()) fmt::format_to(end, "ETag: {}\r\n", etag);
    const bool may_be_kept = !etag.empty() && !how.over_unix_socket;
    const std::string_view by_tag = may_be_kept ? "no-cache" : "no-store";
    fmt::format_to(end, "Cache-Control: {}\r\n", given.cache_control.empty() ? by_tag : given.cache_control);
    if (!given.location.empty()) fmt::format_to(end, "Location: {}\r\n", given.location);
    if (!given.allow.empty()) fmt::format_to(end, "Allow: {}\r\n", given.allow);
    if (!given.authenticate.empty()) fmt::format_to(end, "WWW-Authenticate: {}\r\n", given.authenticate);
    for (const auto& [name, value] : given.headers) fmt::format_to(end, "{}: {}\r\n", name, value);
    if (!given.page_origin.empty()) write_for_page(given, out);
    add_security_headers(given.content_policy, out);
    out += how.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
}

}  // namespace opd::http
