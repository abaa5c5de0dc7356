#include "daemon/bridge/wire/gemini_request.hpp"

#include "daemon/bridge/wire/decoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

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

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

/// A text of one of Gemini's own schemas, which say `"OBJECT"` where JSON Schema says `"object"`, and `"5"` where it
/// says `5` (proto3's JSON).
std::string in_json_schema(std::string_view name, std::string_view quoted) {
    constexpr std::array<std::string_view, 6> counts{"\"minItems\"",  "\"maxItems\"",      "\"minLength\"",
                                                     "\"maxLength\"", "\"minProperties\"", "\"maxProperties\""};
    if (name == "\"type\"") return lower(std::string(quoted));
    const std::string_view inner = quoted.substr(1, quoted.size() - 2);
    const bool is_count = !inner.empty() && inner.find_first_not_of("0123456789") == inner.npos &&
                          std::ranges::find(counts, name) != counts.end();
    return std::string(is_count ? inner : quoted);
}

/// All else stays as it is. In one go, so that depth costs nothing.
std::string as_json_schema(std::string_view schema) {
    std::string out;
    std::string_view name;  // of the member that a text belongs to
    for (std::size_t at = 0; at != schema.size();) {
        if (schema[at] != '"') {
            out += schema[at++];
            continue;
        }
        const std::string_view quoted = schema.substr(at, behind_text(schema, at) - at);
        at += quoted.size();
        const std::size_t next = schema.find_first_not_of(" \t\r\n", at);
        const bool is_name = next != schema.npos && schema[next] == ':';
        if (is_name) name = quoted;
        out += is_name ? std::string(quoted) : in_json_schema(name, quoted);
    }
    return out;
}

/// The ids of calls, which may have none: a result belongs to the call of its id, or else to the first one of its name
/// in this step that has no result yet.
class call_ids {
public:
    void begin_step() { waiting_.clear(); }

    /// The same in each turn of a conversation.
    std::string of_call(const std::string& name, std::string id) {
        if (id.empty()) id = fmt::format("{}_{}", name, calls_);
        ++calls_;
        known_.insert(id);
        waiting_[name].push_back(id);
        return id;
    }

    std::string of_result(const std::string& name, std::string id) {
        if (!known_.contains(id)) {
            const auto place = waiting_.find(name);
            if (place == waiting_.end()) return id;
            std::deque<std::string>& ids = place->second;
            while (!ids.empty() && answered_.contains(ids.front())) ids.pop_front();
            if (ids.empty()) return id;
            id = std::move(ids.front());
            ids.pop_front();
        }
        answered_.insert(id);
        return id;
    }

private:
    std::size_t calls_ = 0;
    std::set<std::string> known_, answered_;
    std::map<std::string, std::deque<std::string>> waiting_;  ///< by the name of the tool
};

class decoder : public decoding {
public:
    using decoding::decoding;

    void read(json_view body, std::string model, bool stream) {
        if (!body.is_object()) return refuse("the body is not a JSON object");
        // countTokens may wrap it.
        if (const json_view inner = member(body, "generateContentRequest")) body = inner;
        out.model = std::move(model);
        out.stream = stream;
        if (member(body, "cachedContent"))
            refuse_at("cachedContent", "is not possible here: nothing is kept; send the whole conversation");
        read_system(member(body, "systemInstruction"));
        const json_view contents = body["contents"];
        if (!contents.is_array()) refuse("contents is not a list");
        each(contents, "contents", [this](json_view one) { read_content(one); });
        each(body["tools"], "tools", [this](json_view one) { read_tools(one); });
        read_choice(member(member(body, "toolConfig"), "functionCallingConfig"));
        read_settings(member(body, "generationConfig"));
    }

private:
    void read_system(json_view from) {
        out.system = from.text();
        each(from["parts"], "systemInstruction.parts", [this](json_view one) {
            const std::string words = text(one["text"], "text");
            if (!out.system.empty() && !words.empty()) out.system += "\n\n";
            out.system += words;
        });
    }

    void read_content(json_view from) {
        const std::string role = from["role"] ? text(from["role"], "role") : "user";
        if (role != "user" && role != "model" && role != "function")
            refuse_at("role", fmt::format("is {}, which is none; use user or model", as_word(role)));
        message into{.who = role == "model" ? message::role::assistant : message::role::user, .parts = {}};
        if (into.who == message::role::assistant && last_ != into.who) ids_.begin_step();
        last_ = into.who;
        each(from["parts"], "parts", [&](json_view one) { read_part(one, into.parts); });
        add_message(std::move(into));
    }

    void read_part(json_view from, std::vector<part>& into) {
        if (const json_view call = member(from, "functionCall")) {
            add_carried(into, member(from, "thoughtSignature"));
            return read_call(call, into);
        }
        if (const json_view response = member(from, "functionResponse")) return read_response(response, into);
        if (const json_view data = member(from, "inlineData")) return add_media(media_of(data), into);
        if (const json_view file = member(from, "fileData"))
            return add_media({.type = text(member(file, "mimeType"), "fileData.mimeType"),
                              .base64 = {},
                              .url = text(member(file, "fileUri"), "fileData.fileUri"),
                              .name = {}},
                             into);
        if (from["thought"].is_true()) return;
        if (from["text"]) return add(into, text_part{text(from["text"], "text")});
        if (!from.is_object()) refuse_at("", "is not an object");
        from.members([this](const std::string& name, json_view) {
            if (!name.starts_with("thought")) lose(name, "part");
        });
    }

