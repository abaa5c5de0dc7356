#include "daemon/bridge/wire/answer.hpp"
#include "daemon/bridge/wire/carrier.hpp"
#include "daemon/bridge/wire/fold.hpp"
#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

/// What travels with a call; longer reasoning is not given back.
constexpr std::size_t most_carried = std::size_t{64} * 1024;

std::string_view reason_of(stop_reason why) {
    switch (why) {
        case stop_reason::length:
        case stop_reason::context_full: return "MAX_TOKENS";
        case stop_reason::filtered: return "SAFETY";
        default: return "STOP";
    }
}

void write_usage(json_text& to, const usage& told, std::uint64_t input_estimate) {
    const std::uint64_t input = told.input.value_or(input_estimate), output = told.output.value_or(0);
    const std::uint64_t thoughts = std::min(told.reasoning.value_or(0), output);
    to.key("usageMetadata").open('{').key("promptTokenCount").number(input);
    if (told.cached_read) to.key("cachedContentTokenCount").number(*told.cached_read);
    to.key("candidatesTokenCount").number(output - thoughts);
    if (thoughts != 0) to.key("thoughtsTokenCount").number(thoughts);
    to.key("totalTokenCount").number(input + output).close('}');
}

void write_call(json_text& to, const folded_call& call, const std::string& signature, const answer_context& context) {
    to.open('{').key("functionCall").open('{').member("id", call.id);
    to.member("name", original_of(context, call.name).name).key("args").raw(in_one_line(call.arguments)).close('}');
    if (!signature.empty()) to.member("thoughtSignature", signature);
    to.close('}');
}

void write_text(json_text& to, std::string_view text, bool thought) {
    to.open('{').member("text", text);
    if (thought) to.key("thought").flag(true);
    to.close('}');
}

/// Thoughts are not sent back: what their maker must see of them again goes with the call that follows.
class carried_thought {
public:
    void say(std::string_view text) {
        if (!thought_.kind.empty()) thought_ = {};
        if (thought_.text.size() <= most_carried) thought_.text += text;
    }

    void end(const std::string& kind, const std::string& state) {
        thought_.kind = kind;
        thought_.state = state;
    }

    /// The signature of the call.
    std::string take(const answer_context& context) {
        const folded_thought last = std::exchange(thought_, {});
        const std::string& state = last.kind == "details" ? last.state : last.text;
        if (last.kind.empty() || state.size() > most_carried) return {};
        return seal(context.maker, {.kind = last.kind, .state = state});
    }

private:
    folded_thought thought_;
};

void write_error(json_text& to, const fault& why) {
    const bool later = why.what == fault::kind::later && why.retry_after;
    const bool key = why.what == fault::kind::unauthorized;
    to.open('{')
        .key("error")
        .open('{')
        .key("code")
        .number(later ? 429
                : key ? 401
                      : 400)
        .member("message", why.message);
    to.member("status", later ? "RESOURCE_EXHAUSTED" : key ? "UNAUTHENTICATED" : "INVALID_ARGUMENT");
    if (later) {
        to.key("details").open('[').open('{').member("@type", "type.googleapis.com/google.rpc.RetryInfo");
        to.member("retryDelay", fmt::format("{}s", why.retry_after->count())).close('}').close(']');
    }
    to.close('}').close('}');
}

class writer final : public answer_writer {
public:
    explicit writer(answer_context context) : context_(std::move(context)) {}

    void write(const delta& one, std::string& out) override {
        out_ = &out;
        std::visit(*this, one);
    }

    /// A comment would break its reader.
    std::string heartbeat() override {
        return "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[]},\"index\":0}]}\r\n\r\n";
    }

    void operator()(const delta_of::start&) {}

    void operator()(const delta_of::thought& one) {
        thought_.say(one.text);
        json_text to = begin();
        write_text(to, one.text, true);
        end(to);
    }

    void operator()(const delta_of::thought_state& one) { thought_.end(one.kind, one.state); }

    void operator()(const delta_of::words& one) {
        json_text to = begin();
        write_text(to, one.text, false);
        end(to);
    }

