#include "tests/daemon/bridge/wire/grammar.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace opd::bridge {
namespace {

struct event {
    std::string type;
    json::object data;
};

std::vector<event> events_of(std::string_view stream, std::string_view line_end) {
    std::vector<event> out;
    const std::string end = std::string(line_end) + std::string(line_end);
    while (!stream.empty()) {
        const std::size_t size = stream.find(end);
        if (size == stream.npos) throw std::runtime_error("the last event has no end");
        std::string_view one = stream.substr(0, size);
        stream.remove_prefix(size + end.size());
        event read;
        if (one.starts_with("event: ")) {
            read.type = one.substr(7, one.find('\n') - 7);
            one.remove_prefix(one.find('\n') + 1);
        }
        if (!one.starts_with("data: ")) throw std::runtime_error("an event has no data");
        for (const std::string_view breaks : {"\n", "\r", "\xE2\x80\xA8", "\xE2\x80\xA9"})
            if (one.find(breaks) != one.npos) throw std::runtime_error("a line break in an event: " + std::string(one));
        read.data = json::parse(json::string_view(one.data() + 6, one.size() - 6)).as_object();
        out.push_back(std::move(read));
    }
    return out;
}

void require(bool holds, std::string_view what, const event& at) {
    if (!holds) throw std::runtime_error(fmt::format("{}: {}", what, json::serialize(at.data)));
}

template <class Check>
std::string fault_of(Check check) {
    try {
        check();
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

class anthropic_stream {
public:
    void take(const event& one) {
        require(!ended_, "something follows the end", one);
        require(one.data.at("type").as_string() == one.type, "its two types differ", one);
        if (one.type.starts_with("content_block_")) return take_block(one);
        if (one.type == "message_start") {
            require(!std::exchange(begun_, true), "a second start", one);
            const json::value& message = one.data.at("message");
            require(message.at("content").as_array().empty(), "a start that says something", one);
            require(message.at("usage").as_object().contains("input_tokens"), "no usage", one);
        } else if (one.type == "message_delta") {
            require(begun_ && open_.empty() && !std::exchange(told_why_, true), "a reason at the wrong place", one);
            require(one.data.at("delta").at("stop_reason").is_string(), "no reason", one);
            const json::object& usage = one.data.at("usage").as_object();
            require(usage.contains("input_tokens") && usage.contains("output_tokens"), "no usage", one);
        } else if (one.type == "message_stop") {
            require(told_why_, "an end without a reason", one);
            ended_ = true;
        } else if (one.type == "error") {
            require(one.data.at("error").at("message").is_string(), "no message", one);
            ended_ = true;
        } else {
            require(one.type == "ping", "an event of no known type", one);
        }
    }

    bool ended() const { return ended_; }

private:
    void take_block(const event& one) {
        require(begun_ && !told_why_ && one.data.at("index") == index_, "a block at the wrong place", one);
        if (one.type == "content_block_start") {
            require(open_.empty(), "a block within a block", one);
            open_ = one.data.at("content_block").at("type").as_string();
            arguments_.clear();
            is_signed_ = false;
            return;
        }
        require(!open_.empty(), "a delta or an end without its block", one);
        if (one.type == "content_block_delta") return take_delta(one, one.data.at("delta").as_object());
        if (open_ == "tool_use") require(json::parse(arguments_).is_object(), "arguments that are no object", one);
        open_.clear();
        ++index_;
    }

    void take_delta(const event& one, const json::object& delta) {
        const std::string type(delta.at("type").as_string());
        require(!is_signed_, "something follows the signature", one);
        is_signed_ = type == "signature_delta";
        const bool fits = open_ == "text"       ? type == "text_delta"
                          : open_ == "thinking" ? type == "thinking_delta" || is_signed_
                                                : type == "input_json_delta";
        require(fits, "a delta of another block", one);
        if (open_ == "tool_use") arguments_ += delta.at("partial_json").as_string();
    }

    std::int64_t index_ = 0;
    std::string open_, arguments_;  ///< of the block: its type
    bool is_signed_ = false, begun_ = false, told_why_ = false, ended_ = false;
};

/// The events about the only part of an item, by the type of the item.
struct part_events {
    std::string_view item, added, delta, done, part_done;
};

constexpr part_events parts[] = {
    {"message", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
     "response.content_part.done"},
    {"reasoning", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
     "response.reasoning_summary_text.done", "response.reasoning_summary_part.done"},
    {"function_call", {}, "response.function_call_arguments.delta", "response.function_call_arguments.done", {}},
    {"custom_tool_call", {}, "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", {}}};

class responses_stream {
public:
    void take(const event& one) {
        require(!ended_, "something follows the end", one);
        require(one.data.at("type").as_string() == one.type, "its two types differ", one);
        require(one.data.at("sequence_number") == sequence_, "its number is wrong", one);
        require((one.type == "response.created") == (sequence_++ == 0), "response.created at the wrong place", one);
        const auto* const response = one.data.if_contains("response");
        if (response == nullptr) return take_item(one);
        require(response->at("object") == "response", "no response", one);
        if (one.type == "response.created" || one.type == "response.in_progress") {
            require(response->at("status") == "in_progress", "another status", one);
        } else if (one.type == "response.failed") {
            require(response->at("error").at("message").is_string(), "no message", one);
            ended_ = true;
        } else {
            require(one.type == "response.completed" || one.type == "response.incomplete", "no known type", one);
            require("response." + std::string(response->at("status").as_string()) == one.type, "another status", one);
            require(open_ == nullptr && response->at("output") == items_, "its items are not those that were told",
                    one);
            require(response->at("usage").as_object().contains("total_tokens"), "no usage", one);
            ended_ = true;
        }
    }

    bool ended() const { return ended_; }

private:
    void take_item(const event& one) {
        require(one.data.at("output_index") == static_cast<std::int64_t>(items_.size()), "another item's place", one);
        if (one.type == "response.output_item.added") return open(one, one.data.at("item").as_object());
        require(open_ != nullptr, "no item is open", one);
        if (one.type == "response.output_item.done") return close(one, one.data.at("item").as_object());
        require(one.data.at("item_id") == id_, "the id of another item", one);
        const std::string_view steps[] = {open_->added, open_->delta, open_->done, open_->part_done};
        const auto step = static_cast<std::size_t>(std::ranges::find(steps, one.type) - steps) + 1;
        const std::size_t ready = open_->added.empty() ? 0 : 1;
        const bool fits = step == 1 ? step_ == 0 : step == 4 ? step_ == 3 : step_ == ready || step_ == 2;
        require(step <= 4 && fits, "an event at the wrong place", one);
        step_ = step;
        if (step == 2) said_ += one.data.at("delta").as_string();
        const char* const name = open_->item == "function_call"      ? "arguments"
                                 : open_->item == "custom_tool_call" ? "input"
                                                                     : "text";
        if (step == 3) require(one.data.at(name) == said_, "a whole that is not its pieces", one);
        if (step == 4) require(one.data.at("part").at("text") == said_, "a part that is not its pieces", one);
    }

    void open(const event& one, const json::object& item) {
        require(open_ == nullptr, "an item within an item", one);
        for (const part_events& known : parts)
            if (item.at("type") == json::string_view(known.item.data(), known.item.size())) open_ = &known;
        require(open_ != nullptr, "an item of no known type", one);
        id_ = item.at("id").as_string();
        said_.clear();
        step_ = 0;
    }

    void close(const event& one, const json::object& item) {
        require(step_ == (open_->part_done.empty() ? 3 : 4), "an item without its end", one);
        require(item.at("id") == id_, "the id of another item", one);
        const std::string type(item.at("type").as_string());
        require(type == open_->item, "another type", one);
        json::string whole;
        if (type == "message") whole = item.at("content").at(0).at("text").as_string();
        if (type == "function_call") whole = item.at("arguments").as_string();
        if (type == "custom_tool_call") whole = item.at("input").as_string();
        if (type == "reasoning" && !item.at("summary").as_array().empty())
            whole = item.at("summary").at(0).at("text").as_string();
        require(whole == said_, "an item that is not what its deltas were", one);
        if (type == "function_call") require(json::parse(whole).is_object(), "arguments that are no object", one);
        items_.push_back(item);
        open_ = nullptr;
    }

    std::int64_t sequence_ = 0;
    const part_events* open_ = nullptr;
    std::size_t step_ = 0;  ///< of the item: 1, its part is there; 2, it says; 3, it is whole; 4, so is the part
    json::string id_, said_;
    json::array items_;
    bool ended_ = false;
};

template <class Stream>
std::string fault_in(std::string_view text) {
    return fault_of([&] {
        Stream stream;
        for (const event& one : events_of(text, "\n")) stream.take(one);
        if (!stream.ended()) throw std::runtime_error("there is no end");
    });
}

/// A fault is a document of its own at the very end.
void check_gemini(std::string_view stream) {
    const std::size_t bare = stream.rfind("{\"error\"");
    const bool failed = bare != stream.npos && (bare == 0 || stream.substr(0, bare).ends_with("\r\n\r\n"));
    if (failed) {
        const json::value told = json::parse(json::string_view(stream.data() + bare, stream.size() - bare));
        if (!told.at("error").at("message").is_string()) throw std::runtime_error("an error without a message");
        stream = stream.substr(0, bare);
    }
    bool ended = false;
    for (const event& one : events_of(stream, "\r\n")) {
        require(!ended, "something follows the end", one);
        const json::object& candidate = one.data.at("candidates").at(0).as_object();
        for (const json::value& part : candidate.at("content").at("parts").as_array())
            if (part.as_object().contains("functionCall"))
                require(part.at("functionCall").at("args").is_object(), "arguments that are no object", one);
        ended = candidate.contains("finishReason");
        if (ended) require(one.data.at("usageMetadata").as_object().contains("totalTokenCount"), "no usage", one);
    }
    if (ended == failed) throw std::runtime_error("there is no end, or there are two");
}

}  // namespace

std::string fault_in_anthropic_stream(std::string_view stream) { return fault_in<anthropic_stream>(stream); }

std::string fault_in_responses_stream(std::string_view stream) { return fault_in<responses_stream>(stream); }

std::string fault_in_gemini_stream(std::string_view stream) {
    return fault_of([&] { check_gemini(stream); });
}

}  // namespace opd::bridge
