// Bad input over the wire: what is answered, and that the file stays as it is.

#include "tests/e2e/rest.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view declared = R"(# kept
[[model_servers]]
name = "taken"
kind = "ollama"

[[delegators]]
name = "d"
llm_tool = "codex"
model = "m"
)";

const header_list as_json{{"Content-Type", "application/json"}};

/// A request that must be refused.
struct bad_request {
    std::string method;
    std::string path;
    std::string body;
    unsigned status = 400;
    std::string error = "validation_error";
    std::string fields;
    std::string message_part;
};

/// A good body with one field as it should not be; `json_text` empty: without it.
std::string with_field(std::string_view good, std::string_view field, std::string_view json_text) {
    json::object body = json::parse(good).as_object();
    body.erase(field);
    std::string text = json::serialize(body);
    if (!json_text.empty()) text.insert(text.size() - 1, fmt::format(",\"{}\":{}", field, json_text));
    return text;
}

constexpr std::string_view good_server = R"({"name": "n", "kind": "openai-compat", "base_url": "http://127.0.0.1:1"})";
constexpr std::string_view good_delegator = R"({"name": "n", "llm_tool": "codex", "model": "m"})";

/// One field of a server, as it must not be, and a part of what is said about it.
struct bad_field {
    std::string_view field;
    std::string_view json_text;
    std::string_view fields{};  ///< as in `details`; empty: the field
    std::string_view said{};
};

