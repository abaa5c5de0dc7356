#include "probes/verdict.hpp"

#include "config/base/ascii.hpp"
#include "config/base/duration.hpp"
#include "probes/error_text.hpp"
#include "probes/redact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

using namespace std::string_view_literals;

namespace opd {
namespace {

/// RFC 9110 and its neighbours, for servers that say nothing themselves.
std::string_view reason_phrase(unsigned status) {
    constexpr std::array<std::pair<unsigned, std::string_view>, 22> phrases{{
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {529, "Overloaded"},
    }};
    const auto* const found = std::ranges::find(phrases, status, &std::pair<unsigned, std::string_view>::first);
    return found == phrases.end() ? std::string_view() : found->second;
}

bool has_code(const error_words& words, std::initializer_list<std::string_view> codes) {
    return std::ranges::any_of(words.codes, [codes](const std::string& code) { return mentions(code, codes); });
}

/// The words are about the key, not about what it may do.
bool blames_key(const error_words& words) {
    return has_code(words, {"no_db_connection", "api_key_invalid", "api_key_expired", "invalid_api_key",
                            "invalidapikey", "unauthenticated", "authentication_error", "invalid_authentication"}) ||
           mentions(words.message, {"unregistered callers"}) ||
           (mentions(words.message, {"api key", "api-key", "apikey", "api_key", "api token", "access token",
                                     "auth token", "bearer", "credentials"}) &&
            mentions(words.message, {"invalid", "incorrect", "not valid", "wrong", "expired", "missing", "required",
                                     "provide", "malformed", "revoked"}));
}

/// The same, of the text of an error that came as a good answer.
bool blames_key(const std::string& text) {
    return blames_key(error_words{.message = text}) ||
           mentions(text, {"token", "unauthorized", "unauthenticated", "authorization header", "authentication",
                           "not logged in"});
}

bool lacks_credit(const http_reply& reply, const error_words& words) {
    return reply.status == 402 || has_code(words, {"insufficient_quota", "billing_error"});
}

bool is_starting(const error_words& words) {
    const auto signs = {"loading"sv, "starting"sv, "unhealthy"sv, "warming up"sv, "initializing"sv, "not ready"sv};
    return mentions(words.message, signs) || has_code(words, signs);
}

/// `GET http://localhost:8000/v1/models`: without query, and without the key should it be part of the path.
std::string request_line(const verdict_subject& about, std::string_view target) {
    return about.key.hidden_in(fmt::format("GET {}{}", about.root.origin(), target.substr(0, target.find('?'))));
}

std::string answered(const verdict_subject& about, const http_reply& reply, std::string_view target,
                     const error_words& words) {
    std::string said = redact(words.message, about.key);
    const std::string number = fmt::format("{} ", reply.status);
    if (said.starts_with(number)) said.erase(0, number.size());
    if (said.empty()) said = reason_phrase(reply.status);
    return fmt::format("{} answered {}{}{}", request_line(about, target), reply.status, said.empty() ? "" : ": ", said);
}

std::string again(const std::optional<std::chrono::milliseconds>& delay) {
    return "it is asked again " + (delay && delay->count() > 0 ? "in " + format_duration(*delay) : "later");
}

/// What to do where the key was refused, or none was sent.
std::string key_hint(const verdict_subject& about, std::string_view challenge = {}) {
    if (lower_case(challenge).starts_with("basic"))
        return fmt::format(
            "a proxy before the server wants a name and a password (Basic), which operatord does not send: give {} a "
            "base_url "
            "that is reached without it",
            named(about));
    if (about.key_env.empty())
        return fmt::format("the server wants a key: put it into a variable, and name that in api_key_env of {}",
                           named(about));
    if (is_vendor_host(*about.server.kind, about.root) && !about.server.kind->default_api_key_env.empty())
        return fmt::format("check the key in {}, or make a new one at {}", about.key_env, about.server.kind->setup_url);
    return fmt::format("check that {} holds the key that {} expects", about.key_env, about.root.origin());
}

/// Where to look when this seems to be no model server at all.
std::string wrong_place_hint(const verdict_subject& about) {
    if (!about.server.base_url) return fmt::format("{} should have a list here: try again later", about.root.origin());
    switch (about.server.kind->dialect) {
        case listing_dialect::ollama:
            return fmt::format("check base_url of {}: Ollama listens at http://localhost:11434 unless told otherwise",
                               named(about));
        case listing_dialect::lmstudio:
            return fmt::format(
                "check base_url of {}: LM Studio's server listens at http://localhost:1234 unless told otherwise",
                named(about));
        case listing_dialect::anthropic:
            return fmt::format(
                "many Anthropic-compatible servers have no list, and launching works without one; else check base_url "
                "of {}",
                named(about));
        case listing_dialect::openai:
        case listing_dialect::google:
        case listing_dialect::openrouter: break;
    }
    return fmt::format("set base_url of {} to the address of its API, as its documentation gives it{}", named(about),
                       about.root.version.empty() ? "; it often ends in /v1" : "");
}

/// Where a redirect leads, without what may be secret; relative ones made whole.
std::string destination(const verdict_subject& about, const http_reply& reply) {
    const std::string to = reply.location.substr(0, reply.location.find_first_of("?#"));
    return redact(to.starts_with('/') && !to.starts_with("//") ? about.root.origin() + to : to, about.key);
}

std::string redirect_hint(const verdict_subject& about, const http_reply& reply, std::string_view target) {
    const std::string to = destination(about, reply);
    if (to.empty()) return wrong_place_hint(about);
    if (mentions(to, {"login", "signin", "sign-in", "sso", "oauth", "auth/"}))
        return fmt::format(
            "it redirects to {}, which looks like a login for people: set base_url of {} to the address of its API", to,
            named(about));
    const std::string_view path = target.substr(0, target.find('?'));
    if (to.ends_with(path))
        return fmt::format("it moved: set base_url = \"{}{}{}\" for {}", to.substr(0, to.size() - path.size()),
                           about.root.prefix, about.root.version, named(about));
    return fmt::format(
        "it redirects to {}; redirects are not followed, so that no key gets lost: set base_url of {} to the final "
        "address",
        to, named(about));
}

std::string host_hint(const verdict_subject& about) {
    return fmt::format(
        "the server does not answer to the name \"{}\": use localhost or its address in base_url of {}, "
        "or allow the name in the server's own settings",
        about.root.host, named(about));
}

/// A page, or the words of a network that stands in front of many servers: the server itself was not reached.
bool is_wall(const http_reply& reply, const error_words& words) {
    const std::size_t start = reply.body.find_first_not_of(" \t\r\n");
    return (start != reply.body.npos && reply.body[start] == '<') || mentions(words.message, {"error code:"});
}

report forbidden(const verdict_subject& about, const http_reply& reply, std::string error, const error_words& words) {
    const bool ollama = about.server.kind->dialect == listing_dialect::ollama;
    std::string hint;
    if (is_wall(reply, words)) {
        hint = fmt::format(
            "a wall in front of {} has refused this, and its key was not looked at: ask who runs it to let operatord "
            "through, "
            "or use a base_url that goes around it",
            about.root.origin());
    } else if (mentions(words.message, {"host"}) || (ollama && words.message.empty())) {
        hint = host_hint(about);
    } else if (!words.message.empty() &&
               !mentions(words.message, {"key", "permission", "scope", "role", "authoriz", "token"})) {
        hint = fmt::format("the server says why; whether {} may use it is decided there", named(about));
    } else if (about.key_env.empty()) {
        hint = fmt::format("the server may want a key: name its variable in api_key_env of {}", named(about));
    } else {
        hint =
            fmt::format("the server knows the key in {}, which may not list models: allow it that, or use another key",
                        about.key_env);
    }
    return failed(probe_status::forbidden, std::move(error), std::move(hint));
}

std::string other_hint(const verdict_subject& about, const http_reply& reply, std::string_view target,
                       const error_words& words, const std::optional<std::chrono::milliseconds>& delay) {
    if (lacks_credit(reply, words))
        return fmt::format("the key is accepted, but its account has no credit: add some where {} is billed",
                           about.root.origin());
    if (reply.status / 100 == 3) return redirect_hint(about, reply, target);
    if (reply.status == 407) return std::string(proxy_login_hint);
    if (reply.status == 502 || reply.status == 503 || reply.status == 504)
        return "a proxy answers for a server that does not: check that the server behind it runs; " + again(delay);
    if (reply.status == 408 || reply.status == 409 || reply.status == 529) return again(delay);
    if (reply.status == 511)
        return "the network wants a login first, as in a hotel: open any page in a browser, and log in there";
    if (reply.status >= 520 && reply.status <= 530)
        return "the network in front of the server cannot reach it: check that the server behind it runs; " +
               again(delay);
    if (reply.status >= 500) return "the server has a problem of its own: see its log; " + again(delay);
    if (!about.root.tls && mentions(words.message, {"https"}))
        return fmt::format("the port speaks TLS: write https:// in base_url of {}", named(about));
    if (mentions(words.message, {"host header", "invalid host"})) return host_hint(about);
    return fmt::format("check base_url and kind of {}", named(about));
}

}  // namespace

report failed(probe_status status, std::string error, std::string hint) {
    return {.status = status, .error = std::move(error), .hint = std::move(hint)};
}

report key_withheld(const model_server& server, const api_root& root, std::string_view variable) {
    return failed(probe_status::key_withheld,
                  fmt::format("the key in {} was not sent to {}: it would go over the internet in clear", variable,
                              root.origin()),
                  server.api_key_env
                      ? "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe"
                      : "use https in base_url");
}

std::string named(const verdict_subject& about) { return fmt::format("model server \"{}\"", about.server.name); }

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string low = lower_case(text);
    return std::ranges::any_of(words, [&low](std::string_view word) { return low.find(word) != std::string::npos; });
}

