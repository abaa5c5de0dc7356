#include "daemon/bridge/wire/responses_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"

#include <fmt/format.h>

namespace opd::bridge {
namespace {

class decoder : public decoding {
public:
    using decoding::decoding;

    void read(json_view body) {
        read_common(body);
        if (body["previous_response_id"])
            refuse(
                "previous_response_id is not possible here: nothing is kept; send the whole conversation (store: "
                "false)");
        out.system = body["instructions"].text();
        const json_view input = body["input"];
        if (input.is_text())
            add(into(message::role::user), text_part{input.text()});
        else if (input.is_array())
            input.elements([this](json_view one) { read_item(one); });
        else
            refuse("input is neither a text nor a list");
        body["tools"].elements([this](json_view one) { read_tool(one, {}); });
        read_choice(body);
        read_settings(body);
    }

private:
    /// The parts of a message of this role: the last one, or a new one.
    std::vector<part>& into(message::role who) {
        if (out.messages.empty() || out.messages.back().who != who) out.messages.push_back({.who = who});
        return out.messages.back().parts;
    }

    void read_item(json_view item) {
        const std::string type = item["type"] ? item["type"].text() : "message";
        if (type == "message") return read_message(item);
        if (type == "reasoning") return read_reasoning(item);
        if (type == "function_call" || type == "custom_tool_call") return read_call(item, type == "custom_tool_call");
        if (type == "function_call_output" || type == "custom_tool_call_output") return read_result(item);
        if (!item["tools"].is_array()) return lose(fmt::format("{} item", type));
        item["tools"].elements([this](json_view one) { read_tool(one, {}); });
    }

    void read_message(json_view item) {
        const std::string role = item["role"].text();
        const bool by_developer = role == "developer" || role == "system";
        if (!by_developer && role != "user" && role != "assistant")
            return refuse(fmt::format("input: there is no role {}; use user, assistant, developer or system",
                                      item["role"].raw()));
        std::vector<part> parts = read_content(item["content"]);
        if (!by_developer || !out.messages.empty()) {
            auto& place = into(by_developer     ? message::role::system
                               : role == "user" ? message::role::user
                                                : message::role::assistant);
            for (part& one : parts) place.push_back(std::move(one));
            return;
        }
        for (const part& one : parts) {
            const auto* const text = std::get_if<text_part>(&one);
            if (text == nullptr || text->text.empty()) continue;
            if (!out.system.empty()) out.system += "\n\n";
            out.system += text->text;
        }
    }

    std::vector<part> read_content(json_view content) {
        std::vector<part> parts;
        if (content.is_text()) add(parts, text_part{content.text()});
        content.elements([&](json_view one) {
            const std::string type = one["type"].text();
            if (type.ends_with("text"))
                add(parts, text_part{one["text"].text()});
            else if (type == "refusal")
                add(parts, text_part{one["refusal"].text()});
            else if (type == "input_image")
                add_media(parts, one["image_url"].is_object() ? one["image_url"]["url"] : one["image_url"], {},
                          "image");
            else if (type == "input_file")
                add_media(parts, one["file_data"] ? one["file_data"] : one["file_url"], one["filename"].text(), "file");
            else
                lose(fmt::format("{} part", type));
        });
        return parts;
    }

    void add_media(std::vector<part>& parts, json_view url, std::string name, std::string_view what) {
        if (!url.is_text()) return lose(fmt::format("{} without its data", what));
        media_part media = media_of_url(url);
        if (what == "file" && media.base64.empty()) media.type = "application/pdf";
        media.name = std::move(name);
        add(parts, std::move(media));
    }

    void read_reasoning(json_view item) {
        std::string text;
        for (const json_view from : {item["content"], item["summary"]}) {
            if (!text.empty()) break;
            from.elements([&](json_view one) {
                if (!text.empty()) text += "\n\n";
                text += one["text"].text();
            });
        }
        add_reasoning(into(message::role::assistant), std::move(text), item["encrypted_content"].quoted());
    }

    void read_call(json_view item, bool custom) {
        std::string arguments = item[custom ? "input" : "arguments"].text();
        if (!custom && arguments.empty()) arguments = "{}";
        add(into(message::role::assistant), call_part{.id = item["call_id"].text(),
                                                      .space = item["namespace"].text(),
                                                      .name = item["name"].text(),
                                                      .arguments = std::move(arguments),
                                                      .custom = custom});
    }

    void read_result(json_view item) {
        result_part result{.id = item["call_id"].text()};
        for (part& one : read_content(item["output"])) {
            if (auto* const text = std::get_if<text_part>(&one)) result.content.emplace_back(std::move(*text));
            if (auto* const media = std::get_if<media_part>(&one)) result.content.emplace_back(std::move(*media));
        }
        add(into(message::role::user), std::move(result));
    }

    void read_tool(json_view from, const std::string& space) {
        const std::string type = from["type"].text();
        if (type == "namespace") {
            from["tools"].elements([&](json_view one) { read_tool(one, from["name"].text()); });
            return;
        }
        if (is_server_tool(type)) return;
        out.tools.push_back({.space = space,
                             .name = from["name"].text(),
                             .description = from["description"].text(),
                             .schema = from["parameters"].is_object() ? from["parameters"].raw() : raw_json(),
                             .custom = type == "custom"});
    }

    void read_choice(json_view body) {
        using mode = tool_choice::mode;
        const json_view choice = body["tool_choice"];
        if (choice.is("none")) out.choice.how = mode::none;
        if (choice.is("required")) out.choice.how = mode::any;
        if (choice["type"].is("function") || choice["type"].is("custom"))
            out.choice = {.how = mode::one, .space = choice["namespace"].text(), .name = choice["name"].text()};
        else if (choice.is_object())
            lose("tool_choice of type " + choice["type"].text());
        out.choice.parallel = body["parallel_tool_calls"].raw() != "false";
    }

    void read_settings(json_view body) {
        sampling& how = out.how;
        how.output_limit = body["max_output_tokens"].number();
        how.temperature = body["temperature"].number_text();
        how.top_p = body["top_p"].number_text();
        how.effort = body["reasoning"]["effort"].text();
        if (how.effort == "none") {
            how.effort.clear();
            how.think = sampling::thinking::off;
        } else if (body["reasoning"]) {
            how.think = sampling::thinking::on;
        }
        const json_view format = body["text"]["format"];
        how.json_only = format["type"].is("json_schema") || format["type"].is("json_object");
        how.format = format["schema"].raw();
        how.format_name = format["name"].text();
        out.cache_key = body["prompt_cache_key"].text();
    }
};

}  // namespace

decoded<turn> read_responses_request(std::string& body, std::string_view maker) {
    const auto read = json_view::of(body);
    if (!read) return read.error();
    decoder decoder(maker);
    decoder.read(*read);
    return decoder.finish();
}

}  // namespace opd::bridge
