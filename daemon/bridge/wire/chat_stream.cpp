#include "daemon/bridge/wire/chat_stream.hpp"

#include "daemon/bridge/wire/chat_calls.hpp"
#include "daemon/bridge/wire/json_view.hpp"
#include "daemon/bridge/wire/json_write.hpp"
#include "daemon/bridge/wire/think_tags.hpp"
#include "daemon/bridge/wire/upstream_fault.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace opd::bridge {
namespace {

constexpr std::size_t most_state = std::size_t{1} << 20U;
/// Of a whole answer, which some have to keep: more than any model says, and little enough for the memory.
constexpr std::size_t most_told = std::size_t{32} * 1024 * 1024;
constexpr std::size_t size_of_delta = 64;

std::size_t size_of(const delta& one) {
    const auto size = [](const auto& what) {
        if constexpr (requires { what.text; }) return what.text.size();
        return std::size_t{0};
    };
    return size_of_delta + std::visit(size, one);
}

void merge(std::optional<std::uint64_t>& into, json_view from) {
    if (const auto number = from.number()) into = number;
}

/// OpenRouter's pieces of reasoning, put together as they have to come back: text, or what only its maker can read.
class reasoning_details {
public:
    void take(json_view list) {
        list.elements([this](json_view one) {
            if (bytes_ > most_state) return;
            bytes_ += one.raw().size();
            const std::string type = one["type"].text();
            if (all_.empty() || all_.back().type != type || all_.back().index != one["index"].raw())
                all_.push_back({.type = type, .index = std::string(one["index"].raw())});
            detail& last = all_.back();
            last.text += one["text"].text();
            last.summary += one["summary"].text();
            last.data += one["data"].text();
            for (const auto& [name, into] : {std::pair("signature", &last.signature), std::pair("format", &last.format),
                                             std::pair("id", &last.id)})
                if (one[name].is_text() && !one[name].quoted().empty()) *into = one[name].text();
        });
    }

    bool empty() const { return all_.empty(); }

    std::string json() const {
        std::string out;
        json_text text(out);
        text.open('[');
        for (const detail& one : all_) {
            text.open('{').member("type", one.type);
            for (const auto& [name, value] :
                 {std::pair("text", &one.text), std::pair("summary", &one.summary), std::pair("data", &one.data),
                  std::pair("signature", &one.signature), std::pair("format", &one.format), std::pair("id", &one.id)})
                if (!value->empty()) text.member(name, *value);
            if (!one.index.empty()) text.key("index").raw(one.index);
            text.close('}');
        }
        text.close(']');
        return out;
    }

private:
    struct detail {
        std::string type, index, text, summary, data, signature, format, id;
    };

    std::vector<detail> all_;
    std::size_t bytes_ = 0;
};

}  // namespace

class chat_reader::state {
public:
    state(std::string seed, std::optional<std::uint64_t> context, std::set<std::string> used_calls)
        : calls_(std::move(seed), std::move(used_calls)), context_(context) {}

    void take(std::string_view bytes, deltas& out) {
        if (ended_) return;
        if (shape_ == shape::unknown) find_shape(bytes);
        if (shape_ == shape::document) return take_document_part(bytes, out);
        frames_.add(bytes);
        take_frames(out);
    }

    void end(deltas& out) {
        if (shape_ == shape::document) return take_document(out);
        frames_.end();
        take_frames(out);
        finish(out);
    }

    bool stopping() const { return why_.has_value(); }
    bool ended() const { return ended_; }

private:
    enum class shape : std::uint8_t { unknown, events, document };

    /// No event begins like a JSON value or a page. What stands before those, such as a byte order mark, is dropped.
    void find_shape(std::string_view& bytes) {
        const std::size_t first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
        if (first == bytes.npos) return;
        const bool is_document = std::string_view("{[<").find(bytes[first]) != std::string_view::npos;
        shape_ = is_document ? shape::document : shape::events;
        if (is_document) bytes.remove_prefix(first);
    }

