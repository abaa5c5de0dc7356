#include "daemon/api/decode.hpp"

#include "config/field_rules.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"
#include "daemon/api/field_reader.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace json = boost::json;

namespace opd {
namespace {

/// For names of tools and models that may be anything, or nothing.
result<void> check_line(std::string_view text) {
    if (has_control(text)) return problem{"must not hold a control character", {}};
    return {};
}

const kind* read_kind(field_reader& reader) {
    const kind* found = nullptr;
    reader.required_text("kind", [&found](std::string_view slug) -> result<void> {
        const result<const kind*> named = kind_named(slug);
        if (!named) return named.error();
        found = *named;
        return {};
    });
    return found;
}

std::optional<std::string> read_base_url(field_reader& reader, const kind* of) {
    // Where the kind is not known, any one will do: how a URL must be formed does not depend on it.
    const kind& judge = of == nullptr ? kinds().front() : *of;
    auto url = reader.text(
        "base_url", [&judge](std::string_view declared) { return check_base_url(judge, std::string(declared)); });
    if (url || reader.faulty("base_url")) return url;
    if (const auto fits = check_base_url(judge, std::nullopt); !fits) reader.refuse("base_url", fits.error());
    return url;
}

/// All but the name.
model_server read_server(field_reader& reader, std::string name) {
    model_server server;
    server.name = std::move(name);
    server.kind = read_kind(reader);
    server.base_url = read_base_url(reader, server.kind);
    server.api_key_env = reader.text("api_key_env", check_api_key_env);
    server.extra_env = reader.variables("extra_env");
    server.display_name = reader.text("display_name", check_display_name);
    return server;
}

enum class launch_type : std::uint8_t { flag, text, texts };

struct launch_key {
    std::string_view name;
    launch_type type;
};

constexpr std::array<launch_key, 9> launch_keys{{{"yolo", launch_type::flag},
                                                 {"permission_mode", launch_type::text},
                                                 {"flags", launch_type::texts},
                                                 {"use_worktrees", launch_type::flag},
                                                 {"create_branch", launch_type::flag},
                                                 {"docker", launch_type::flag},
                                                 {"prompt_prefix", launch_type::text},
                                                 {"prompt_suffix", launch_type::text},
                                                 {"operator_relay", launch_type::flag}}};

void expect_text(field_reader& reader, std::string field, const json::value& given) {
    if (!given.is_string()) reader.refuse_type(std::move(field), "a text", given);
}

void expect_type(field_reader& reader, const std::string& field, launch_type wanted, const json::value& given) {
    switch (wanted) {
        case launch_type::flag:
            if (!given.is_bool()) reader.refuse_type(field, "true or false", given);
            return;
        case launch_type::text:
            expect_text(reader, field, given);
            return;
        case launch_type::texts:
            if (!given.is_array()) {
                reader.refuse_type(field, "a list of texts", given);
                return;
            }
            for (std::size_t i = 0; i != given.get_array().size(); ++i)
                expect_text(reader, fmt::format("{}[{}]", field, i), given.get_array()[i]);
    }
}

std::optional<json::object> read_launch_config(field_reader& reader) {
    auto table = reader.table("launch_config");
    if (!table) return table;
    for (const launch_key& key : launch_keys) {
        const json::value* const given = table->if_contains(key.name);
        if (given != nullptr) expect_type(reader, fmt::format("launch_config.{}", key.name), key.type, *given);
    }
    return table;
}

std::optional<json::object> read_remote_agent(field_reader& reader) {
    auto table = reader.table("remote_agent");
    if (!table) return table;
    for (const std::string_view key : {"platform", "id"}) {
        const json::value* const given = table->if_contains(key);
        if (given != nullptr) expect_text(reader, fmt::format("remote_agent.{}", key), *given);
    }
    return table;
}

/// All but the name.
delegator read_delegator(field_reader& reader, std::string name) {
    delegator made;
    made.name = std::move(name);
    made.llm_tool = reader.required_text("llm_tool", check_llm_tool);
    made.model = reader.required_text("model", check_model);
    made.display_name = reader.text("display_name", check_display_name);
    made.model_properties = reader.table("model_properties");
    made.model_server = reader.text("model_server", check_model_server);
    made.launch_config = read_launch_config(reader);
    made.remote_agent = read_remote_agent(reader);
    return made;
}

template <class T>
changed<T> if_sound(const field_reader& reader, T&& read) {
    if (!reader.sound()) return reader.refusal();
    return std::forward<T>(read);
}

}  // namespace

result<json::object> decode_body(std::string_view body, json::storage_ptr memory) {
    static const std::string next = "send a JSON object";
    if (body.empty()) return problem{"the request has no body", next};
    if (const std::size_t at = find_invalid_utf8(body); at != body.npos) {
        return problem{fmt::format("the body is not UTF-8 at byte {}", at + 1), next};
    }
    json::parser parser(memory);
    parser.reset(memory);
    json::error_code error;
    const std::size_t read = parser.write_some(body.data(), body.size(), error);
    if (!error && read != body.size()) error = json::error::extra_data;
    if (error) return problem{fmt::format("the body is not JSON: {} at byte {}", error.message(), read + 1), next};
    json::value value = parser.release();
    if (!value.is_object()) return problem{fmt::format("the body is {}", type_in_words(value)), next};
    return std::move(value.get_object());
}

changed<model_server> decode_new_server(const json::object& members) {
    field_reader reader(members);
    std::string name = reader.required_text("name", check_name);
    model_server server = read_server(reader, std::move(name));
    return if_sound(reader, std::move(server));
}

changed<model_server> decode_server(const json::object& members, std::string name) {
    field_reader reader(members);
    model_server server = read_server(reader, std::move(name));
    return if_sound(reader, std::move(server));
}

changed<delegator> decode_new_delegator(const json::object& members) {
    field_reader reader(members);
    std::string name = reader.required_text("name", check_name);
    delegator made = read_delegator(reader, std::move(name));
    return if_sound(reader, std::move(made));
}

changed<delegator> decode_delegator(const json::object& members, std::string name) {
    field_reader reader(members);
    delegator made = read_delegator(reader, std::move(name));
    return if_sound(reader, std::move(made));
}

changed<delegator_wish> decode_delegator_wish(const json::object& members) {
    field_reader reader(members);
    delegator_wish wish;
    wish.tool_name = reader.required_text("tool_name", check_line);
    wish.model = reader.text("model", check_model);
    wish.name = reader.text("name", check_name);
    wish.display_name = reader.text("display_name", check_display_name);
    wish.model_server = reader.text("model_server", check_model_server);
    wish.launch_config = read_launch_config(reader);
    return if_sound(reader, std::move(wish));
}

changed<default_tool> decode_default_tool(const json::object& members) {
    field_reader reader(members);
    default_tool read;
    read.tool = reader.present_text("tool", check_line);
    read.model = reader.present_text("model", check_line);
    return if_sound(reader, std::move(read));
}

}  // namespace opd
