#include "daemon/bridge/wire/answer.hpp"
#include "daemon/bridge/wire/carrier.hpp"
#include "daemon/bridge/wire/fold.hpp"
#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <optional>

namespace opd::bridge {
namespace {

void write_part(json_text& to, std::string_view type, std::string_view text) {
    to.open('{').member("type", type).member("text", text);
    if (type == "output_text") to.key("annotations").open('[').close(']');
    to.close('}');
}

std::string id_of(std::string_view prefix, const answer_context& context, std::size_t number) {
    return fmt::format("{}_{}_{}", prefix, context.id, number);
}

/// An item as it stands in `output_item.done` and in the whole answer; `begun`: as in `output_item.added`.
void write_item(json_text& to, const folded_thought& one, const answer_context& context, std::size_t number,
                bool begun) {
    to.open('{').member("id", id_of("rs", context, number)).member("type", "reasoning").key("summary").open('[');
    if (!begun && !one.text.empty()) write_part(to, "summary_text", one.text);
    to.close(']');
    if (!begun && !one.kind.empty())
        to.member("encrypted_content", seal(context.maker, {.kind = one.kind, .state = one.state}));
    to.close('}');
}

void write_item(json_text& to, const folded_words& one, const answer_context& context, std::size_t number, bool begun) {
    to.open('{').member("id", id_of("msg", context, number)).member("type", "message");
    to.member("status", begun ? "in_progress" : "completed").member("role", "assistant").key("content").open('[');
    if (!begun) write_part(to, "output_text", one.text);
    to.close(']').close('}');
}

void write_item(json_text& to, const folded_call& one, const answer_context& context, std::size_t number, bool begun) {
    const tool_names::original tool = original_of(context, one.name);
    to.open('{').member("id", id_of("fc", context, number));
    to.member("type", tool.custom ? "custom_tool_call" : "function_call");
    to.member("status", begun ? "in_progress" : "completed").member("call_id", one.id).member("name", tool.name);
    if (!tool.space.empty()) to.member("namespace", tool.space);
    const std::string whole = tool.custom ? custom_input(one.arguments) : one.arguments;
    to.member(tool.custom ? "input" : "arguments", begun ? std::string() : whole).close('}');
}

void write_usage(json_text& to, const usage& told, std::uint64_t input_estimate) {
    const std::uint64_t input = told.input.value_or(input_estimate), output = told.output.value_or(0);
    to.key("usage").open('{').key("input_tokens").number(input).key("input_tokens_details").open('{');
    to.key("cached_tokens").number(told.cached_read.value_or(0)).close('}');
    to.key("output_tokens").number(output).key("output_tokens_details").open('{');
    to.key("reasoning_tokens").number(told.reasoning.value_or(0)).close('}');
    to.key("total_tokens").number(input + output).close('}');
}

std::string_view code_of(fault::kind what) {
    switch (what) {
        case fault::kind::too_long: return "context_length_exceeded";
        case fault::kind::later: return "rate_limit_exceeded";
        default: return "invalid_prompt";  // the only other one that codex does not ask again for
    }
}

std::string words_of(const fault& why) {
    if (why.what != fault::kind::later || !why.retry_after) return why.message;
    // The words by which codex knows how long to wait.
    return fmt::format("{}; try again in {} s", why.message, why.retry_after->count());
}

/// The response without an end, with one, or with why there is none.
struct standing {
    std::string_view status;
    const folded* answer = nullptr;
    const fault* why = nullptr;
};

void write_response(json_text& to, const answer_context& context, const standing& now) {
    to.open('{')
        .member("id", "resp_" + context.id)
        .member("object", "response")
        .key("created_at")
        .number(context.created);
    to.member("status", now.status).member("model", context.model).key("error");
    if (now.why == nullptr)
        to.null();
    else
        to.open('{').member("code", code_of(now.why->what)).member("message", words_of(*now.why)).close('}');
    to.key("incomplete_details");
    if (now.status == "incomplete")
        to.open('{')
            .member("reason", now.answer->stop.why == stop_reason::filtered ? "content_filter" : "max_output_tokens")
            .close('}');
    else
        to.null();
    to.key("output").open('[');
    std::size_t number = 0;
    if (now.answer != nullptr)
        for (const auto& item : now.answer->items)
            std::visit([&](const auto& one) { write_item(to, one, context, number++, false); }, item);
    to.close(']');
    if (now.answer != nullptr) write_usage(to, now.answer->usage, context.input_estimate);
    to.close('}');
}

std::string_view status_of(stop_reason why) {
    const bool whole = why == stop_reason::done || why == stop_reason::calls || why == stop_reason::stop_string;
    return whole ? "completed" : "incomplete";
}

class writer final : public answer_writer {
public:
    explicit writer(answer_context context) : context_(std::move(context)) {}