    void operator()(const delta_of::call_open& one) { call_ = {.id = one.id, .name = one.name}; }
    void operator()(const delta_of::call_arguments& one) { call_.arguments += one.text; }

    void operator()(const delta_of::call_close&) {
        json_text to = begin();
        write_call(to, call_, thought_.take(context_), context_);
        end(to);
    }

    void operator()(const usage& one) { merge(one, usage_); }

    void operator()(const delta_of::stop& one) {
        json_text to = begin();
        write_text(to, "", false);
        to.close(']')
            .close('}')
            .member("finishReason", reason_of(one.why))
            .key("index")
            .number(0)
            .close('}')
            .close(']');
        write_usage(to, usage_, context_.input_estimate);
        finish(to);
    }

    /// Within an event it would be lost, and asked for three more times.
    void operator()(const fault& why) {
        json_text to(*out_);
        write_error(to, why);
    }

private:
    json_text begin() {
        *out_ += "data: ";
        json_text to(*out_);
        to.open('{').key("candidates").open('[').open('{').key("content").open('{').member("role", "model");
        to.key("parts").open('[');
        return to;
    }

    void end(json_text& to) {
        to.close(']').close('}').key("index").number(0).close('}').close(']');
        finish(to);
    }

    void finish(json_text& to) {
        to.member("modelVersion", context_.model).member("responseId", context_.id).close('}');
        *out_ += "\r\n\r\n";
    }

    answer_context context_;
    std::string* out_ = nullptr;
    usage usage_;
    carried_thought thought_;
    folded_call call_;
};

}  // namespace

std::unique_ptr<answer_writer> make_gemini_writer(answer_context context) {
    return std::make_unique<writer>(std::move(context));
}

std::string write_gemini_document(std::span<const delta> all, const answer_context& context) {
    const folded answer = fold(all);
    carried_thought before;
    std::string out;
    json_text to(out);
    to.open('{')
        .key("candidates")
        .open('[')
        .open('{')
        .key("content")
        .open('{')
        .member("role", "model")
        .key("parts")
        .open('[');
    for (const auto& item : answer.items) {
        if (const auto* const thought = std::get_if<folded_thought>(&item)) {
            if (!thought->text.empty()) {
                write_text(to, thought->text, true);
                before.say(thought->text);
            }
            if (!thought->kind.empty()) before.end(thought->kind, thought->state);
        }
        if (const auto* const words = std::get_if<folded_words>(&item)) write_text(to, words->text, false);
        if (const auto* const call = std::get_if<folded_call>(&item))
            write_call(to, *call, before.take(context), context);
    }
    to.close(']')
        .close('}')
        .member("finishReason", reason_of(answer.stop.why))
        .key("index")
        .number(0)
        .close('}')
        .close(']');
    write_usage(to, answer.usage, context.input_estimate);
    to.member("modelVersion", context.model).member("responseId", context.id).close('}');
    return out;
}

http_fault write_gemini_fault(const fault& why, bool, const answer_context&) {
    const bool later = why.what == fault::kind::later && why.retry_after;
    http_fault out{.status = later ? 429U : why.what == fault::kind::unauthorized ? 401U : 400U};
    json_text to(out.body);
    write_error(to, why);
    return out;
}

std::string write_gemini_models(std::span<const listed> models) {
    std::string out;
    json_text to(out);
    to.open('{').key("models").open('[');
    for (const listed& one : models) {
        to.open('{')
            .member("name", fmt::format("models/{}", one.id))
            .member("displayName", one.name.empty() ? one.id : one.name);
        if (one.context != 0) to.key("inputTokenLimit").number(one.context);
        if (one.output_limit != 0) to.key("outputTokenLimit").number(one.output_limit);
        to.key("supportedGenerationMethods")
            .open('[')
            .text("generateContent")
            .text("countTokens")
            .close(']')
            .close('}');
    }
    to.close(']').close('}');
    return out;
}

std::string write_gemini_token_count(std::uint64_t tokens) { return fmt::format("{{\"totalTokens\":{}}}", tokens); }

}  // namespace opd::bridge
