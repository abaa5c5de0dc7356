#include "daemon/bridge/wire/gemini_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"
#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

/// Both spellings are accepted (proto3's JSON).
json_view member(json_view from, std::string_view name) {
    if (const json_view found = from[name]) return found;
    std::string snake;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') snake += '_';
        snake += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return from[snake];
}

/// Gemini's own schemas say `OBJECT` where JSON Schema says `object`.
void write_schema(json_view from, json_text& to) {
    if (from.is_object()) {
        to.open('{');
        from.members([&to](const std::string& name, json_view value) {
            to.key(name);
            std::string type = name == "type" ? value.text() : std::string();
            if (type.empty()) return write_schema(value, to);
            for (char& c : type)
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            to.text(type);
        });
        to.close('}');
    } else if (from.is_array()) {
        to.open('[');
        from.elements([&to](json_view one) { write_schema(one, to); });
        to.close(']');
    } else {
        to.raw(from.raw());
    }
}

class decoder : public decoding {
public:
    using decoding::decoding;

    void read(json_view body, std::string model, bool stream) {
        read_common(body);
        out.model = std::move(model);
        out.stream = stream;
        const json_view system = member(body, "systemInstruction");
        out.system = system.text();
        system["parts"].elements([this](json_view one) {
            const std::string text = one["text"].text();
            if (!out.system.empty() && !text.empty()) out.system += "\n\n";
            out.system += text;
        });
        if (!body["contents"].is_array()) refuse("contents is not a list");
        body["contents"].elements([this](json_view one) { read_content(one); });
        body["tools"].elements([this](json_view one) { read_tools(one); });
        read_choice(member(member(body, "toolConfig"), "functionCallingConfig"));
        read_settings(member(body, "generationConfig"));
    }

private:
    void read_content(json_view from) {
        const std::string role = from["role"] ? from["role"].text() : "user";
        if (role != "user" && role != "model" && role != "function")
            return refuse(fmt::format("contents: there is no role {}; use user or model", from["role"].raw()));
        message into{.who = role == "model" ? message::role::assistant : message::role::user};
        from["parts"].elements([&](json_view one) { read_part(one, into.parts); });
        out.messages.push_back(std::move(into));
    }

    void read_part(json_view from, std::vector<part>& into) {
        if (const json_view call = member(from, "functionCall")) {
            add_carried(into, member(from, "thoughtSignature").quoted());
            return read_call(call, into);
        }
        if (const json_view response = member(from, "functionResponse")) return read_response(response, into);
        if (const json_view data = member(from, "inlineData")) return add_media(media_of(data), into);
        if (const json_view file = member(from, "fileData"))
            return add_media(
                {.type = member(file, "mimeType").text(), .base64 = {}, .url = member(file, "fileUri").text()}, into);
        if (from["thought"].is_true()) return;
        if (from["text"].is_text()) return add(into, text_part{from["text"].text()});
        from.members([this](const std::string& name, json_view) { lose(name + " part"); });
    }

    /// Thoughts are not sent back, so what must come back of them is on the call behind them: see the writer.
    void add_carried(std::vector<part>& into, std::string_view sealed) {
        const std::size_t before = into.size();
        add_reasoning(into, {}, sealed);
        if (into.size() == before) return;
        auto& thought = std::get<reasoning_part>(into.back());
        if (thought.kind != "details") thought.text = std::exchange(thought.state, {});
    }

    void read_call(json_view from, std::vector<part>& into) {
        call_part call{.id = from["id"].text(),
                       .name = from["name"].text(),
                       .arguments = from["args"].is_object() ? std::string(from["args"].raw()) : "{}"};
        if (call.id.empty()) call.id = fmt::format("{}_{}", call.name, calls_);
        ++calls_;
        waiting_.emplace_back(call.name, call.id);
        add(into, std::move(call));
    }

