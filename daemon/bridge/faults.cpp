#include "daemon/bridge/faults.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"
#include "daemon/bridge/wire/upstream_fault.hpp"
#include "probes/redact.hpp"
#include "probes/verdict.hpp"

#include <fmt/format.h>

#include <chrono>

namespace opd::bridge {
namespace {

std::string name_of(const state::server_state& state) {
    return fmt::format("model server {}", in_quotes(state.server.name));
}

std::string remedy_of(const state::server_state& state, const fault& why) {
    switch (why.what) {
        case fault::kind::unauthorized:
            return state.server.api_key_env
                       ? fmt::format("check that {} holds its key", *state.server.api_key_env)
                       : std::string("it wants another key: name its variable in api_key_env, and launch again");
        case fault::kind::too_long: return "begin a new conversation, compact this one, or raise the model's context";
        case fault::kind::later:
            return why.retry_after ? "it is busy, or a limit is reached"
                                   : "it is busy, or a limit is reached: try again later";
        case fault::kind::broken: return "see its log, and try again";
        case fault::kind::cut: return "see its log: it may have run out of memory or context; then try again";
        case fault::kind::alien: return "check its base_url and kind, and what stands between, such as a proxy";
        case fault::kind::refused: break;
    }
    return fmt::format("see what it has with: operatorctl models {}", state.server.name);
}

std::string sentence(const state::server_state& state, std::string_view what, const fault& why, const key_pieces& key) {
    const std::string text = redact(why.message, key);
    return fmt::format("{} {}{}{}; {}", name_of(state), what, text.empty() || what.empty() ? "" : ": ", text,
                       remedy_of(state, why));
}

}  // namespace

fault fault_of(const state::server_state& state, const failure& none, std::string_view key_env, const key_pieces& key) {
    using enum failure::reason;
    const bool was_asked = none.at >= stage::send;
    const verdict_subject about{.server = state.server,
                                .root = state.root,
                                .key_env = key_env,
                                .key = key,
                                .timeout = was_asked ? most_silence : most_connecting};
    report judged = judge_failure(about, none);
    fault out;
    const bool broke = none.why == closed || none.why == unreachable || none.why == timed_out;
    if (none.at == stage::body)
        out.what = fault::kind::cut;
    else if (was_asked && broke)
        out.what = fault::kind::broken;
    // The probes' advice is about lists, which are asked for again and again.
    if (was_asked && broke) judged.hint = remedy_of(state, out);
    out.message = fmt::format("{}: {}; {}", name_of(state), judged.error, judged.hint);
    return out;
}

fault fault_of(const state::server_state& state, const http_head& head, std::string_view body, const key_pieces& key) {
    const http_reply told{.status = head.status,
                          .content_type = {},
                          .content_encoding = {},
                          .location = {},
                          .rate_limit_headers = head.headers,
                          .body = {}};
    std::optional<std::chrono::seconds> delay;
    if (const auto asked = requested_delay(told, std::chrono::system_clock::now()))
        delay = std::chrono::ceil<std::chrono::seconds>(*asked);
    fault out = read_upstream_error(head.status, body, delay);
    out.message = sentence(state, fmt::format("answered {}", head.status), out, key);
    return out;
}

std::optional<fault> fault_of_encoding(const state::server_state& state, const http_head& head) {
    const std::string encoding = lower_case(head.header("content-encoding"));
    if (encoding.empty() || encoding == "identity") return std::nullopt;
    fault out{.what = fault::kind::alien};
    out.message = fmt::format("{} answered with a compressed body, which it was not asked for; {}", name_of(state),
                              remedy_of(state, out));
    return out;
}

fault told_by(const state::server_state& state, fault why, const key_pieces& key) {
    if (why.what == fault::kind::alien)
        why.message = fmt::format("{} answered with {}; {}", name_of(state), why.message, remedy_of(state, why));
    else
        why.message = sentence(state, why.what == fault::kind::cut ? "broke off" : "reports an error", why, key);
    return why;
}

}  // namespace opd::bridge
