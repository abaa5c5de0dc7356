#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "probes/dialects/dialect.hpp"
#include "probes/http/message.hpp"
#include "probes/key_pieces.hpp"
#include "probes/report.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace opd {

/// Whom a verdict is about, for its texts.
struct verdict_subject {
    const model_server& server;
    const api_root& root;
    std::string_view key_env;  ///< the variable the key came from; empty: no key was sent
    const key_pieces& key;     ///< taken out of every text
    std::chrono::milliseconds timeout;
};

// What reports of failures are made of.

report failed(probe_status, std::string error, std::string hint);

/// The key was not sent, since it would have crossed the internet in clear.
report key_withheld(const model_server&, const api_root&, std::string_view variable);

/// `model server "NAME"`.
std::string named(const verdict_subject&);

/// What to do where a proxy wants a login (407).
inline constexpr std::string_view proxy_login_hint =
    "the proxy wants a login: write it as http://USER:PASSWORD@HOST:PORT into HTTPS_PROXY and HTTP_PROXY, or into "
    "proxy "
    "of [probes]";

/// One of the (lower-case) words is part of the text, in any case.
bool mentions(std::string_view text, std::initializer_list<std::string_view> words);

/// What an answer that is no listing means: a status with an error and a hint. `reply.status` is not 2xx.
report judge_status(const verdict_subject&, const http_reply&, std::string_view target,
                    std::chrono::system_clock::time_point now);

/// What a 2xx answer that is no listing means (HTML, not JSON, JSON of another shape, a reported error, a compressed
/// body).
report judge_page(const verdict_subject&, const http_reply&, const page&, std::string_view target);

/// What the lack of an answer means.
report judge_failure(const verdict_subject&, const failure&);

/// The answer, which is no list, leaves it open whether another place of the server has one: it is no verdict about the
/// key, no 429, and no fault of the server's own.
bool is_absent(const http_reply&, const page*);

/// How long a server asks to be left alone: Retry-After (seconds or HTTP date, RFC 9110 10.2.3), retry-after-ms,
/// google.rpc.RetryInfo in the body, x-ratelimit-reset-* durations, anthropic-ratelimit-*-reset times. At most an hour.
/// nullopt: it does not say.
std::optional<std::chrono::milliseconds> requested_delay(const http_reply&, std::chrono::system_clock::time_point now);

}  // namespace opd