report judge_status(const verdict_subject& about, const http_reply& reply, std::string_view target,
                    std::chrono::system_clock::time_point now) {
    const error_words words = read_error(reply);
    const auto delay = requested_delay(reply, now);
    std::string error = answered(about, reply, target, words);
    // OpenRouter's list is open to all: its answer about the key is about nothing else.
    const bool about_key = target.ends_with("/key") && about.server.kind->dialect == listing_dialect::openrouter;
    report judged;
    if (reply.status == 401 || ((reply.status == 400 || reply.status == 403) && (blames_key(words) || about_key))) {
        judged = failed(probe_status::auth_failed, std::move(error), key_hint(about, reply.challenge));
    } else if (reply.status == 403) {
        judged = forbidden(about, reply, std::move(error), words);
    } else if (reply.status == 404 || reply.status == 405 || reply.status == 501) {
        judged = failed(probe_status::no_listing, std::move(error), wrong_place_hint(about));
    } else if (reply.status == 503 && is_starting(words)) {
        judged = failed(probe_status::starting, std::move(error), "it is getting ready: wait; " + again(delay));
    } else if (reply.status == 429 && !lacks_credit(reply, words)) {
        judged = failed(probe_status::rate_limited, std::move(error), "the server limits requests: " + again(delay));
    } else {
        const auto status = reply.status == 429 ? probe_status::rate_limited : probe_status::http_error;
        judged = failed(status, std::move(error), other_hint(about, reply, target, words, delay));
    }
    judged.retry_after = delay;
    return judged;
}

