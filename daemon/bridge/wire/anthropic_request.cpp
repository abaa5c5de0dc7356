#include "daemon/bridge/wire/anthropic_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"

#include <fmt/format.h>

#include <map>

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
        out.system = words_of(body["system"], "system");
        const json_view messages = body["messages"];
        if (!messages.is_array()) refuse("messages is not a list");
        each(messages, "messages", [this](json_view one) { read_message(one); });
        read_tools(body["tools"]);
        read_choice(body["tool_choice"]);
        read_settings(body);
    }

private:
    /// Of a string, or of the text blocks of a list: both are the same text.
    std::string words_of(json_view content, std::string_view name) {
        if (content.is_text()) return content.text();
        std::string words;
        each(content, name, [&](json_view block) {
            const std::string type = needed(block["type"], "type");
            if (type != "text") return lose(type, "block of a system text");
            const std::string read = text(block["text"], "text");
            if (read.empty() || read.starts_with(billing)) return;
            if (!words.empty()) words += "\n\n";
            words += read;
        });
        return words;
    }

    void read_message(json_view from) {
        const std::string role = needed(from["role"], "role");
        message into;
        if (role == "assistant")
            into.who = message::role::assistant;
        else if (role == "system")
            into.who = message::role::system;
        else if (role != "user")
            refuse_at("role", fmt::format("is {}, which is none; use user, assistant or system", as_word(role)));
        const json_view content = from["content"];
        if (into.who == message::role::system)
            add(into.parts, text_part{words_of(content, "content")});
        else if (content.is_text())
            add(into.parts, text_part{content.text()});
        else
            each(content, "content", [&](json_view block) { read_block(block, into.parts); });
        add_message(std::move(into));
    }

    void read_block(json_view block, std::vector<part>& into) {
        const std::string type = needed(block["type"], "type");
        if (type == "text") return add(into, text_part{text(block["text"], "text")});
        if (type == "image" || type == "document") return add_media(block, type, into);
        if (type == "thinking") return add_reasoning(into, text(block["thinking"], "thinking"), block["signature"]);
        if (type == "redacted_thinking") return add_reasoning(into, {}, block["data"]);
        if (type == "tool_use") return add_call(block, into);
        if (type == "tool_result") return add(into, read_result(block));
        lose(type, "block");
    }

    void add_call(json_view block, std::vector<part>& into) {
        call_part call{.id = needed(block["id"], "id"),
                       .space = {},
                       .name = needed(block["name"], "name"),
                       .arguments = std::string(object(block["input"], "input"))};
        if (call.arguments.empty()) call.arguments = "{}";
        add(into, std::move(call));
    }

    void add_media(json_view block, const std::string& type, std::vector<part>& into) {
        const json_view source = block["source"];
        if (source["type"].is("text")) return add(into, text_part{text(source["data"], "source.data")});
        media_part media{.type = text(source["media_type"], "source.media_type"),
                         .base64 = source["data"].quoted(),
                         .url = text(source["url"], "source.url"),
                         .name = text(block["title"], "title")};
        if (media.type.empty()) media.type = type == "image" ? "image/*" : "application/pdf";
        if (media.base64.empty() && media.url.empty()) return lose(type, "of an unknown source");
        add(into, std::move(media));
    }

    result_part read_result(json_view block) {
        result_part result{.id = needed(block["tool_use_id"], "tool_use_id"),
                           .name = {},
                           .content = {},
                           .failed = flag(block["is_error"], "is_error")};
        const json_view content = block["content"];
        std::vector<part> parts;
        if (content.is_text())
            add(parts, text_part{content.text()});
        else
            each(content, "content", [&](json_view one) {
                if (!one["type"].is("tool_reference")) return read_block(one, parts);
                found_.push_back(needed(one["tool_name"], "tool_name"));
                add(parts, text_part{"Loaded: " + found_.back()});
            });
        for (part& one : parts) {
            if (auto* const words = std::get_if<text_part>(&one)) result.content.emplace_back(std::move(*words));
            if (auto* const media = std::get_if<media_part>(&one)) result.content.emplace_back(std::move(*media));
        }
        return result;
    }

    /// Deferred ones are offered from when they were found on, at the end, in the order in which they were: where the
    /// agent puts them would change what comes before.
    void read_tools(json_view from) {
        std::map<std::string, tool> deferred;
        each(from, "tools", [&](json_view one) {
            if (is_server_tool(text(one["type"], "type"))) return;
            tool read{.space = {},
                      .name = needed(one["name"], "name"),
                      .description = text(one["description"], "description"),
                      .schema = object(one["input_schema"], "input_schema")};
            if (read.name == placeholder) return;
            if (!flag(one["defer_loading"], "defer_loading")) return add_tool(std::move(read));
            if (count()) deferred.try_emplace(read.name, std::move(read));
        });
        for (const std::string& name : found_)
            if (auto found = deferred.extract(name)) add_tool(std::move(found.mapped()));
    }

    void read_choice(json_view from) {
        using mode = tool_choice::mode;
        const std::string type = text(from["type"], "tool_choice.type");
        if (type == "any") out.choice.how = mode::any;
        if (type == "none") out.choice.how = mode::none;
        if (type == "tool")
            out.choice = {.how = mode::one, .space = {}, .name = needed(from["name"], "tool_choice.name")};
        out.choice.parallel = !flag(from["disable_parallel_tool_use"], "tool_choice.disable_parallel_tool_use");
    }

    void read_settings(json_view body) {
        sampling& how = out.how;
        how.output_limit = whole(body["max_tokens"], "max_tokens");
        how.temperature = number(body["temperature"], "temperature");
        how.top_p = number(body["top_p"], "top_p");
        how.top_k = number(body["top_k"], "top_k");
        add_stop(body["stop_sequences"], "stop_sequences");
        const json_view thinking = body["thinking"];
        if (thinking["type"].is("disabled")) how.think = sampling::thinking::off;
        if (thinking["type"].is("enabled") || thinking["type"].is("adaptive")) how.think = sampling::thinking::on;
        const json_view wanted = body["output_config"];
        how.effort = text(wanted["effort"], "output_config.effort");
        const json_view format = wanted["format"];
        how.json_only = static_cast<bool>(format);
        how.format = object(format["schema"], "output_config.format.schema");
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
