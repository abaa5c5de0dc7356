#include "daemon/bridge/bridge.hpp"

#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "daemon/bridge/exchange.hpp"
#include "daemon/bridge/faults.hpp"
#include "daemon/bridge/upstream.hpp"
#include "daemon/bridge/wire/carrier.hpp"
#include "daemon/bridge/wire/json_view.hpp"
#include "daemon/bridge/wire/json_write.hpp"
#include "daemon/bridge/wire/token_estimate.hpp"
#include "daemon/http/guard.hpp"
#include "daemon/loop/log.hpp"
#include "probes/key_policy.hpp"
#include "probes/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <malloc.h>

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace opd::bridge {
namespace {

/// A larger body would hold the loop for longer than a moment.
constexpr std::size_t most_at_once = std::size_t{256} * 1024;

constexpr auto never = steady_clock::time_point::max();

/// What the recipes of launches give to agents that want a key and need none.
constexpr std::string_view no_key = "no-key";

/// What a protocol needs of its own, and what a vendor tells of a turn; nothing about who asks.
constexpr std::array<std::string_view, 5> passed_on{"anthropic-version", "anthropic-beta", "openai-beta", "accept",
                                                    "content-type"};

bool is_told(std::string_view header) {
    return header == "retry-after" || header == "x-should-retry" || header == "request-id" ||
           header == "x-request-id" || header == "retry-after-ms" || header == "content-encoding" ||
           header.starts_with("anthropic-ratelimit-") || header.starts_with("x-ratelimit-");
}

fault refused(std::string message) { return {.what = fault::kind::refused, .message = std::move(message)}; }

/// The key in the protocol's own header.
std::string_view key_of(const wire::request& asked, surface from) {
    std::string_view key;
    if (from == surface::gemini) key = asked.header("x-goog-api-key");
    if (from == surface::anthropic) key = asked.header("x-api-key");
    constexpr std::string_view scheme = "Bearer ";
    if (key.empty() && from != surface::gemini &&
        same_in_any_case(asked.authorization.substr(0, scheme.size()), scheme))
        key = trimmed(asked.authorization.substr(scheme.size()));
    return key == no_key ? std::string_view() : key;
}

/// `X-Operator-Model`, percent-encoded; empty: none, or one that is no name.
std::string launched_model(const wire::request& asked) {
    std::string out = percent_decoded(asked.header("x-operator-model"));
    return has_control(out) || find_invalid_utf8(out) != out.npos ? std::string() : out;
}

bool is_local(const wire::request& asked) {
    return asked.over_unix_socket || (!asked.needs_token && scope_of(asked.own_address) == network_scope::loopback);
}

wire::answer answer_with(std::string text) { return {.body = wire::make_document(std::move(text))}; }

}  // namespace

bridge::bridge(asio::any_io_executor executor, state::registry& servers, http_transport& transport,
               keys::find_key find_key, loop::worker_threads& workers, spdlog::logger& log, bridge_limits limits)
    : executor_(std::move(executor)),
      servers_(servers),
      transport_(transport),
      find_key_(std::move(find_key)),
      workers_(workers),
      log_(log),
      limits_(limits),
      asking_(executor_,
              [this](const std::exception_ptr& error) { loop::log_bug(log_, "a question to a model server", error); }),
      out_of_time_(executor_, [this] { break_off(); }),
      quiet_(executor_, [] { ::malloc_trim(0); }) {}

bridge::~bridge() = default;

void bridge::stop() {
    for (const auto& one : open_)
        if (const auto open = one.lock()) open->leave();
    out_of_time_.expire_at(steady_clock::now() + limits_.stop_time);
}

void bridge::break_off() {
    for (const auto& one : open_)
        if (const auto open = one.lock()) open->connection->cancel();
}

asio::awaitable<void> bridge::join() { return asking_.join(); }

state::server_entry_ptr bridge::find(std::string_view name) const {
    if (auto entry = servers_.find(name)) return entry;
    const kind* const of = find_kind(name);
    return of == nullptr ? nullptr : servers_.find_by_kind(*of);
}

std::variant<wire::answer, wire::accepted_request> bridge::accept(const wire::request& head,
                                                                  std::span<const std::string> path) {
    const auto found = find_route(head.method, path);
    if (!found) {
        const no_route& why = found.error();
        wire::answer out = to_answer(why.from, refused(why.message));
        out.status = why.status;
        out.allow = why.allow;
        return out;
    }
    const auto deny = [&](unsigned status, std::string message) {
        wire::answer out = to_answer(found->from, refused(std::move(message)));
        out.status = status;
        return out;
    };
    if (!is_local(head)) return deny(403, "the bridge serves its own machine alone: ask under 127.0.0.1");
    state::server_entry_ptr entry = find(found->server);
    if (!entry) {
        std::vector<std::string_view> names;
        for (const state::server_entry_ptr& one : servers_.entries())
            if (one->state.listed) names.push_back(one->state.server.name);
        const change_refusal why = no_such("model server", found->server, names, "model-servers");
        return deny(404, why.message);
    }
    const bool has_body = head.method == "POST";
    if (has_body && !http::is_json_type(head.content_type))
        return deny(415, "the body must be JSON in UTF-8, with Content-Type: application/json");
    return wire::accepted_request{
        .respond = [this, route = *found, entry = std::move(entry)](const wire::request& asked) -> wire::reply {
            if (route.what == operation::hello) return answer_with("{}");
            if (route.what == operation::models) return models(route, *entry);
            return turn(asked, route, entry);
        },
        .body_bytes = limits_.body_bytes,
        .body_time = limits_.body_time,
        .ends_with_client = true,
        .streams = found->what == operation::turn || found->what == operation::chat};
}

asio::awaitable<bool> bridge::lacks_responses(state::server_entry_ptr entry) {
    const state::server_state server = entry->state;
    if (server.server.probe == probe_mode::never) co_return false;
    looked_at& known = looked_at_[server.root.origin() + server.root.prefix];
    const auto now = steady_clock::now();
    if (known.at != steady_clock::time_point() && now - known.at < std::chrono::hours(1))
        co_return known.lacks_responses;
    const std::string_view variable = key_variable(server.server, server.root);
    std::optional<secret> key;
    if (!variable.empty() && !would_show_key(server.server, server.root)) key = find_key_(variable);
    const auto connection = transport_.open({.root = server.root,
                                             .key = key ? std::move(*key) : secret(),
                                             .key_may_travel_in_clear = key_may_travel_in_clear(server.server),
                                             .ca_file = server.server.ca_file},
                                            {.until = now + std::chrono::seconds(2)});
    http_request question{.target = same_target(surface::openai, server.api(), "/responses"),
                          .auth = credential_of(*server.server.kind),
                          .headers = {{"Content-Type", "application/json"}},
                          .method = "POST",
                          .body = "{}"};
    const auto told = co_await connection->open_answer(question);
    if (!told) co_return false;
    looked_at& found = looked_at_[server.root.origin() + server.root.prefix];
    const bool html = told->header("content-type").starts_with("text/html");
    found = {.lacks_responses = told->status == 404 || told->status == 405 || told->status == 501 || html, .at = now};
    co_return found.lacks_responses;
}

wire::answer bridge::models(const bridge_route& route, const state::server_entry& entry) const {
    std::vector<listed> all;
    for (const model& one : *entry.state.last_good)
        all.push_back({.id = one.id,
                       .name = one.display_name,
                       .context = one.context_length.value_or(0),
                       .output_limit = one.max_output_tokens.value_or(0)});
    return answer_with(protocol_of(route.from).models(all));
}

asio::awaitable<wire::answer> bridge::turn(const wire::request& asked, const bridge_route& route,
                                           state::server_entry_ptr entry) {
    const auto now = exchange::begin(*this, route, std::move(entry));
    const model_server& server = now->server.server;
    const api_root& root = now->server.root;
    now->key_env = key_variable(server, root);
    now->key = secret(key_of(asked, route.from));
    if (now->key.empty() && !now->key_env.empty())
        if (auto found = find_key_(now->key_env)) now->key = std::move(*found);
    if (!now->key.empty() && would_show_key(server, root)) {
        const report why = key_withheld(server, root, now->key_env);
        co_return to_answer(route.from, refused(fmt::format("{}; {}", why.error, why.hint)));
    }
    const bool local = scope_of(root.host) != network_scope::internet;
    http_patience patience{.connect = most_connecting, .kept_idle = limits_.kept_idle};
    if (!local) patience.head = patience.silence = most_silence;
    now->connection = transport_.open({.root = root,
                                       .key = now->key,
                                       .key_may_travel_in_clear = key_may_travel_in_clear(server),
                                       .ca_file = server.ca_file},
                                      patience);
    now->body = asked.body;
    now->model = launched_model(asked);
    const bool same = speaks_the_same(*server.kind, route.from, route.what);
    if (same) {
        for (const std::string_view name : passed_on)
            if (const std::string_view value = asked.header(name); !value.empty())
                now->headers.emplace_back(name, value);
        wire::answer given = co_await pass_on(now, asked.target);
        co_return given;
    }
    if (!speaks_chat(*server.kind) || route.what == operation::chat)
        co_return to_answer(
            route.from, refused(fmt::format("model server {} speaks neither this protocol nor Chat Completions; use "
                                            "an agent of its vendor with it, or another model server",
                                            in_quotes(server.name))));
    wire::answer given = co_await translate(now);
    co_return given;
}

/// Whatever the body is, it is the server's to judge: nothing is changed but the model's name, and no error but in that
/// it may repeat the key.
asio::awaitable<wire::answer> bridge::pass_on(std::shared_ptr<exchange> now, std::string_view target) {
    const std::string launched = std::exchange(now->model, {});
    const bridge_route& route = now->route;
    bool stream = false;
    if (route.from == surface::gemini) {
        now->model = model_to_ask(now->server, route.model, launched);
    } else {
        const auto look = [now] { return look_into(now->body); };
        std::optional<body_summary> seen;
        if (now->body.size() > most_at_once)
            seen = co_await workers_.run(look);
        else
            seen = look();
        if (seen) {
            stream = seen->stream && route.what == operation::turn;
            now->model = model_to_ask(now->server, seen->model, launched);
            std::string in_json;
            escape_json(now->model, in_json);
            if (now->model != seen->model) now->body.replace(seen->at, seen->size, in_json);
        }
    }
    now->target = target_to_pass_on(route, now->server, target, now->model);
    now->sent = std::move(now->body);
    now->ask();
    co_await now->wait_for_head(never);
    if (!*now->head) {
        auto why = co_await now->fault_of_head();
        co_return to_answer(route.from, *why, stream);
    }
    const http_head& told = **now->head;
    wire::answer out{.status = told.status, .content_type = std::string(told.header("content-type"))};
    for (const auto& [name, value] : told.headers)
        if (is_told(name)) out.headers.emplace_back(name, now->pieces.hidden_in(value));
    if (told.status / 100 == 2) {
        out.stream = std::make_shared<wire::body_stream>(
            wire::body_stream{.produce = [now](wire::body_sink& to) { return exchange::pass_on(now, to); }});
    } else {
        const std::string text = co_await now->error_text();
        out.body = wire::make_document(now->pieces.hidden_in(text));
    }
    co_return out;
}

/// Once each.
void bridge::tell_losses(std::string_view server, const std::vector<std::string>& losses) {
    for (const std::string& loss : losses) {
        std::string told = fmt::format("{}: {} has no place in the Chat protocol", server, loss);
        if (std::ranges::find(lost_, told) != lost_.end() || lost_.size() >= 1'000) continue;
        log_.warn("{}, and is left out", told);
        lost_.push_back(std::move(told));
    }
}

asio::awaitable<wire::answer> bridge::translate(std::shared_ptr<exchange> now) {
    const std::string launched = std::exchange(now->model, {});
    const surface from = now->route.from;
    const std::string maker = maker_of(now->server.server.name, now->server.root.origin());
    // The body belongs to the exchange, and is read by nobody else meanwhile.
    const auto read = [now, maker] { return now->as.read(now->body, now->route, maker); };
    const bool large = now->body.size() > most_at_once;
    auto decoded_turn = std::make_shared<decoded<opd::bridge::turn>>(bad_request{});
    if (large)
        *decoded_turn = co_await workers_.run(read);
    else
        *decoded_turn = read();
    if (decoded_turn->has_error()) co_return to_answer(from, refused(decoded_turn->error().message), now->route.stream);
    now->asked = std::move(**decoded_turn);
    auto names = tool_names::of(*now->asked);
    if (!names) co_return to_answer(from, refused(names.error().message), now->asked->stream);
    now->names = *std::move(names);
    if (now->route.what == operation::count) co_return answer_with(now->as.count(estimate_tokens(*now->asked)));
    now->model = model_to_ask(now->server, now->asked->model, launched);
    now->target = chat_target(*now->server.server.kind, now->server.api());
    now->headers = {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}};
    now->context = {.model = now->asked->model,
                    .id = fmt::format("{:x}{:x}", std::chrono::system_clock::now().time_since_epoch().count(), turns_),
                    .created = static_cast<std::uint64_t>(std::time(nullptr)),
                    .input_estimate = estimate_tokens(*now->asked),
                    .names = &*now->names,
                    .maker = maker};
    for (const message& said : now->asked->messages)
        for (const part& one : said.parts)
            if (const auto* const call = std::get_if<call_part>(&one)) now->used_calls.insert(call->id);
    const std::string origin = now->server.root.origin();
    for (bool first = true;; first = false) {
        chat_server to = chat_server_of(now->server, now->model, now->context.maker);
        to.usage_in_stream = !without_usage_.contains(origin);
        now->window = to.context;
        const auto write = [now, to] { return write_chat_request(*now->asked, to); };
        encoded made;
        if (large)
            made = co_await workers_.run(write);
        else
            made = write();
        now->sent = std::move(made.body);
        if (first) tell_losses(now->server.server.name, made.losses);
        now->ask();
        const auto patience = now->asked->stream ? steady_clock::now() + limits_.head_time : never;
        const bool came = co_await now->wait_for_head(patience);
        if (!came) break;
        auto why = co_await now->fault_of_head();
        if (!why) break;
        const bool too_strict = why->message.find("stream_options") != why->message.npos;
        if (!first || !too_strict) co_return to_answer(now->as.fault_of(*why, now->asked->stream, now->context));
        without_usage_.insert(origin);
        now->head.reset();
    }
    if (now->asked->stream) co_return stream_of(now);
    wire::answer whole = co_await exchange::document(now);
    co_return whole;
}

wire::answer bridge::stream_of(const std::shared_ptr<exchange>& now) const {
    now->writer = now->as.make_writer(now->context);
    wire::answer out{.content_type = "text/event-stream", .cache_control = "no-cache"};
    out.stream = std::make_shared<wire::body_stream>(
        wire::body_stream{.produce = [now](wire::body_sink& to) { return exchange::translate(now, to); },
                          .heartbeat = [now] { return now->writer->heartbeat(); },
                          .silence = limits_.silence});
    return out;
}

}  // namespace opd::bridge