    void take_document_part(std::string_view bytes, deltas& out) {
        document_ += bytes;
        if (document_.size() > most_told)
            fail({.what = fault::kind::broken, .message = "its answer is longer than one can be"}, out);
    }

    void take_document(deltas& out) {
        if (ended_) return;
        const auto read = json_view::of(document_);
        if (document_.starts_with('<')) return fail({.what = fault::kind::alien, .message = "a web page"}, out);
        if (!read) return fail({.what = fault::kind::alien, .message = "what is no JSON"}, out);
        if (!(*read)["choices"] && !(*read)["error"])
            return fail({.what = fault::kind::alien, .message = "JSON that is no chat"}, out);
        take_chunk(document_, out);
        done_ = true;
        finish(out);
    }

    void take_frames(deltas& out) {
        sse_frame frame;
        while (!ended_ && frames_.next(frame)) {
            const std::size_t before = out.size();
            if (frame.data == "[DONE]") {
                done_ = true;
                finish(out);
            } else if (frame.event == "error") {
                fail(read_upstream_error(0, frame.data), out);
            } else {
                take_chunk(frame.data, out);
            }
            for (std::size_t i = before; i != out.size(); ++i) told_ += size_of(out[i]);
            if (told_ > most_told && !ended_)
                fail({.what = fault::kind::broken, .message = "its answer is longer than one can be"}, out);
        }
        if (frames_.overflowed())
            fail({.what = fault::kind::broken, .message = "an event of its stream is over 16 MiB"}, out);
    }

    void take_chunk(std::string_view data, deltas& out) {
        chunk_ = data;
        const auto read = json_view::of(chunk_);
        if (!read || !read->is_object()) return;
        const auto [id, model, choices, usage, groq, error] =
            read->pick<6>({"id", "model", "choices", "usage", "x_groq", "error"});
        if (!std::exchange(started_, true)) out.emplace_back(delta_of::start{.id = id.text(), .model = model.text()});
        json_view choice;
        choices.elements([&choice](json_view one) {
            if (!choice) choice = one;
        });
        const auto [delta, message, reason, usage_of_choice] =
            choice.pick<4>({"delta", "message", "finish_reason", "usage"});
        take_message(delta ? delta : message, out);
        if (ended_) return;
        if (reason.is_text() && !why_) take_reason(reason.text(), out);
        for (const json_view told : {usage, usage_of_choice, groq["usage"]}) take_usage(told);
        if (error && !ended_) fail(read_upstream_error(0, read->raw()), out);
    }

    void take_message(json_view from, deltas& out) {
        const auto [reasoning_content, reasoning, details, content, refusal, calls, old] =
            from.pick<7>({"reasoning_content", "reasoning", "reasoning_details", "content", "refusal", "tool_calls",
                          "function_call"});
        details_.take(details);
        const bool has_content = reasoning_content.is_text();
        take_reasoning((has_content ? reasoning_content : reasoning).text(), has_content, out);
        if (content.is_text()) take_words(content.text(), out);
        content.elements([&](json_view one) { take_part(one, out); });
        if (refusal.is_text()) take_words(refusal.text(), out);
        bool few = calls_.take(calls);
        if (old) {
            std::string list;
            json_text(list)
                .open('[')
                .open('{')
                .key("index")
                .number(0)
                .key("function")
                .raw(old.raw())
                .close('}')
                .close(']');
            const auto read = json_view::of(list);
            few = few && read && calls_.take(*read);
        }
        if (!few) fail({.what = fault::kind::broken, .message = "its answer has more calls of tools than can be"}, out);
    }

    void take_reasoning(std::string text, bool has_content, deltas& out) {
        if (text.empty()) return;
        kind_ = has_content ? "content" : "plain";
        tags_.give_up();
        thinking_ = true;
        out.emplace_back(delta_of::thought{std::move(text)});
    }

    /// Mistral's parts of a content.
    void take_part(json_view one, deltas& out) {
        if (!one["type"].is("thinking")) return take_words(one["text"].text(), out);
        const json_view thinking = one["thinking"];
        std::string text = thinking.text();
        thinking.elements([&](json_view piece) { text += piece["text"].text(); });
        tags_.give_up();
        if (!text.empty()) out.emplace_back(delta_of::thought{std::move(text)});
    }