    void write(const delta& one, std::string& out) override {
        out_ = &out;
        if (std::holds_alternative<usage>(one)) return fold(one, answer_);
        if (const auto* const why = std::get_if<fault>(&one)) return fail(*why);
        if (const auto* const stop = std::get_if<delta_of::stop>(&one)) return end(*stop);
        begin();
        const std::size_t before = answer_.items.size();
        fold(one, answer_);
        if (answer_.items.size() != before) {
            close_item(before);
            open_item();
        }
        std::visit([this](const auto& what) { tell(what); }, one);
    }

    /// codex counts events alone as signs of life.
    std::string heartbeat() override {
        std::string text;
        out_ = &text;
        if (!begun_)
            begin();
        else
            write_state("response.in_progress", {.status = "in_progress"});
        return text;
    }

private:
    json_text event(std::string_view type) {
        fmt::format_to(std::back_inserter(*out_), "event: {}\ndata: ", type);
        json_text to(*out_);
        to.open('{').member("type", type).key("sequence_number").number(sequence_++);
        return to;
    }

    void end_event(json_text& to) {
        to.close('}');
        *out_ += "\n\n";
    }

    void write_state(std::string_view type, const standing& now) {
        json_text to = event(type);
        write_response(to.key("response"), context_, now);
        end_event(to);
    }

    void begin() {
        if (std::exchange(begun_, true)) return;
        write_state("response.created", {.status = "in_progress"});
        write_state("response.in_progress", {.status = "in_progress"});
    }

    bool is_custom(const folded_call& one) const { return original_of(context_, one.name).custom; }

    std::size_t current() const { return answer_.items.size() - 1; }

    /// An event about the item, or about the only part that it has.
    json_text of_item(std::string_view type, std::string_view id, std::string_view part_index = {}) {
        json_text to = event(type);
        to.member("item_id", id_of(id, context_, current())).key("output_index").number(current());
        if (!part_index.empty()) to.key(part_index).number(0);
        return to;
    }

    void open_item() {
        json_text to = event("response.output_item.added");
        to.key("output_index").number(current()).key("item");
        std::visit([&](const auto& one) { write_item(to, one, context_, current(), true); }, answer_.items.back());
        end_event(to);
        open_ = true;
        if (std::holds_alternative<folded_thought>(answer_.items.back()))
            write_whole_part("response.reasoning_summary_part.added", "rs", "summary_index", "summary_text", {});
        if (std::holds_alternative<folded_words>(answer_.items.back()))
            write_whole_part("response.content_part.added", "msg", "content_index", "output_text", {});
    }

    void write_whole_part(std::string_view type, std::string_view id, std::string_view index, std::string_view part,
                          std::string_view text) {
        json_text to = of_item(type, id, index);
        write_part(to.key("part"), part, text);
        end_event(to);
    }

    void write_text(std::string_view type, std::string_view id, std::string_view index, std::string_view name,
                    std::string_view text) {
        json_text to = of_item(type, id, index);
        to.member(name, text);
        end_event(to);
    }

    void close(const folded_thought& one) {
        write_text("response.reasoning_summary_text.done", "rs", "summary_index", "text", one.text);
        write_whole_part("response.reasoning_summary_part.done", "rs", "summary_index", "summary_text", one.text);
    }

    void close(const folded_words& one) {
        write_text("response.output_text.done", "msg", "content_index", "text", one.text);
        write_whole_part("response.content_part.done", "msg", "content_index", "output_text", one.text);
    }