    /// Thoughts are not sent back, so what must come back of them is on the call behind them: see the writer.
    void add_carried(std::vector<part>& into, json_view sealed) {
        const std::size_t before = into.size();
        add_reasoning(into, {}, sealed);
        if (into.size() == before) return;
        auto& thought = std::get<reasoning_part>(into.back());
        if (thought.kind != "details") thought.text = std::exchange(thought.state, {});
    }

    void read_call(json_view from, std::vector<part>& into) {
        const std::string name = needed(from["name"], "functionCall.name");
        call_part call{.id = ids_.of_call(name, text(from["id"], "functionCall.id")),
                       .space = {},
                       .name = name,
                       .arguments = std::string(object(from["args"], "functionCall.args"))};
        if (call.arguments.empty()) call.arguments = "{}";
        add(into, std::move(call));
    }

    void read_response(json_view from, std::vector<part>& into) {
        const std::string id = text(from["id"], "functionResponse.id");
        const json_view name = from["name"];
        result_part result{
            .id = {},
            .name = id.empty() ? needed(name, "functionResponse.name") : text(name, "functionResponse.name"),
            .content = {}};
        result.id = ids_.of_result(result.name, id);
        const json_view response = from["response"];
        const json_view error = response["error"];
        result.failed = error && error.raw() != "false" && !error.is("");
        result.content.emplace_back(text_part{words_of(response)});
        each(from["parts"], "functionResponse.parts", [&](json_view one) {
            const json_view data = member(one, "inlineData");
            if (data && count()) result.content.emplace_back(media_of(data));
        });
        add(into, std::move(result));
    }

    /// `{"output": ...}` and `{"error": ...}` are no more than what they hold; other objects are shown as they are.
    static std::string words_of(json_view response) {
        json_view told = response;
        std::size_t members = 0;
        response.members([&](const std::string& name, json_view value) {
            if (++members == 1 && (name == "output" || name == "error")) told = value;
        });
        if (members > 1) told = response;
        return told.is_text() ? told.text() : std::string(told.raw());
    }

    media_part media_of(json_view data) {
        return {.type = text(member(data, "mimeType"), "inlineData.mimeType"),
                .base64 = data["data"].quoted(),
                .url = {},
                .name = text(member(data, "displayName"), "inlineData.displayName")};
    }

    /// A picture that a tool has made stands beside its result.
    void add_media(media_part media, std::vector<part>& into) {
        if (media.base64.empty() && media.url.empty()) return lose("media", "without its data");
        auto* const result = into.empty() ? nullptr : std::get_if<result_part>(&into.back());
        if (result == nullptr) return add(into, std::move(media));
        if (count()) result->content.emplace_back(std::move(media));
    }

    void read_tools(json_view from) {
        from.members([this](const std::string& name, json_view value) {
            if (name == "functionDeclarations" || name == "function_declarations")
                each(value, name, [this](json_view one) { read_tool(one); });
            else
                is_server_tool(name);
        });
    }

    void read_tool(json_view from) {
        tool read{.space = {},
                  .name = needed(from["name"], "name"),
                  .description = text(from["description"], "description"),
                  .schema = object(member(from, "parametersJsonSchema"), "parametersJsonSchema")};
        if (read.schema.empty()) read.schema = made_schema(from["parameters"], "parameters");
        add_tool(std::move(read));
    }

    raw_json made_schema(json_view schema, std::string_view name) {
        const raw_json given = object(schema, name);
        return given.empty() ? given : out.made.emplace_back(as_json_schema(given));
    }

    void read_choice(json_view from) {
        using mode = tool_choice::mode;
        const std::string how = text(from["mode"], "toolConfig.functionCallingConfig.mode");
        if (how == "NONE") out.choice.how = mode::none;
        if (how == "ANY") out.choice.how = mode::any;
        std::vector<std::string> allowed;
        member(from, "allowedFunctionNames").elements([&](json_view one) {
            if (allowed.size() < 2) allowed.push_back(one.text());
        });
        if (how == "ANY" && allowed.size() == 1)
            out.choice = {.how = mode::one, .space = {}, .name = allowed.front()};
        else if (!allowed.empty())
            lose("allowedFunctionNames", "as a choice");
    }

    void read_settings(json_view from) {
        sampling& how = out.how;
        how.output_limit = whole(member(from, "maxOutputTokens"), "generationConfig.maxOutputTokens");
        how.temperature = number(from["temperature"], "generationConfig.temperature");
        how.top_p = number(member(from, "topP"), "generationConfig.topP");
        how.top_k = number(member(from, "topK"), "generationConfig.topK");
        add_stop(member(from, "stopSequences"), "generationConfig.stopSequences");
        const json_view thinking = member(from, "thinkingConfig");
        how.effort = lower(text(member(thinking, "thinkingLevel"), "generationConfig.thinkingConfig.thinkingLevel"));
        const auto budget = member(thinking, "thinkingBudget").number();
        if (thinking) how.think = budget == 0U ? sampling::thinking::off : sampling::thinking::on;
        how.json_only = member(from, "responseMimeType").is("application/json");
        how.format = object(member(from, "responseJsonSchema"), "generationConfig.responseJsonSchema");
        if (how.format.empty())
            how.format = made_schema(member(from, "responseSchema"), "generationConfig.responseSchema");
    }

    call_ids ids_;
    message::role last_ = message::role::user;
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