    void take_words(std::string_view text, deltas& out) {
        if (text.empty()) return;
        spoke_ = true;
        deltas said;
        tags_.take(text, said);
        for (delta& one : said) {
            if (std::holds_alternative<delta_of::words>(one)) end_thought(out);
            out.push_back(std::move(one));
        }
    }

    /// What the server has told of its reasoning comes back to it, so its state goes along.
    void end_thought(deltas& out) {
        if (!std::exchange(thinking_, false) || !details_.empty()) return;
        out.emplace_back(delta_of::thought_state{.kind = kind_, .state = {}});
    }

    void take_reason(const std::string& reason, deltas& out) {
        if (reason == "length")
            why_ = stop_reason::length;
        else if (reason == "content_filter")
            why_ = stop_reason::filtered;
        else if (reason == "error")
            fail({.what = fault::kind::broken, .message = "it broke off its answer"}, out);
        else
            why_ = stop_reason::done;
    }

    void take_usage(json_view told) {
        if (!told) return;
        merge(usage_.input, told["prompt_tokens"]);
        merge(usage_.output, told["completion_tokens"]);
        merge(usage_.cached_read, told["prompt_cache_hit_tokens"]);
        merge(usage_.cached_read, told["prompt_tokens_details"]["cached_tokens"]);
        merge(usage_.reasoning, told["completion_tokens_details"]["reasoning_tokens"]);
    }

    void finish(deltas& out) {
        if (ended_) return;
        deltas rest;
        tags_.end(rest);
        const bool words =
            std::ranges::any_of(rest, [](const delta& one) { return std::holds_alternative<delta_of::words>(one); });
        if (words) end_thought(out);
        std::ranges::move(rest, std::back_inserter(out));
        end_thought(out);
        if (!details_.empty()) out.emplace_back(delta_of::thought_state{.kind = "details", .state = details_.json()});
        const bool had_calls = calls_.any();
        const bool cut = why_ == stop_reason::length || (!why_ && !done_);
        const std::size_t calls = calls_.tell(cut, out);
        if (!why_ && !(calls != 0 || (done_ && spoke_ && !had_calls)))
            return fail({.what = fault::kind::cut, .message = "its answer ended early"}, out);
        stop_reason why = why_.value_or(stop_reason::done);
        if (why == stop_reason::done && calls != 0) why = stop_reason::calls;
        const std::uint64_t used = usage_.input.value_or(0) + usage_.output.value_or(0);
        if (why == stop_reason::length && context_ && used >= *context_) why = stop_reason::context_full;
        if (usage_ != usage()) out.emplace_back(usage_);
        out.emplace_back(delta_of::stop{.why = why});
        ended_ = true;
    }

    void fail(fault why, deltas& out) {
        if (std::exchange(ended_, true)) return;
        if (usage_ != usage()) out.emplace_back(usage_);
        out.emplace_back(std::move(why));
    }

    shape shape_ = shape::unknown;
    sse_frames frames_;
    std::string document_;
    std::string chunk_;
    think_tags tags_;
    chat_calls calls_;
    std::optional<std::uint64_t> context_;
    reasoning_details details_;
    std::string kind_;
    usage usage_;
    std::size_t told_ = 0;
    std::optional<stop_reason> why_;
    bool started_ = false, spoke_ = false, thinking_ = false, done_ = false, ended_ = false;
};

chat_reader::chat_reader(std::string seed, std::optional<std::uint64_t> context, std::set<std::string> used_calls)
    : state_(std::make_unique<state>(std::move(seed), context, std::move(used_calls))) {}
chat_reader::~chat_reader() = default;
void chat_reader::take(std::string_view bytes, deltas& out) { state_->take(bytes, out); }
void chat_reader::end(deltas& out) { state_->end(out); }
bool chat_reader::stopping() const { return state_->stopping(); }
bool chat_reader::ended() const { return state_->ended(); }

}  // namespace opd::bridge