    void close(const folded_call& one) {
        if (!is_custom(one))
            return write_text("response.function_call_arguments.done", "fc", {}, "arguments", one.arguments);
        const std::string input = custom_input(one.arguments);
        write_text("response.custom_tool_call_input.delta", "fc", {}, "delta", input);
        write_text("response.custom_tool_call_input.done", "fc", {}, "input", input);
    }

    /// Ends the last of the first `count` items.
    void close_item(std::size_t count) {
        if (!std::exchange(open_, false)) return;
        std::optional<decltype(answer_.items)::value_type> next;
        if (answer_.items.size() > count) {
            next = std::move(answer_.items.back());
            answer_.items.pop_back();
        }
        std::visit([this](const auto& one) { close(one); }, answer_.items.back());
        json_text to = event("response.output_item.done");
        to.key("output_index").number(current()).key("item");
        std::visit([&](const auto& one) { write_item(to, one, context_, current(), false); }, answer_.items.back());
        end_event(to);
        if (next) answer_.items.push_back(*std::move(next));
    }

    void tell(const delta_of::thought& one) {
        write_text("response.reasoning_summary_text.delta", "rs", "summary_index", "delta", one.text);
    }

    void tell(const delta_of::words& one) {
        write_text("response.output_text.delta", "msg", "content_index", "delta", one.text);
    }

    /// The text of a custom tool stands within an object, which can be read when it is whole.
    void tell(const delta_of::call_arguments& one) {
        if (!is_custom(std::get<folded_call>(answer_.items.back())))
            write_text("response.function_call_arguments.delta", "fc", {}, "delta", one.text);
    }

    template <class Other>
    void tell(const Other&) {}

    void end(const delta_of::stop& stop) {
        begin();
        close_item(answer_.items.size());
        answer_.stop = stop;
        if (stop.why == stop_reason::context_full)
            return fail({.what = fault::kind::too_long, .message = "the model's context is full"});
        const std::string_view status = status_of(stop.why);
        write_state(fmt::format("response.{}", status), {.status = status, .answer = &answer_});
    }

    /// Of an `error` event codex shows nothing.
    void fail(const fault& why) {
        begin();
        write_state("response.failed", {.status = "failed", .why = &why});
    }

    answer_context context_;
    std::string* out_ = nullptr;
    folded answer_;
    std::uint64_t sequence_ = 0;
    bool begun_ = false, open_ = false;
};

}  // namespace

std::unique_ptr<answer_writer> make_responses_writer(answer_context context) {
    return std::make_unique<writer>(std::move(context));
}

std::string write_responses_document(std::span<const delta> all, const answer_context& context) {
    const folded answer = fold(all);
    std::string out;
    json_text to(out);
    write_response(to, context, {.status = status_of(answer.stop.why), .answer = &answer});
    return out;
}

/// codex repeats what another status than 200 says with the body around it, and of a 429 nothing.
http_fault write_responses_fault(const fault& why, bool stream, const answer_context& context) {
    http_fault out{.status = 200};
    if (stream) {
        out.content_type = "text/event-stream";
        make_responses_writer(context)->write(why, out.body);
        return out;
    }
    using kind = fault::kind;
    out.status = why.what == kind::unauthorized ? 401U : why.what == kind::later ? 429U : 400U;
    if (why.retry_after) out.headers.emplace_back("retry-after", fmt::to_string(why.retry_after->count()));
    json_text to(out.body);
    to.open('{').key("error").open('{').member("message", words_of(why)).member("type", "invalid_request_error");
    to.key("param").null().member("code", code_of(why.what)).close('}').close('}');
    return out;
}

std::string write_openai_models(std::span<const listed> models) {
    std::string out;
    json_text to(out);
    to.open('{').member("object", "list").key("data").open('[');
    for (const listed& one : models) {
        to.open('{')
            .member("id", one.id)
            .member("object", "model")
            .key("created")
            .number(0)
            .member("owned_by", "operatord");
        to.close('}');
    }
    to.close(']').close('}');
    return out;
}

}  // namespace opd::bridge
