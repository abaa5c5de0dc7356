#include "daemon/bridge/wire/responses_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"
#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <set>

namespace opd::bridge {
namespace {

/// What a model has once called a tool with must be an object: not all agents see to that.
std::string as_object(std::string arguments) {
    if (arguments.find_first_not_of(" \t\r\n") == arguments.npos) return "{}";
    std::string copy = arguments;
    const auto read = json_view::of(copy);
    if (read && read->is_object()) return std::string(read->raw());
    std::string out;
    json_text(out).open('{').member("_unparsed", arguments).close('}');
    return out;
}

class decoder : public decoding {
public:
    using decoding::decoding;

    void read(json_view body) {
        read_common(body);
        for (const std::string_view name : {"previous_response_id", "conversation", "prompt"})
            if (body[name]) refuse_kept(name);
        out.system = text(body["instructions"], "instructions");
        each(body["tools"], "tools", [this](json_view one) { read_tool(one, {}); });
        finding_ = true;
        const json_view input = body["input"];
        if (input.is_text())
            add(into(message::role::user), text_part{input.text()});
        else if (input.is_array())
            each(input, "input", [this](json_view one) { read_item(one); });
        else
            refuse("input is neither a text nor a list");
        read_choice(body);
        read_settings(body);
    }

private:
    void refuse_kept(std::string_view name) {
        refuse_at(name, "is not possible here: nothing is kept; send the whole conversation (store: false)");
    }

    /// The parts of a message of this role: the last one, or a new one.
    std::vector<part>& into(message::role who) {
        if (out.messages.empty() || out.messages.back().who != who) {
            count();
            out.messages.push_back({.who = who, .parts = {}});
        }
        return out.messages.back().parts;
    }

    void read_item(json_view item) {
        const std::string type = item["role"] && !item["type"] ? "message" : needed(item["type"], "type");
        if (type == "message") return read_message(item);
        if (type == "reasoning") return read_reasoning(item);
        if (type == "function_call" || type == "custom_tool_call") return read_call(item, type == "custom_tool_call");
        if (type == "function_call_output" || type == "custom_tool_call_output") return read_result(item);
        if (type == "item_reference") return refuse_kept("id");
        if (!item["tools"]) return lose(type, "item");
        each(item["tools"], "tools", [this](json_view one) { read_tool(one, {}); });
    }

    void read_message(json_view item) {
        const std::string role = needed(item["role"], "role");
        const bool by_developer = role == "developer" || role == "system";
        if (!by_developer && role != "user" && role != "assistant")
            refuse_at("role",
                      fmt::format("is {}, which is none; use user, assistant, developer or system", as_word(role)));
        std::vector<part> parts = read_content(item["content"], "content");
        if (by_developer && out.messages.empty()) return add_to_system(parts);
        auto& place = into(by_developer     ? message::role::system
                           : role == "user" ? message::role::user
                                            : message::role::assistant);
        for (part& one : parts) place.push_back(std::move(one));
    }

    void add_to_system(const std::vector<part>& parts) {
        for (const part& one : parts) {
            const auto* const words = std::get_if<text_part>(&one);
            if (words == nullptr || words->text.empty()) continue;
            if (!out.system.empty()) out.system += "\n\n";
            out.system += words->text;
        }
    }

    std::vector<part> read_content(json_view content, std::string_view name) {
        std::vector<part> parts;
        if (content.is_text())
            add(parts, text_part{content.text()});
        else
            each(content, name, [&](json_view one) { read_part(one, parts); });
        return parts;
    }

    void read_part(json_view from, std::vector<part>& into) {
        const std::string type = needed(from["type"], "type");
        if (type.ends_with("text")) return add(into, text_part{text(from["text"], "text")});
        if (type == "refusal") return add(into, text_part{text(from["refusal"], "refusal")});
        if (type == "input_image") {
            const json_view url = from["image_url"];
            return add_media(into, url.is_object() ? url["url"] : url, "image", {});
        }
        if (type != "input_file") return lose(type, "part");
        const json_view data = from["file_data"];
        add_media(into, data ? data : from["file_url"], "file", text(from["filename"], "filename"));
    }

    void add_media(std::vector<part>& into, json_view url, std::string_view what, std::string name) {
        if (!url.is_text()) return lose(what, "without its data");
        media_part media = media_of_url(url);
        if (what == "file" && media.base64.empty()) media.type = "application/pdf";
        media.name = std::move(name);
        add(into, std::move(media));
    }