    void read_response(json_view from, std::vector<part>& into) {
        result_part result{.id = from["id"].text(), .name = from["name"].text()};
        const auto place = std::ranges::find_if(waiting_, [&](const auto& one) {
            return result.id.empty() ? one.first == result.name : one.second == result.id;
        });
        if (place != waiting_.end()) {
            result.id = place->second;
            waiting_.erase(place);
        }
        const json_view response = from["response"];
        result.failed = static_cast<bool>(response["error"]);
        const json_view told = result.failed ? response["error"] : response["output"] ? response["output"] : response;
        result.content.emplace_back(text_part{told.is_text() ? told.text() : std::string(told.raw())});
        from["parts"].elements([&](json_view one) {
            if (const json_view data = member(one, "inlineData")) result.content.emplace_back(media_of(data));
        });
        add(into, std::move(result));
    }

    static media_part media_of(json_view data) {
        return {.type = member(data, "mimeType").text(),
                .base64 = data["data"].quoted(),
                .url = {},
                .name = member(data, "displayName").text()};
    }

    /// A picture that a tool has made stands beside its result.
    void add_media(media_part media, std::vector<part>& into) {
        auto* const result = into.empty() ? nullptr : std::get_if<result_part>(&into.back());
        if (result != nullptr)
            result->content.emplace_back(std::move(media));
        else
            add(into, std::move(media));
    }

    void read_tools(json_view from) {
        from.members([this](const std::string& name, json_view value) {
            if (name != "functionDeclarations" && name != "function_declarations") {
                is_server_tool(name);
                return;
            }
            value.elements([this](json_view one) {
                const json_view schema = member(one, "parametersJsonSchema");
                tool read{.space = {},
                          .name = one["name"].text(),
                          .description = one["description"].text(),
                          .schema = schema.raw()};
                if (!schema && one["parameters"].is_object()) {
                    std::string& made = out.made.emplace_back();
                    json_text text(made);
                    write_schema(one["parameters"], text);
                    read.schema = made;
                }
                out.tools.push_back(std::move(read));
            });
        });
    }

    void read_choice(json_view from) {
        using mode = tool_choice::mode;
        if (from["mode"].is("NONE")) out.choice.how = mode::none;
        if (!from["mode"].is("ANY")) return;
        out.choice.how = mode::any;
        std::vector<std::string> allowed;
        member(from, "allowedFunctionNames").elements([&](json_view one) { allowed.push_back(one.text()); });
        if (allowed.size() == 1) out.choice = {.how = mode::one, .space = {}, .name = allowed.front()};
        if (allowed.size() > 1) lose("allowedFunctionNames");
    }

    void read_settings(json_view from) {
        sampling& how = out.how;
        how.output_limit = member(from, "maxOutputTokens").number();
        how.temperature = from["temperature"].number_text();
        how.top_p = member(from, "topP").number_text();
        how.top_k = member(from, "topK").number_text();
        member(from, "stopSequences").elements([&](json_view one) { how.stop.push_back(one.text()); });
        const json_view thinking = member(from, "thinkingConfig");
        how.effort = member(thinking, "thinkingLevel").text();
        for (char& c : how.effort)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const auto budget = member(thinking, "thinkingBudget").number();
        if (thinking) how.think = budget == 0U ? sampling::thinking::off : sampling::thinking::on;
        how.json_only = member(from, "responseMimeType").is("application/json");
        how.format = member(from, "responseJsonSchema").raw();
        if (const json_view schema = member(from, "responseSchema"); how.format.empty() && schema.is_object()) {
            json_text text(out.made.emplace_back());
            write_schema(schema, text);
            how.format = out.made.back();
        }
    }

    std::vector<std::pair<std::string, std::string>> waiting_;  ///< calls without a result yet: name and id
    std::size_t calls_ = 0;
};

}  // namespace

decoded<turn> read_gemini_request(std::string& body, std::string model, bool stream, std::string_view maker) {
    const auto read = json_view::of(body);
    if (!read) return read.error();
    decoder decoder(maker);
    decoder.read(*read, std::move(model), stream);
    return decoder.finish();
}

}  // namespace opd::bridge
