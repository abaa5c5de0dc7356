#include "daemon/bridge/wire/anthropic_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

/// The first block of claude's prompt differs from one session to the next: with it no prefix cache is ever hit.
constexpr std::string_view billing = "x-anthropic-billing-header";
/// Stands for what is found by ToolSearch later, and is none itself.
constexpr std::string_view placeholder = "DeferredToolPlaceholder";

class decoder : public decoding {
public:
    using decoding::decoding;

    void read(json_view body) {
        read_common(body);
        out.system = text_of(body["system"]);
        const json_view messages = body["messages"];
        if (!messages.is_array()) refuse("messages is not a list");
        messages.elements([this](json_view one) { read_message(one); });
        read_tools(body["tools"]);
        read_choice(body["tool_choice"]);
        read_settings(body);
    }

private:
    /// Of a string, or of the text blocks of a list: both are the same text.
    static std::string text_of(json_view content) {
        if (content.is_text()) return content.text();
        std::string out;
        content.elements([&](json_view block) {
            std::string text = block["text"].text();
            if (text.empty() || text.starts_with(billing)) return;
            if (!out.empty()) out += "\n\n";
            out += text;
        });
        return out;
    }

    void read_message(json_view from) {
        const std::string role = from["role"].text();
        message into;
        if (role == "assistant")
            into.who = message::role::assistant;
        else if (role == "system")
            into.who = message::role::system;
        else if (role != "user")
            return refuse(
                fmt::format("messages: there is no role {}; use user, assistant or system", from["role"].raw()));
        const json_view content = from["content"];
        if (into.who == message::role::system)
            add(into.parts, text_part{text_of(content)});
        else if (content.is_text())
            add(into.parts, text_part{content.text()});
        else
            content.elements([&](json_view block) { read_block(block, into.parts); });
        out.messages.push_back(std::move(into));
    }

    void read_block(json_view block, std::vector<part>& into) {
        const std::string type = block["type"].text();
        if (type == "text") return add(into, text_part{block["text"].text()});
        if (type == "image" || type == "document") return add_media(block, into);
        if (type == "thinking") return add_reasoning(into, block["thinking"].text(), block["signature"].quoted());
        if (type == "redacted_thinking") return add_reasoning(into, {}, block["data"].quoted());
        if (type == "tool_use") {
            const json_view input = block["input"];
            return add(into, call_part{.id = block["id"].text(),
                                       .name = block["name"].text(),
                                       .arguments = input.is_object() ? std::string(input.raw()) : "{}"});
        }
        if (type == "tool_result") return add(into, read_result(block));
        lose(fmt::format("{} block", type));
    }

    void add_media(json_view block, std::vector<part>& into) {
        const json_view source = block["source"];
        if (source["type"].is("text")) return add(into, text_part{source["data"].text()});
        media_part media{.type = source["media_type"].text(),
                         .base64 = source["data"].quoted(),
                         .url = source["url"].text(),
                         .name = block["title"].text()};
        if (media.type.empty()) media.type = block["type"].is("image") ? "image/*" : "application/pdf";
        if (media.base64.empty() && media.url.empty()) return lose(block["type"].text() + " of an unknown source");
        add(into, std::move(media));
    }

    result_part read_result(json_view block) {
        result_part result{
            .id = block["tool_use_id"].text(), .name = {}, .content = {}, .failed = block["is_error"].is_true()};
        const json_view content = block["content"];
        if (content.is_text()) result.content.emplace_back(text_part{content.text()});
        std::vector<part> parts;
        content.elements([&](json_view one) {
            if (!one["type"].is("tool_reference")) return read_block(one, parts);
            found_.push_back(one["tool_name"].text());
            add(parts, text_part{"Loaded: " + found_.back()});
        });
        for (part& one : parts) {
            if (auto* const text = std::get_if<text_part>(&one)) result.content.emplace_back(std::move(*text));
            if (auto* const media = std::get_if<media_part>(&one)) result.content.emplace_back(std::move(*media));
        }
        return result;
    }

    /// Deferred ones are offered from when they were found on, at the end, in the order in which they were: where the
    /// agent puts them would change what comes before.
    void read_tools(json_view from) {
        std::vector<tool> deferred;
        from.elements([&](json_view one) {
            if (is_server_tool(one["type"].text())) return;
            tool read{.space = {},
                      .name = one["name"].text(),
                      .description = one["description"].text(),
                      .schema = one["input_schema"].raw()};
            if (read.name == placeholder) return;
            (one["defer_loading"].is_true() ? deferred : out.tools).push_back(std::move(read));
        });
        for (const std::string& name : found_) {
            const auto place = std::ranges::find(deferred, name, &tool::name);
            if (place == deferred.end()) continue;
            out.tools.push_back(std::move(*place));
            deferred.erase(place);
        }
    }

    void read_choice(json_view from) {
        using mode = tool_choice::mode;
        if (from["type"].is("any")) out.choice.how = mode::any;
        if (from["type"].is("none")) out.choice.how = mode::none;
        if (from["type"].is("tool")) out.choice = {.how = mode::one, .space = {}, .name = from["name"].text()};
        out.choice.parallel = !from["disable_parallel_tool_use"].is_true();
    }

    void read_settings(json_view body) {
        sampling& how = out.how;
        how.output_limit = body["max_tokens"].number();
        how.temperature = body["temperature"].number_text();
        how.top_p = body["top_p"].number_text();
        how.top_k = body["top_k"].number_text();
        body["stop_sequences"].elements([&](json_view one) { how.stop.push_back(one.text()); });
        const json_view thinking = body["thinking"];
        if (thinking["type"].is("disabled")) how.think = sampling::thinking::off;
        if (thinking["type"].is("enabled") || thinking["type"].is("adaptive")) how.think = sampling::thinking::on;
        how.effort = body["output_config"]["effort"].text();
        const json_view format = body["output_config"]["format"];
        how.json_only = static_cast<bool>(format);
        how.format = format["schema"].raw();
    }

    std::vector<std::string> found_;  ///< tools, by ToolSearch
};

}  // namespace

decoded<turn> read_anthropic_request(std::string& body, std::string_view maker) {
    const auto read = json_view::of(body);
    if (!read) return read.error();
    decoder decoder(maker);
    decoder.read(*read);
    return decoder.finish();
}

}  // namespace opd::bridge
