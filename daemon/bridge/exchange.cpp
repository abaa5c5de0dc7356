#include "daemon/bridge/exchange.hpp"

#include "config/base/utf8.hpp"
#include "daemon/bridge/faults.hpp"
#include "daemon/bridge/upstream.hpp"
#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/chat_stream.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace opd::bridge {
namespace {

constexpr std::size_t most_of_error = std::size_t{64} * 1024;
constexpr std::chrono::seconds error_time{10};
constexpr std::chrono::milliseconds last_read_time{50};
constexpr int most_last_reads = 4;
/// So much is handled before others have their turn.
constexpr std::size_t bytes_at_once = std::size_t{64} * 1024;

decoded<turn> read_messages(std::string& body, const bridge_route&, std::string_view maker) {
    return read_anthropic_request(body, maker);
}

decoded<turn> read_responses(std::string& body, const bridge_route&, std::string_view maker) {
    return read_responses_request(body, maker);
}

decoded<turn> read_contents(std::string& body, const bridge_route& route, std::string_view maker) {
    return read_gemini_request(body, route.model, route.stream, maker);
}

constexpr std::array<protocol, 3> protocols{{{.from = surface::anthropic,
                                              .name = "Anthropic",
                                              .read = read_messages,
                                              .make_writer = make_anthropic_writer,
                                              .document = write_anthropic_document,
                                              .fault_of = write_anthropic_fault,
                                              .models = write_anthropic_models,
                                              .count = write_anthropic_token_count},
                                             {.from = surface::openai,
                                              .name = "Responses",
                                              .read = read_responses,
                                              .make_writer = make_responses_writer,
                                              .document = write_responses_document,
                                              .fault_of = write_responses_fault,
                                              .models = write_openai_models,
                                              .count = nullptr},
                                             {.from = surface::gemini,
                                              .name = "Gemini",
                                              .read = read_contents,
                                              .make_writer = make_gemini_writer,
                                              .document = write_gemini_document,
                                              .fault_of = write_gemini_fault,
                                              .models = write_gemini_models,
                                              .count = write_gemini_token_count}}};

fault stopping(const state::server_state& state) {
    return {
        .what = fault::kind::cut,
        .message = fmt::format("operatord stops, and with it the answer of model server {}; ask again when it is back",
                               in_quotes(state.server.name))};
}

std::int64_t milliseconds(steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

const protocol& protocol_of(surface from) { return protocols.at(static_cast<std::size_t>(from)); }

wire::answer to_answer(http_fault why) {
    wire::answer out{.status = why.status,
                     .body = wire::make_document(std::move(why.body)),
                     .content_type = std::string(why.content_type)};
    for (auto& [name, value] : why.headers) out.headers.emplace_back(name, std::move(value));
    return out;
}

wire::answer to_answer(surface from, const fault& why, bool stream) {
    return to_answer(protocol_of(from).fault_of(why, stream, {.id = "none"}));
}

std::shared_ptr<exchange> exchange::begin(bridge& of, const bridge_route& route, state::server_entry_ptr entry) {
    struct waiting {
        explicit waiting(std::shared_ptr<exchange> made) : what(std::move(made)) {}
        waiting(const waiting&) = delete;
        waiting& operator=(const waiting&) = delete;
        ~waiting() { what->leave(); }

        std::shared_ptr<exchange> what;
    };
    const auto who = std::make_shared<waiting>(std::make_shared<exchange>(of, route, std::move(entry)));
    return {who, who->what.get()};
}

exchange::exchange(bridge& of, const bridge_route& to, state::server_entry_ptr entry)
    : home(of), route(to), server(entry->state), as(protocol_of(to.from)) {
    ++home.turns_;
    running_ = home.running_.insert(
        home.running_.end(),
        {.server = server.server.name, .model = {}, .from = route.from, .begun = steady_clock::now()});
}

exchange::~exchange() {
    const auto count = [](const std::optional<std::uint64_t>& tokens) {
        return tokens ? fmt::to_string(*tokens) : "?";
    };
    const std::string first = first_ ? fmt::format("{} ms", milliseconds(*first_ - running_->begun)) : "none";
    home.log_.info("{}: a turn of {} with {}: {}; {} tokens in, {} out, first word after {}, {} ms in all",
                   server.server.name, as.name, model.empty() ? "no model" : model, outcome_, count(usage_.input),
                   count(usage_.output), first, milliseconds(steady_clock::now() - running_->begun));
    home.running_.erase(running_);
}

void exchange::ask() {
    running_->model = model;
    std::erase_if(home.open_, [](const auto& one) { return one.expired(); });
    home.open_.push_back(weak_from_this());
    home.asking_.spawn(ask_now(shared_from_this()));
}

asio::awaitable<void> exchange::ask_now(std::shared_ptr<exchange> self) {
    http_request request{.target = self->target, .auth = credential_of(*self->server.server.kind), .method = "POST"};
    request.body = self->sent;
    for (const auto& [name, value] : self->headers) request.headers.emplace_back(name, value);
    const auto executor = co_await asio::this_coro::executor;
    auto cancellable = asio::bind_cancellation_slot(self->cancel_.slot(), asio::use_awaitable);
    auto told = co_await asio::co_spawn(executor, self->connection->open_answer(request), cancellable);
    self->head.emplace(std::move(told));
    self->came_.notify_all();
}

asio::awaitable<bool> exchange::wait_for_head(steady_clock::time_point deadline) {
    while (!head) {
        const bool came = co_await came_.wait_until(deadline);
        if (!came && steady_clock::now() >= deadline) break;
    }
    co_return head.has_value();
}

void exchange::leave() {
    if (!head) cancel_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<std::optional<fault>> exchange::fault_of_head() {
    if (!*head) {
        outcome_ = "no answer";
        co_return fault_of(server, head->error(), key_env, pieces);
    }
    const http_head& told = **head;
    if (told.status / 100 == 2) co_return fault_of_encoding(server, told);
    const std::string text = co_await error_text();
    co_return fault_of(server, told, text, pieces);
}

asio::awaitable<std::string> exchange::error_text() {
    outcome_ = fmt::format("answered {}", (*head)->status);
    std::string text;
    const auto deadline = steady_clock::now() + error_time;
    while (text.size() < most_of_error) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
        const auto got = co_await read_in(left);
        if (!got || *got == 0) break;
        text.append(buffer_.data(), *got);
    }
    co_return text;
}

/// The next bytes of the answer, into the buffer; none (0) when the time is over.
asio::awaitable<result<std::size_t, failure>> exchange::read_in(std::chrono::milliseconds time) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    auto first = co_await (connection->read_some(buffer_) || timer.async_wait(await));
    if (first.index() == 1) co_return std::size_t{0};
    co_return std::get<0>(std::move(first));
}

void exchange::note(const delta& one) {
    if (const auto* const told = std::get_if<usage>(&one)) usage_ = *told;
    if (const auto* const why = std::get_if<fault>(&one)) outcome_ = fmt::format("failed: {}", why->message);
    if (std::holds_alternative<delta_of::stop>(one)) outcome_ = "done";
    const bool word = std::holds_alternative<delta_of::words>(one) || std::holds_alternative<delta_of::thought>(one) ||
                      std::holds_alternative<delta_of::call_open>(one);
    if (word && !first_) first_ = steady_clock::now();
}

/// Passes on what has come at once, in one part; without a sink it is kept.
asio::awaitable<void> exchange::tell(deltas all, wire::body_sink* to) {
    std::string out;
    for (delta& one : all) {
        auto* const why = std::get_if<fault>(&one);
        if (why != nullptr && why->message.find(server.server.name) == std::string::npos)
            *why = told_by(server, std::move(*why), pieces);
        note(one);
        if (to == nullptr) {
            kept_.push_back(std::move(one));
            continue;
        }
        if (why != nullptr && !out.empty()) {
            co_await to->write(out);
            out.clear();
        }
        writer->write(one, out);
    }
    if (!out.empty()) co_await to->write(out);
}

/// It has been sent, and an answer may take long. A string that is made empty would keep its memory.
void exchange::forget_request() {
    asked.reset();
    for (std::string* one : {&sent, &body}) std::string().swap(*one);
    home.quiet_.expire_at(steady_clock::now() + home.limits_.quiet);
}

asio::awaitable<bool> exchange::translate(std::shared_ptr<exchange> self, wire::body_sink& to) {
    co_await self->wait_for_head(steady_clock::time_point::max());
    self->forget_request();
    auto failed = co_await self->fault_of_head();
    if (!failed) {
        const bool ended = co_await self->read_answer(&to);
        co_return ended;
    }
    deltas all;
    all.emplace_back(std::move(*failed));
    co_await self->tell(std::move(all), &to);
    co_return true;
}

asio::awaitable<wire::answer> exchange::document(std::shared_ptr<exchange> self) {
    self->forget_request();
    const bool ended = co_await self->read_answer(nullptr);
    const fault none = stopping(self->server);
    const fault* const why = ended ? std::get_if<fault>(&self->kept_.back()) : &none;
    if (why != nullptr) co_return to_answer(self->as.fault_of(*why, false, self->context));
    wire::answer out{.body = wire::make_document(self->as.document(self->kept_, self->context))};
    co_return out;
}

/// False: the daemon stops, or the agent has left.
asio::awaitable<bool> exchange::read_answer(wire::body_sink* to) {
    chat_reader reader(context.id, window, std::move(used_calls));
    std::size_t handled = 0;
    while (!reader.ended()) {
        result<std::size_t, failure> got = std::size_t{0};
        if (reader.stopping())
            got = co_await read_in(home.limits_.usage_time);
        else
            got = co_await connection->read_some(buffer_);
        deltas all;
        const bool stops = home.out_of_time_.passed();
        if (!got && got.error().why == failure::reason::cancelled && !stops) co_return false;
        if (!got) {
            if (reader.stopping())
                reader.end(all);
            else if (stops)
                all.emplace_back(stopping(server));
            else
                all.emplace_back(fault_of(server, got.error(), key_env, pieces));
            co_await tell(std::move(all), to);
            break;
        }
        if (*got == 0)
            reader.end(all);
        else
            reader.take({buffer_.data(), *got}, all);
        co_await tell(std::move(all), to);
        handled += *got;
        if (handled < bytes_at_once) continue;
        handled = 0;
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
    }
    // What ends the body on the wire mostly comes along with the last event: then the connection serves the next turn.
    for (int reads = 0; reads != most_last_reads; ++reads) {
        const auto got = co_await read_in(last_read_time);
        if (!got || *got == 0) break;
    }
    co_return true;
}

asio::awaitable<bool> exchange::pass_on(std::shared_ptr<exchange> self, wire::body_sink& to) {
    self->forget_request();
    for (;;) {
        const auto got = co_await self->connection->read_some(self->buffer_);
        if (!got) {
            if (got.error().why != failure::reason::cancelled) self->outcome_ = "broke off";
            co_return false;
        }
        if (*got == 0) break;
        if (!self->first_) self->first_ = steady_clock::now();
        const std::string_view bytes(self->buffer_.data(), *got);
        co_await to.write(bytes);
    }
    self->outcome_ = "passed on";
    co_return true;
}

}  // namespace opd::bridge
