#include "daemon/bridge/wire/answer.hpp"
#include "daemon/bridge/wire/carrier.hpp"
#include "daemon/bridge/wire/fold.hpp"
#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

std::string_view reason_of(stop_reason why) {
    switch (why) {
        case stop_reason::done: return "end_turn";
        case stop_reason::calls: return "tool_use";
        case stop_reason::length: return "max_tokens";
        case stop_reason::context_full: return "model_context_window_exceeded";
        case stop_reason::filtered: return "refusal";
        case stop_reason::stop_string: return "stop_sequence";
    }
    return "end_turn";
}

/// Cached tokens are no part of input_tokens here.
void write_usage(json_text& to, const usage& told, std::uint64_t input_estimate, std::uint64_t output_estimate) {
    const std::uint64_t read = told.cached_read.value_or(0), written = told.cached_write.value_or(0);
    const std::uint64_t input = told.input.value_or(input_estimate);
    to.key("usage").open('{');
    to.key("input_tokens").number(input - std::min(read + written, input));
    to.key("cache_creation_input_tokens").number(written).key("cache_read_input_tokens").number(read);
    to.key("output_tokens").number(told.output.value_or(output_estimate)).close('}');
}

void write_stop(json_text& to, const delta_of::stop& stop) {
    to.member("stop_reason", reason_of(stop.why)).key("stop_sequence");
    if (stop.stop_string.empty())
        to.null();
    else
        to.text(stop.stop_string);
}

void write_error(json_text& to, std::string_view type, std::string_view message) {
    to.open('{').member("type", "error").key("error").open('{').member("type", type).member("message", message);
    to.close('}').close('}');
}

/// claude knows these words, and makes its conversation shorter. Numbers that are not told have to be made up.
std::string words_of(const fault& why, std::uint64_t input_estimate) {
    if (why.what != fault::kind::too_long) return why.message;
    const std::uint64_t asked = why.tokens != 0 ? why.tokens : input_estimate;
    const std::uint64_t tokens = std::max(asked, why.most_tokens + 1);
    const std::uint64_t most = why.most_tokens != 0 ? why.most_tokens : tokens - 1;
    return fmt::format("prompt is too long: {} tokens > {} maximum", tokens, most);
}

class writer final : public answer_writer {
public:
    explicit writer(answer_context context) : context_(std::move(context)) {}

    void write(const delta& one, std::string& out) override {
        out_ = &out;
        std::visit(*this, one);
    }

    std::string heartbeat() override { return "event: ping\ndata: {\"type\":\"ping\"}\n\n"; }

    void operator()(const delta_of::start&) { begin(); }

    void operator()(const delta_of::thought& one) {
        open_thought();
        write_delta("thinking_delta", "thinking", one.text);
    }

    void operator()(const delta_of::thought_state& one) {
        open_thought();
        write_delta("signature_delta", "signature", seal(context_.maker, {.kind = one.kind, .state = one.state}));
        close_block();
    }

    void operator()(const delta_of::words& one) {
        if (open_ != block::words) {
            json_text to = open_block(block::words);
            to.member("type", "text").member("text", "");
            end_event(to.close('}').close('}'));
        }
        write_delta("text_delta", "text", one.text);
    }

    void operator()(const delta_of::call_open& one) {
        json_text to = open_block(block::call);
        to.member("type", "tool_use").member("id", one.id).member("name", original_of(context_, one.name).name);
        end_event(to.key("input").open('{').close('}').close('}').close('}'));
    }

    void operator()(const delta_of::call_arguments& one) { write_delta("input_json_delta", "partial_json", one.text); }
    void operator()(const delta_of::call_close&) { close_block(); }
    void operator()(const usage& one) { merge(one, usage_); }

    void operator()(const delta_of::stop& one) {
        begin();
        close_block();
        json_text to = event("message_delta");
        to.key("delta").open('{');
        write_stop(to, one);
        to.close('}');
        write_usage(to, usage_, context_.input_estimate, said_ / 4);
        end_event(to.close('}'));
        end_event(event("message_stop").close('}'));
    }

    /// Of any other type claude asks again, and loses the text.
    void operator()(const fault& why) {
        *out_ += "event: error\ndata: ";
        json_text to(*out_);
        write_error(to, "invalid_request_error", words_of(why, context_.input_estimate));
        end_event(to);
    }

private:
    enum class block : std::uint8_t { none, thought, words, call };

    json_text event(std::string_view type) {
        fmt::format_to(std::back_inserter(*out_), "event: {}\ndata: ", type);
        json_text to(*out_);
        to.open('{').member("type", type);
        return to;
    }

    void end_event(const json_text&) { *out_ += "\n\n"; }