report judge_page(const verdict_subject& about, const http_reply& reply, const page& read, std::string_view target) {
    const std::string note = redact(read.note, about.key);
    const std::string start = fmt::format("{} answered {}", request_line(about, target), reply.status);
    std::string hint;
    switch (read.what) {
        case page::shape::error: {
            const bool key = read.about_key || blames_key(read.note);
            return failed(key ? probe_status::auth_failed : probe_status::no_listing,
                          fmt::format("{} with an error: {}", start, note),
                          key ? key_hint(about) : wrong_place_hint(about));
        }
        case page::shape::html:
            return failed(probe_status::bad_response,
                          fmt::format("{} with a web page{}", start, note.empty() ? "" : " (" + note + ")"),
                          fmt::format("base_url leads to a site for people: set it to the address of the API of {}, "
                                      "which often ends in /v1 or /api",
                                      named(about)));
        case page::shape::not_json:
            hint = fmt::format("check base_url and kind of {}; if they are right, see the server's log", named(about));
            if (!reply.is_plain())
                hint =
                    "its answer is compressed in another way than gzip, which alone was asked for: switch that off for "
                    "this path";
            break;
        case page::shape::unknown:
        case page::shape::listing: hint = wrong_place_hint(about);
    }
    return failed(probe_status::bad_response, fmt::format("{}, but the answer {}", start, note), std::move(hint));
}

bool is_absent(const http_reply& reply, const page* read) {
    if (read != nullptr) return !(read->what == page::shape::error && (read->about_key || blames_key(read->note)));
    // Amazon's gateway has these words for a path that it does not know.
    if (reply.status == 403) return mentions(read_error(reply).message, {"missing authentication token"});
    if (reply.status == 400 && blames_key(read_error(reply))) return false;
    return reply.status != 401 && reply.status != 407 && reply.status != 429 &&
           (reply.status < 500 || reply.status == 501);
}

}  // namespace opd
