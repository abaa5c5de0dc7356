#include "tests/daemon/bridge/wire/grammar.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <optional>
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

void check_anthropic(const std::vector<event>& all) {
    std::int64_t index = 0;
    std::optional<std::string> open;
    std::string arguments;
    bool begun = false, told_why = false, ended = false;
    for (const event& one : all) {
        require(!ended, "something follows the end", one);
        require(one.data.at("type").as_string() == one.type, "its two types differ", one);
        if (one.type == "message_start") {
            require(!std::exchange(begun, true), "a second start", one);
        } else if (one.type == "content_block_start") {
            require(begun && !open && one.data.at("index") == index, "a block at the wrong place", one);
            open = one.data.at("content_block").at("type").as_string();
            arguments.clear();
        } else if (one.type == "content_block_delta") {
            require(open && one.data.at("index") == index, "a delta without its block", one);
            const std::string type(one.data.at("delta").at("type").as_string());
            const bool fits = *open == "text"       ? type == "text_delta"
                              : *open == "thinking" ? type == "thinking_delta" || type == "signature_delta"
                                                    : type == "input_json_delta";
            require(fits, "a delta of another block", one);
            if (*open == "tool_use") arguments += one.data.at("delta").at("partial_json").as_string();
        } else if (one.type == "content_block_stop") {
            require(open && one.data.at("index") == index++, "an end without its block", one);
            if (*open == "tool_use") require(json::parse(arguments).is_object(), "arguments that are no object", one);
            open.reset();
        } else if (one.type == "message_delta") {
            require(begun && !open && !std::exchange(told_why, true), "a reason at the wrong place", one);
            require(one.data.at("usage").as_object().contains("output_tokens"), "no usage", one);
        } else if (one.type == "message_stop") {
            require(told_why, "an end without a reason", one);
            ended = true;
        } else if (one.type == "error") {
            ended = true;
        } else {
            require(one.type == "ping", "an event of no known type", one);
        }
    }
    if (!ended) throw std::runtime_error("there is no end");
}

void check_item(const event& done, const json::object& item, const std::string& said) {
    const std::string type(item.at("type").as_string());
    std::string whole;
    if (type == "message") whole = item.at("content").at(0).at("text").as_string();
    if (type == "function_call") whole = item.at("arguments").as_string();
    if (type == "custom_tool_call") whole = item.at("input").as_string();
    if (type == "reasoning" && !item.at("summary").as_array().empty())
        whole = item.at("summary").at(0).at("text").as_string();
    require(whole == said, "an item that is not what its deltas were", done);
    if (type == "function_call") require(json::parse(whole).is_object(), "arguments that are no object", done);
}

void check_responses(const std::vector<event>& all) {
    std::int64_t sequence = 0, index = 0;
    bool open = false, ended = false;
    std::string said;
    json::array items;
    for (const event& one : all) {
        require(!ended, "something follows the end", one);
        require(one.data.at("type").as_string() == one.type, "its two types differ", one);
        require(one.data.at("sequence_number") == sequence, "its number is wrong", one);
        if (sequence++ == 0) require(one.type == "response.created", "it does not begin with response.created", one);
        if (one.type == "response.output_item.added") {
            require(!open && one.data.at("output_index") == index, "an item at the wrong place", one);
            open = true;
            said.clear();
        } else if (one.type == "response.output_item.done") {
            require(open && one.data.at("output_index") == index++, "an end without its item", one);
            check_item(one, one.data.at("item").as_object(), said);
            items.push_back(one.data.at("item"));
            open = false;
        } else if (one.type.ends_with(".delta")) {
            require(open && one.data.at("output_index") == index, "a delta without its item", one);
            said += one.data.at("delta").as_string();
        } else if (one.type == "response.completed" || one.type == "response.incomplete") {
            const json::object& response = one.data.at("response").as_object();
            require(!open && response.at("output") == items, "its items are not those that were told", one);
            require(response.at("usage").as_object().contains("total_tokens"), "no usage", one);
            ended = true;
        } else if (one.type == "response.failed") {
            require(one.data.at("response").at("error").is_object(), "no error", one);
            ended = true;
        }
    }
    if (!ended) throw std::runtime_error("there is no end");
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

std::string fault_in_anthropic_stream(std::string_view stream) {
    return fault_of([&] { check_anthropic(events_of(stream, "\n")); });
}

std::string fault_in_responses_stream(std::string_view stream) {
    return fault_of([&] { check_responses(events_of(stream, "\n")); });
}

std::string fault_in_gemini_stream(std::string_view stream) {
    return fault_of([&] { check_gemini(stream); });
}

}  // namespace opd::bridge