const std::vector<bad_field> bad_in_server_but_name{
    {"kind", ""},
    {"kind", "null"},
    {"kind", "7"},
    {"kind", R"("")"},
    {"kind", R"("olama")", "", "did you mean \"ollama\"?"},
    {"kind", R"("Ollama")", "", "did you mean \"ollama\"?"},
    {"kind", R"("a\u0000b")"},
    {"base_url", ""},  // this kind has no default
    {"base_url", "null"},
    {"base_url", "[]"},
    {"base_url", R"("")"},
    {"base_url", R"("localhost:8080")"},
    {"base_url", R"("ftp://127.0.0.1")"},
    {"base_url", R"("http://")"},
    {"base_url", R"("http://me@127.0.0.1")"},
    {"base_url", R"("http://me:pass@127.0.0.1")"},
    {"base_url", R"("http://127.0.0.1/v1?key=1")"},
    {"base_url", R"("http://127.0.0.1/v1#x")"},
    {"base_url", R"("http://127.0.0.1:99999")"},
    {"base_url", R"("http://127.0.0.1/\r\nX: y")"},
    {"base_url", R"("http://127.0.0.1/\n")"},
    {"base_url", R"("http://127.0.0.1/\u0000")"},
    {"api_key_env", "1"},
    {"api_key_env", R"("$KEY")"},
    {"api_key_env", R"("sk-proj-0123456789")"},
    {"api_key_env", R"("1KEY")"},
    {"api_key_env", R"("KEY\n")"},
    {"extra_env", "[]"},
    {"extra_env", R"("A=1")"},
    {"extra_env", R"({"A": 1})", "extra_env.A"},
    {"extra_env", R"({"A": null})", "extra_env.A"},
    {"extra_env", R"({"A": "x", "B": "nul\u0000"})", "extra_env.B"},
    {"extra_env", R"({"1A": "x"})", "extra_env.1A"},
    {"extra_env", R"({"": "x"})", "extra_env."},
    {"extra_env", R"({"A B": "x"})", "extra_env.A B"},
    {"display_name", "false"},
    {"display_name", R"("two\nlines")"},
    {"display_name", R"("\u001b[31m")"},
    {"display_name", R"("nul\u0000")"},
};

const std::vector<std::string> bad_names{
    "",           "null",    "7",           R"("")",        R"(".")",       R"("..")",
    R"("kinds")", R"("\n")", R"("a\r\nb")", R"("a\u0000")", R"("a\u007f")", "\"" + std::string(129, 'x') + "\""};

const std::vector<bad_field> bad_in_delegator{
    {"llm_tool", ""},
    {"llm_tool", "null"},
    {"llm_tool", "1"},
    {"llm_tool", R"("")"},
    {"llm_tool", R"("co\ndex")"},
    {"model", ""},
    {"model", "{}"},
    {"model", R"("")"},
    {"model", R"("a\u0000")"},
    {"model_server", "1"},
    {"model_server", R"("a\nb")"},
    {"display_name", "[]"},
    {"display_name", R"("a\rb")"},
    {"model_properties", "[]"},
    {"model_properties", R"("high")"},
    {"launch_config", "true"},
    {"launch_config", R"(["--verbose"])"},
    {"remote_agent", "1"},
};

std::vector<bad_request> bad_requests() {
    std::vector<bad_request> all;
    const auto field = [](const bad_field& bad) { return std::string(bad.fields.empty() ? bad.field : bad.fields); };
    for (const bad_field& bad : bad_in_server_but_name) {
        const std::string body = with_field(good_server, bad.field, bad.json_text);
        all.push_back({"POST", "/model-servers", body, 400, "validation_error", field(bad), std::string(bad.said)});
        all.push_back(
            {"PUT", "/model-servers/taken", body, 400, "validation_error", field(bad), std::string(bad.said)});
    }
    for (const bad_field& bad : bad_in_delegator) {
        const std::string body = with_field(good_delegator, bad.field, bad.json_text);
        all.push_back({"POST", "/delegators", body, 400, "validation_error", field(bad), ""});
        all.push_back({"PUT", "/delegators/d", body, 400, "validation_error", field(bad), ""});
    }
    for (const std::string& name : bad_names) {
        all.push_back(
            {"POST", "/model-servers", with_field(good_server, "name", name), 400, "validation_error", "name", ""});
        all.push_back(
            {"POST", "/delegators", with_field(good_delegator, "name", name), 400, "validation_error", "name", ""});
    }
    all.push_back(
        {"POST", "/model-servers", with_field(good_server, "name", R"("taken")"), 409, "conflict", "", "\"taken\""});
    all.push_back({"POST", "/delegators", with_field(good_delegator, "name", R"("d")"), 409, "conflict", "", "\"d\""});
    all.push_back(
        {"PUT", "/model-servers/takn", std::string(good_server), 404, "not_found", "", "did you mean \"taken\"?"});
    all.push_back({"PUT", "/delegators/e", std::string(good_delegator), 404, "not_found", "", "\"e\""});
    all.push_back({"DELETE", "/model-servers/takn", "", 404, "not_found", "", "did you mean \"taken\"?"});
    all.push_back({"DELETE", "/delegators/nobody", "", 404, "not_found", "", "\"nobody\""});
    all.push_back({"DELETE", "/model-servers/taken?force=maybe", "", 400, "validation_error", "force", ""});
    all.push_back({"PUT", "/llm-tools/default", R"({"tool": 1, "model": "m"})", 400, "validation_error", "tool", ""});
    all.push_back(
        {"PUT", "/llm-tools/default", R"({"tool": "claude", "model": []})", 400, "validation_error", "model", ""});
    all.push_back(
        {"PUT", "/llm-tools/default", R"({"tool": "a\nb", "model": "m"})", 400, "validation_error", "tool", ""});
    all.push_back({"POST", "/delegators/from-tool", R"({"tool_name": 1})", 400, "validation_error", "tool_name", ""});
    all.push_back({"POST", "/delegators/from-tool", R"({"tool_name": "cluade"})", 404, "not_found", "",
                   "did you mean \"claude\"?"});
    return all;
}

}  // namespace

TEST_CASE("bad fields are refused by name, and the file stays as it is") {
    const running_daemon daemon(declared);
    rest_client client(daemon.tcp());
    for (const bad_request& bad : bad_requests()) {
        CAPTURE(bad.method);
        CAPTURE(bad.path);
        CAPTURE(bad.body);
        const rest_answer answer =
            client.ask(bad.method, bad.path, bad.method == "DELETE" ? header_list{} : as_json, bad.body);
        CAPTURE(answer.http.body);
        CHECK(answer.status() == bad.status);
        CHECK(answer.error() == bad.error);
        CHECK(answer.fields() == bad.fields);
        CHECK_FALSE(answer.message().empty());
        std::string said = answer.message();
        if (!answer.fields().empty()) said += answer.json.at("details").at(0).at("message").as_string();
        CHECK(said.find(bad.message_part) != std::string::npos);
    }
    CHECK(read_file(daemon.config_file()) == declared);
    CHECK(client.get("/health").json.at("config").at("generation") == 1);
}

TEST_CASE("all that is wrong with a request is told at once") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    const json::object wrong{{"name", "a\nb"}, {"kind", "olama"}, {"api_key_env", "a b"}, {"extra_env", {{"A", 1}}}};
    CHECK(client.post("/model-servers", wrong).fields() == "name kind api_key_env extra_env.A");
}

TEST_CASE("what is not JSON, not an object or not announced as JSON is refused") {
    const running_daemon daemon(declared);
    rest_client client(daemon.tcp());
    for (const std::string_view body : {"", "{", "{]", "nonsense", "{\"name\": \"a\xFF\"}", "{\"name\": \"\\ud800\"}",
                                        "{} {}", "{'name': 'a'}", "{\"name\": NaN}"}) {
        CAPTURE(body);
        const rest_answer answer = client.ask("POST", "/model-servers", as_json, body);
        CHECK(answer.status() == 400);
        CHECK(answer.error() == "bad_request");
    }
    for (const std::string_view body : {"[]", "null", "\"name\"", "1"}) {
        CAPTURE(body);
        CHECK(client.ask("POST", "/model-servers", as_json, body).status() == 400);
        CHECK(client.ask("PUT", "/delegators/d", as_json, body).status() == 400);
    }
    const std::string nested = "{\"name\": " + std::string(100'000, '[') + "}";
    CHECK(client.ask("POST", "/model-servers", as_json, nested).status() == 400);
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
        CAPTURE(type);
        header_list headers;
        if (*type != '\0') headers.emplace_back("Content-Type", type);
        const rest_answer answer = client.ask("POST", "/model-servers", headers, good_server);
        CHECK(answer.status() == 415);
        CHECK(answer.error() == "unsupported_media_type");
    }
    CHECK(read_file(daemon.config_file()) == declared);
    for (const char* type : {"application/json; charset=utf-8", "Application/JSON"}) {
        const auto body = with_field(good_server, "name", fmt::format("\"{}\"", type));
        CHECK(client.ask("POST", "/model-servers", {{"Content-Type", type}}, body).status() == 201);
    }
}

TEST_CASE("a request that is too large is refused, and one that would make the file too large") {
    const std::size_t limit = std::size_t{1} << 20;
    const std::string text = std::string(declared) + "# " + std::string(limit - declared.size() - 100, 'x') + "\n";
    const running_daemon daemon(text);
    rest_client client(daemon.tcp());
    const auto body = with_field(good_server, "display_name", fmt::format("\"{}\"", std::string(limit, 'x')));
    const rest_answer answer = client.ask("POST", "/model-servers", as_json, body);
    CHECK(answer.status() == 413);
    CHECK(answer.error() == "payload_too_large");
    rest_client again(daemon.tcp());
    const auto small = with_field(good_server, "display_name", fmt::format("\"{}\"", std::string(200, 'x')));
    const rest_answer full = again.ask("POST", "/model-servers", as_json, small);
    CHECK_MESSAGE(full.status() == 413, full.http.body);
    CHECK(full.error() == "payload_too_large");
    CHECK((read_file(daemon.config_file()) == text));
}

TEST_CASE("a browser's page of another origin changes nothing") {
    const running_daemon daemon(declared);
    rest_client client(daemon.tcp());
    const header_list from_page{{"Content-Type", "application/json"}, {"Origin", "http://evil.example"}};
    CHECK(client.ask("POST", "/model-servers", from_page, good_server).status() == 403);
    const header_list from_name{{"Content-Type", "application/json"}, {"Host", "evil.example"}};
    CHECK(client.ask("DELETE", "/model-servers/taken", from_name, {}).status() == 403);
    CHECK(read_file(daemon.config_file()) == declared);
}
