// What a web page can have its visitor's browser do, as far as a browser lets it: it chooses the name under which the
// daemon is asked (DNS rebinding), method, target, some headers and the body; the browser adds Host, Origin and
// Sec-Fetch-Site truthfully.

#include "tests/e2e/attacks/asking.hpp"
#include "tests/e2e/attacks/attack.hpp"

#include <array>

namespace opd::test {
namespace {

std::string with_port(arena& where, std::string_view host) {
    return std::string(host) + ':' + std::to_string(where.port());
}

bool rebound(arena& where, std::string_view name) {
    return gets_through(where, {.headers = {{"Host", with_port(where, name)}}});
}

bool read_by_page_of(arena& where, std::string_view origin) {
    return gets_through(where, {.headers = {{"Origin", std::string(origin)}}});
}

bool fetched_as(arena& where, std::string_view site) {
    return gets_through(where, {.headers = {{"Sec-Fetch-Site", std::string(site)}}});
}

/// A form, or fetch() without asking first: what is sent has one of three types.
bool declared_as(arena& where, header_list headers) {
    running_daemon& daemon = where.daemon();
    const bool through =
        gets_through(where, {.method = "POST", .headers = std::move(headers), .body = std::string(thief)});
    if (through) daemon.tcp().request("DELETE", "/api/v1/model-servers/thief");
    return through;
}

/// A browser takes any 2xx for an answer to its question.
bool permitted_to(arena& where, std::string_view origin, header_list more = {}) {
    more.emplace_back("Origin", origin);
    more.emplace_back("Access-Control-Request-Method", "PUT");
    return gets_through(where, {.method = "OPTIONS", .headers = std::move(more)});
}

bool lacks(arena& where, std::string_view header, std::string_view part) {
    const http_answer answer = ask(where, {});
    return answer.header(header).value_or("").find(part) == std::string::npos;
}

constexpr std::array<attack, 33> web_pages_table{{
    {"a page of another origin reads below the bridge which models a server has",
     [](arena& where) {
         return gets_through(
             where, {.target = "/bridge/lab/openai/v1/models", .headers = {{"Origin", "https://evil.example"}}});
     }},
    {"a name of the attacker's that now resolves to 127.0.0.1 has the bridge work",
     [](arena& where) {
         return gets_through(
             where, {.method = "POST",
                     .target = "/bridge/lab/anthropic/v1/messages/count_tokens",
                     .headers = {{"Host", with_port(where, "evil.example")}, {"Content-Type", "application/json"}},
                     .body = R"({"model":"m","messages":[]})"});
     }},
    {"a form has the bridge work",
     [](arena& where) {
         return gets_through(where, {.method = "POST",
                                     .target = "/bridge/lab/anthropic/v1/messages/count_tokens",
                                     .headers = {{"Content-Type", "text/plain"}},
                                     .body = R"({"model":"m","messages":[]})"});
     }},
    {"a name of the attacker's that now resolves to 127.0.0.1 reads the servers",
     [](arena& where) { return rebound(where, "evil.example"); }},
    {"such a name in which ours stands at the beginning",
     [](arena& where) { return rebound(where, "localhost.evil.example"); }},
    {"such a name in which an address of ours stands at the beginning",
     [](arena& where) { return rebound(where, "127.0.0.1.evil.example"); }},
    {"such a name that ends in ours", [](arena& where) { return rebound(where, "evil-localhost"); }},
    {"such a name with user info that looks like ours",
     [](arena& where) { return rebound(where, "localhost@evil.example"); }},
    {"another port of this machine in the Host",
     [](arena& where) { return gets_through(where, {.headers = {{"Host", "localhost:1"}}}); }},
    {"the Host without a port, which means another one",
     [](arena& where) { return gets_through(where, {.headers = {{"Host", "localhost"}}}); }},
    {"a rebound name reads what an agent would be launched with",
     [](arena& where) {
         return gets_through(
             where, {.method = "POST",
                     .target = "/api/v1/launch/resolve",
                     .headers = {{"Host", with_port(where, "evil.example")}, {"Content-Type", "application/json"}},
                     .body = R"({"llm_tool":"codex","model":"m","model_server":"lab"})"});
     }},
    {"a rebound name declares a server",
     [](arena& where) {
         return declared_as(where, {{"Host", with_port(where, "evil.example")}, {"Content-Type", "application/json"}});
     }},
    {"a page of another origin reads the servers",
     [](arena& where) { return read_by_page_of(where, "https://evil.example"); }},
    {"a sandboxed page, whose origin is null", [](arena& where) { return read_by_page_of(where, "null"); }},
    {"a page on another port of this machine",
     [](arena& where) { return read_by_page_of(where, "http://localhost:1"); }},
    {"the daemon's own origin, but with another scheme",
     [](arena& where) { return read_by_page_of(where, "https://" + with_port(where, "127.0.0.1")); }},
    {"an origin that begins with an allowed one",
     [](arena& where) { return read_by_page_of(where, "https://tools.example.com.evil.example"); }},
    {"an origin that ends with an allowed one",
     [](arena& where) { return read_by_page_of(where, "https://evil-tools.example.com"); }},
    {"an allowed origin with another port",
     [](arena& where) { return read_by_page_of(where, "https://tools.example.com:8443"); }},
    {"an allowed origin without its TLS",
     [](arena& where) { return read_by_page_of(where, "http://tools.example.com"); }},
    {"two origins, of which one is allowed",
     [](arena& where) {
         return gets_through(
             where, {.headers = {{"Origin", "https://tools.example.com"}, {"Origin", "https://evil.example"}}});
     }},
    {"a script or image tag on a page elsewhere, which sends no origin",
     [](arena& where) { return fetched_as(where, "cross-site"); }},
    {"the same on a page of another port of this machine", [](arena& where) { return fetched_as(where, "same-site"); }},
    {"a page elsewhere has every server probed",
     [](arena& where) {
         return gets_through(where, {.target = "/api/v1/model-servers/lab/models?refresh=true",
                                     .headers = {{"Sec-Fetch-Site", "cross-site"}}});
     }},
    {"a form declares a server as text/plain",
     [](arena& where) { return declared_as(where, {{"Content-Type", "text/plain"}}); }},
    {"a form declares a server with its usual type",
     [](arena& where) { return declared_as(where, {{"Content-Type", "application/x-www-form-urlencoded"}}); }},
    {"a form with a part of JSON",
     [](arena& where) {
         return declared_as(where, {{"Content-Type", "multipart/form-data; boundary=application/json"}});
     }},
    {"a body without any type", [](arena& where) { return declared_as(where, {}); }},
    {"a page elsewhere with the right type, as if it had asked first",
     [](arena& where) {
         return declared_as(where, {{"Origin", "https://evil.example"}, {"Content-Type", "application/json"}});
     }},
    {"a page elsewhere removes a server",
     [](arena& where) {
         const http_answer answer = ask(where, {.method = "DELETE",
                                                .target = "/api/v1/model-servers/nobody",
                                                .headers = {{"Origin", "https://evil.example"}}});
         return answer.status == 404;
     }},
    {"a page elsewhere asks first, and is permitted",
     [](arena& where) { return permitted_to(where, "https://evil.example"); }},
    {"a page of the internet asks whether it may reach into this machine",
     [](arena& where) {
         return permitted_to(where, "https://evil.example", {{"Access-Control-Request-Private-Network", "true"}});
     }},
    {"a page frames the answers, or runs them as a script",
     [](arena& where) {
         return lacks(where, "Content-Security-Policy", "frame-ancestors 'none'") ||
                lacks(where, "X-Content-Type-Options", "nosniff");
     },
     weakness::naive_stub},
}};

}  // namespace

std::span<const attack> attacks_of_web_pages() { return web_pages_table; }

}  // namespace opd::test