    void read_reasoning(json_view item) {
        std::string words = words_of(item["content"], "content");
        if (words.empty()) words = words_of(item["summary"], "summary");
        std::vector<part> parts;
        add_reasoning(parts, std::move(words), item["encrypted_content"]);
        for (part& one : parts) into(message::role::assistant).push_back(std::move(one));
    }

    std::string words_of(json_view list, std::string_view name) {
        std::string words;
        each(list, name, [&](json_view one) {
            if (!words.empty()) words += "\n\n";
            words += text(one["text"], "text");
        });
        return words;
    }

    void read_call(json_view item, bool custom) {
        call_part call{.id = needed(item["call_id"], "call_id"),
                       .space = text(item["namespace"], "namespace"),
                       .name = needed(item["name"], "name"),
                       .arguments = {},
                       .custom = custom};
        const json_view given = item["arguments"];
        if (custom)
            call.arguments = text(item["input"], "input");
        else if (given.is_object())
            call.arguments = given.raw();
        else
            call.arguments = as_object(text(given, "arguments"));
        add(into(message::role::assistant), std::move(call));
    }

    void read_result(json_view item) {
        result_part result{.id = needed(item["call_id"], "call_id"), .name = {}, .content = {}};
        for (part& one : read_content(item["output"], "output")) {
            if (auto* const words = std::get_if<text_part>(&one)) result.content.emplace_back(std::move(*words));
            if (auto* const media = std::get_if<media_part>(&one)) result.content.emplace_back(std::move(*media));
        }
        add(into(message::role::user), std::move(result));
    }

    void read_tool(json_view from, const std::string& space) {
        const std::string type = text(from["type"], "type");
        if (type == "namespace" && space.empty()) {
            const std::string name = needed(from["name"], "name");
            return each(from["tools"], "tools", [&](json_view one) { read_tool(one, name); });
        }
        if (is_server_tool(type)) return;
        tool read{.space = space,
                  .name = needed(from["name"], "name"),
                  .description = text(from["description"], "description"),
                  .schema = object(from["parameters"], "parameters"),
                  .custom = type == "custom"};
        // What is found in the conversation may be found again.
        const bool known = !known_.emplace(read.space, read.name).second;
        if (!known || !finding_) add_tool(std::move(read));
    }

    void read_choice(json_view body) {
        using mode = tool_choice::mode;
        json_view choice = body["tool_choice"];
        json_view how = choice;
        if (choice["type"].is("allowed_tools")) {
            how = choice["mode"];
            std::vector<json_view> allowed;
            choice["tools"].elements([&](json_view one) {
                if (allowed.size() < 2) allowed.push_back(one);
            });
            choice = how.is("required") && allowed.size() == 1 ? allowed.front() : choice;
        }
        if (how.is("none")) out.choice.how = mode::none;
        if (how.is("required")) out.choice.how = mode::any;
        const std::string type = text(choice["type"], "tool_choice.type");
        if (type == "function" || type == "custom")
            out.choice = {.how = mode::one,
                          .space = text(choice["namespace"], "tool_choice.namespace"),
                          .name = needed(choice["name"], "tool_choice.name")};
        else if (!type.empty())
            lose(type, "as a tool_choice");
        const json_view parallel = body["parallel_tool_calls"];
        out.choice.parallel = !parallel || flag(parallel, "parallel_tool_calls");
    }

    void read_settings(json_view body) {
        sampling& how = out.how;
        how.output_limit = whole(body["max_output_tokens"], "max_output_tokens");
        how.temperature = number(body["temperature"], "temperature");
        how.top_p = number(body["top_p"], "top_p");
        how.effort = text(body["reasoning"]["effort"], "reasoning.effort");
        if (how.effort == "none") {
            how.effort.clear();
            how.think = sampling::thinking::off;
        } else if (body["reasoning"]) {
            how.think = sampling::thinking::on;
        }
        const json_view format = body["text"]["format"];
        how.json_only = format["type"].is("json_schema") || format["type"].is("json_object");
        how.format = object(format["schema"], "text.format.schema");
        how.format_name = text(format["name"], "text.format.name");
        out.cache_key = text(body["prompt_cache_key"], "prompt_cache_key");
    }

    std::set<std::pair<std::string, std::string>> known_;  ///< tools: namespace and name
    bool finding_ = false;                                 ///< the tools are those of the conversation
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
