#include "tests/e2e/config_model.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace json = boost::json;

namespace opd::test {
namespace {

using namespace std::string_view_literals;

constexpr std::array lines{"plain"sv,
                           "with blanks"sv,
                           "ünïcode 看板 🦀"sv,
                           "a \"quoted\" one"sv,
                           "it's"sv,
                           "back\\slash\\n"sv,
                           "# no comment"sv,
                           "[[model_servers]]"sv,
                           "'''"sv,
                           "\"\"\""sv,
                           "name = \"other\""sv,
                           "{ a = 1 }"sv,
                           "]"sv,
                           "ends in \\"sv,
                           "=,.#"sv,
                           "${A_NAME}"sv};
// Control characters and line ends; what only the values of variables may hold.
constexpr std::array texts{"two\nlines"sv, "a\ttab"sv, "\x01\x1b\x7f"sv, "\n[[delegators]]\nname = 1\n"sv, " "sv, ""sv};
constexpr std::array durations{"500ms"sv, "1500ms"sv, "90s"sv, "1m"sv, "2h"sv, "7d"sv};
constexpr std::array kinds{"openai-compat"sv, "ollama"sv, "lmstudio"sv, "openrouter"sv, "anthropic-api"sv};

/// Texts of several lines in a file with CRLF hold CRLF, too.
json::value with_plain_line_ends(const json::value& from) {
    return json::parse(boost::algorithm::replace_all_copy(json::serialize(from), R"(\r\n)", R"(\n)"));
}

std::string difference(std::string_view what, const json::value& expected, const json::value& found) {
    if (expected == found) return {};
    return fmt::format("{}: expected {}, found {}", what, json::serialize(expected), json::serialize(found));
}

}  // namespace

void add_defaults(json::object& server) {
    for (const char* name : {"interval", "timeout", "ca_file"}) server.emplace(name, nullptr);
    server.emplace("probe_mode", "auto");
    server.emplace("allow_plaintext_key", false);
    server.emplace("bridge", "auto");
}

config_model config_model::expected_of(std::string_view name) {
    const json::value all = json::parse(read_file(fmt::format("{}/config/{}.json", OPD_TEST_DATA, name)));
    config_model made{all.at("servers").as_array(), all.at("delegators").as_array(), all.at("default").as_object()};
    for (json::value& server : made.servers) add_defaults(server.as_object());
    return made;
}

bool config_model::is_in_use(std::string_view server) const {
    const json::value name(server);
    return std::ranges::any_of(delegators, [&](const json::value& one) { return one.at("model_server") == name; });
}

std::string differences(const config_model& model, rest_client& client) {
    json::array declared;
    const json::value servers = client.get("/model-servers").json;
    for (const json::value& one : servers.at("servers").as_array()) {
        json::object server = one.as_object();
        if (server.at("user_declared") == false) continue;
        server.erase("user_declared");
        server.erase("probe");
        declared.emplace_back(std::move(server));
    }
    const json::value delegators = client.get("/delegators").json;
    std::string found = difference("servers", model.servers, with_plain_line_ends(declared));
    found += difference("delegators", model.delegators, with_plain_line_ends(delegators.at("delegators")));
    found += difference("default", model.defaults, client.get("/llm-tools/default").json);
    found += difference("total of servers", model.servers.size() + 3, servers.at("total"));
    found += difference("total of delegators", model.delegators.size(), delegators.at("total"));
    return found;
}

std::string entry_maker::line() { return std::string(lines[below(lines.size())]); }

std::string entry_maker::text() { return once_in(2) ? line() : std::string(texts[below(texts.size())]); }

std::string entry_maker::name() { return fmt::format("{} {}", line(), ++names_); }

std::string entry_maker::base_url() {
    return fmt::format("http://127.0.0.1:1/u{}{}", ++names_, once_in(2) ? "/v1" : "");
}

json::object entry_maker::server(std::string_view name) {
    json::object made{{"name", name},           {"kind", kinds[below(kinds.size())]}, {"base_url", base_url()},
                      {"api_key_env", nullptr}, {"extra_env", json::object()},        {"display_name", nullptr}};
    const bool has_default = made.at("kind") == "ollama" || made.at("kind") == "anthropic-api";
    if (has_default && once_in(4)) made["base_url"] = nullptr;
    if (once_in(3)) made["api_key_env"] = fmt::format("KEY_{}", below(5));
    if (once_in(2)) made["display_name"] = line();
    if (once_in(4)) made["probe_mode"] = once_in(2) ? "lazy" : "never";
    if (once_in(4)) made["interval"] = durations[below(durations.size())];
    if (once_in(4)) made["timeout"] = durations[below(durations.size())];
    if (once_in(4)) made["ca_file"] = "/" + line();
    if (once_in(4)) made["allow_plaintext_key"] = true;
    if (once_in(4)) made["bridge"] = once_in(2) ? "always" : "never";
    add_defaults(made);
    for (std::size_t i = once_in(2) ? 0 : below(4); i != 0; --i)
        made["extra_env"].as_object()[fmt::format("VARIABLE_{}", below(6))] = text();
    return made;
}

json::object entry_maker::delegator(std::string_view name, const config_model& model) {
    json::object made{{"name", name},
                      {"llm_tool", once_in(2) ? "claude" : "codex"},
                      {"model", line()},
                      {"display_name", nullptr},
                      {"model_properties", nullptr},
                      {"model_server", nullptr},
                      {"launch_config", nullptr},
                      {"remote_agent", nullptr}};
    if (once_in(2)) made["display_name"] = line();
    if (once_in(2) && !model.servers.empty())
        made["model_server"] = model.servers.at(below(model.servers.size())).at("name");
    else if (once_in(4))
        made["model_server"] = "openai-api";
    if (once_in(2)) made["model_properties"] = table(2);
    if (once_in(2)) {
        json::object launch{{"yolo", once_in(2)}, {"flags", json::array{line(), text()}}};
        if (once_in(2)) launch["prompt_prefix"] = text();
        if (once_in(4)) launch["permission_mode"] = "plan";
        made["launch_config"] = std::move(launch);
    }
    if (once_in(5)) made["remote_agent"] = {{"platform", line()}, {"id", text()}};
    return made;
}

json::object entry_maker::table(int depth) {
    json::object made;
    for (std::size_t i = below(4); i != 0; --i)
        made[once_in(2) ? fmt::format("key-{}", below(9)) : line()] = any(depth - 1);
    return made;
}

json::value entry_maker::any(int depth) {
    constexpr std::array reals{0.5, 3.0, -1e15, 1e-7, 123456.789};
    constexpr std::array<std::int64_t, 4> integers{0, -1, INT64_MAX, INT64_MIN};
    switch (below(depth > 0 ? 6 : 4)) {
        case 0: return json::value(once_in(2));
        case 1: return json::value(integers[below(integers.size())]);
        case 2: return json::value(reals[below(reals.size())]);
        case 3: return json::value(text());
        case 4: {
            json::array made;
            for (std::size_t i = below(4); i != 0; --i) made.push_back(any(depth - 1));
            return made;
        }
        default: return table(depth);
    }
}

}  // namespace opd::test