    void begin() {
        if (std::exchange(begun_, true)) return;
        json_text to = event("message_start");
        to.key("message").open('{').member("id", "msg_" + context_.id).member("type", "message");
        to.member("role", "assistant").member("model", context_.model).key("content").open('[').close(']');
        to.key("stop_reason").null().key("stop_sequence").null();
        write_usage(to, {}, context_.input_estimate, 0);
        end_event(to.close('}').close('}'));
    }

    json_text open_block(block kind) {
        begin();
        close_block();
        open_ = kind;
        json_text to = event("content_block_start");
        to.key("index").number(index_).key("content_block").open('{');
        return to;
    }

    void open_thought() {
        if (open_ == block::thought) return;
        json_text to = open_block(block::thought);
        to.member("type", "thinking").member("thinking", "").member("signature", "");
        end_event(to.close('}').close('}'));
    }

    void close_block() {
        if (std::exchange(open_, block::none) == block::none) return;
        end_event(event("content_block_stop").key("index").number(index_++).close('}'));
    }

    void write_delta(std::string_view type, std::string_view name, std::string_view text) {
        said_ += text.size();
        json_text to = event("content_block_delta");
        to.key("index").number(index_).key("delta").open('{').member("type", type).member(name, text);
        end_event(to.close('}').close('}'));
    }

    answer_context context_;
    std::string* out_ = nullptr;
    usage usage_;
    std::uint64_t index_ = 0, said_ = 0;
    block open_ = block::none;
    bool begun_ = false;
};

void write_item(json_text& to, const folded_thought& one, const answer_context& context) {
    const std::string sealed =
        one.kind.empty() ? std::string() : seal(context.maker, {.kind = one.kind, .state = one.state});
    to.open('{').member("type", "thinking").member("thinking", one.text).member("signature", sealed).close('}');
}

void write_item(json_text& to, const folded_words& one, const answer_context&) {
    to.open('{').member("type", "text").member("text", one.text).close('}');
}

void write_item(json_text& to, const folded_call& one, const answer_context& context) {
    to.open('{').member("type", "tool_use").member("id", one.id).member("name", original_of(context, one.name).name);
    to.key("input").raw(one.arguments).close('}');
}

}  // namespace

std::unique_ptr<answer_writer> make_anthropic_writer(answer_context context) {
    return std::make_unique<writer>(std::move(context));
}

std::string write_anthropic_document(std::span<const delta> all, const answer_context& context) {
    const folded answer = fold(all);
    std::string out;
    json_text to(out);
    to.open('{').member("id", "msg_" + context.id).member("type", "message").member("role", "assistant");
    to.member("model", context.model).key("content").open('[');
    for (const auto& item : answer.items) std::visit([&](const auto& one) { write_item(to, one, context); }, item);
    to.close(']');
    write_stop(to, answer.stop);
    write_usage(to, answer.usage, context.input_estimate, 0);
    to.close('}');
    return out;
}

/// What claude shows at once is a 409; of a 400 it takes five more tries, of a 5xx a minute of them.
http_fault write_anthropic_fault(const fault& why, bool, const answer_context& context) {
    using kind = fault::kind;
    http_fault out{.status = 409, .headers = {{"x-should-retry", "false"}}};
    std::string_view type = "invalid_request_error";
    if (why.what == kind::unauthorized) {
        out.status = 401;
        type = "authentication_error";
    } else if (why.what == kind::too_long) {
        out.status = 400;
    } else if (why.what == kind::later && why.retry_after && why.retry_after->count() <= 60) {
        out = {.status = 429,
               .headers = {{"retry-after", fmt::to_string(why.retry_after->count())}, {"x-should-retry", "true"}}};
        type = "rate_limit_error";
    } else if (why.what == kind::broken || why.what == kind::cut) {
        out.status = 502;
        type = "api_error";
    }
    json_text to(out.body);
    write_error(to, type, words_of(why, context.input_estimate));
    return out;
}

std::string write_anthropic_models(std::span<const listed> models) {
    std::string out;
    json_text to(out);
    to.open('{').key("data").open('[');
    for (const listed& one : models) {
        to.open('{')
            .member("type", "model")
            .member("id", one.id)
            .member("display_name", one.name.empty() ? one.id : one.name);
        to.member("created_at", "1970-01-01T00:00:00Z").close('}');
    }
    to.close(']').key("has_more").flag(false);
    for (const auto& [name, place] : {std::pair("first_id", models.begin()), std::pair("last_id", models.end())}) {
        to.key(name);
        if (models.empty())
            to.null();
        else
            to.text(place == models.end() ? models.back().id : models.front().id);
    }
    to.close('}');
    return out;
}

std::string write_anthropic_token_count(std::uint64_t tokens) { return fmt::format("{{\"input_tokens\":{}}}", tokens); }

}  // namespace opd::bridge
