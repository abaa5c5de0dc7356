#include "daemon/api/answers.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::api;
using namespace opd::state;
using namespace opd::tools;
using namespace opd::wire;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const wall_time some_time{1'700'000'000'123ms};

std::string text_of(const document_ptr& made) {
    std::string text;
    for (const auto& one : made->pieces) text += *one;
    return text;
}

const document::piece one_model = std::make_shared<const std::string>(R"([{"id":"m"}])");

server_state ollama_state() {
    server_state state;
    state.server.name = "ollama-local";
    state.server.kind = find_kind("ollama");
    return state;
}

std::vector<std::string> names_of(const json::value& object) {
    std::vector<std::string> names;
    for (const auto& field : object.as_object()) names.emplace_back(field.key());
    return names;
}

}  // namespace

TEST_CASE("models: every field, null where the server does not tell") {
    const std::vector<model> models{{.id = "a", .display_name = "A"},
                                    {.id = "b/c",
                                     .display_name = "B \"quoted\" é",
                                     .context_length = 18'446'744'073'709'551'615U,
                                     .max_output_tokens = 8192,
                                     .tools = true,
                                     .vision = false,
                                     .loaded = true}};
    CHECK(*encode_models(models) ==
          R"([{"id":"a","display_name":"A","context_length":null,"max_output_tokens":null,"tools":null,"vision":null,)"
          R"("loaded":null},{"id":"b/c","display_name":"B \"quoted\" é","context_length":18446744073709551615,)"
          R"("max_output_tokens":8192,"tools":true,"vision":false,"loaded":true}])");
    CHECK(*encode_models({}) == "[]");
}

TEST_CASE("models answer: in the order of the contract") {
    server_state state = ollama_state();
    state.status = probe_status::ok;
    state.checked_at = some_time;
    state.last_success_at = some_time;
    state.latency = 12ms;
    CHECK(text_of(encode_models_answer("ollama", state, one_model)) ==
          R"({"server":"ollama","reachable":true,"models":[{"id":"m"}],"error":null,"status":"ok","hint":null,)"
          R"("checked_at":"2023-11-14T22:13:20.123Z","last_success_at":"2023-11-14T22:13:20.123Z","latency_ms":12,)"
          R"("stale":false,"last_known_models":[{"id":"m"}]})");
}

TEST_CASE("models answer: a list is in memory once, however many answers have it") {
    server_state state = ollama_state();
    state.status = probe_status::ok;
    const auto answer = encode_models_answer("a", state, one_model);
    CHECK(std::ranges::count(answer->pieces, one_model) == 2);
}

TEST_CASE("models answer: without reachability no models, but the last good ones") {
    server_state state = ollama_state();
    state.status = probe_status::timeout;
    state.error = "no answer within 5 s";
    state.hint = "is \"it\" there?";
    state.checked_at = some_time;
    state.last_success_at = some_time - 1s;
    state.stale = true;
    CHECK(text_of(encode_models_answer("na\"me", state, one_model)) ==
          R"({"server":"na\"me","reachable":false,"models":[],"error":"no answer within 5 s","status":"timeout",)"
          R"("hint":"is \"it\" there?","checked_at":"2023-11-14T22:13:20.123Z",)"
          R"("last_success_at":"2023-11-14T22:13:19.123Z","latency_ms":null,"stale":true,)"
          R"("last_known_models":[{"id":"m"}]})");
}

TEST_CASE("model server: as little as can be declared") {
    server_state state = ollama_state();
    state.error = "not probed yet";
    CHECK(encode_server(state, false) ==
          R"({"name":"ollama-local","kind":"ollama","base_url":null,"api_key_env":null,"extra_env":{},)"
          R"("display_name":null,"user_declared":true,"probe":{"status":"pending","reachable":false,)"
          R"("checked_at":null,"latency_ms":null,"model_count":null,"error":"not probed yet","hint":null,)"
          R"("next_probe_at":null},"probe_mode":"auto","interval":null,"timeout":null,"ca_file":null,)"
          R"("allow_plaintext_key":false,"bridge":"auto"})");
}

TEST_CASE("model server: everything declared, and probed") {
    server_state state = ollama_state();
    state.server.base_url = "http://localhost:11434";
    state.server.api_key_env = "OLLAMA_API_KEY";
    state.server.display_name = "Ollama (local)";
    state.server.user_declared = false;
    state.server.probe = probe_mode::lazy;
    state.server.interval = 90s;
    state.server.timeout = 60s;
    state.server.ca_file = "/ca.pem";
    state.server.allow_plaintext_key = true;
    state.status = probe_status::ok;
    state.checked_at = some_time;
    state.latency = 7ms;
    state.next_probe_at = some_time + 30s;
    state.last_good = std::make_shared<const std::vector<model>>(3);
    CHECK(
        encode_server(state, false) ==
        R"({"name":"ollama-local","kind":"ollama","base_url":"http://localhost:11434",)"
        R"x("api_key_env":"OLLAMA_API_KEY","extra_env":{},"display_name":"Ollama (local)","user_declared":false,)x"
        R"("probe":{"status":"ok","reachable":true,"checked_at":"2023-11-14T22:13:20.123Z","latency_ms":7,)"
        R"("model_count":3,"error":null,"hint":null,"next_probe_at":"2023-11-14T22:13:50.123Z"},)"
        R"("probe_mode":"lazy","interval":"90s","timeout":"1m","ca_file":"/ca.pem","allow_plaintext_key":true,"bridge":"auto"})");
}

TEST_CASE("model server: values of extra_env are masked unless they are a reference") {
    server_state state = ollama_state();
    const std::vector<std::pair<std::string, std::string>> values{
        {"plain", "1"},    {"empty", ""},       {"reference", "${NAME_1}"}, {"half", "${NAME"}, {"more", "${A}${B}"},
        {"tail", "${A}x"}, {"dollar", "$NAME"}, {"word", "${NA ME}"},       {"stars", "***"}};
    state.server.extra_env = values;
    const auto masked = json::parse(encode_server(state, false)).at("extra_env").as_object();
    const auto revealed = json::parse(encode_server(state, true)).at("extra_env").as_object();
    REQUIRE(masked.size() == values.size());
    for (const auto& [name, value] : values) {
        CAPTURE(name);
        CHECK(masked.at(name).as_string() == (name == "reference" ? value : std::string("***")));
        CHECK(revealed.at(name).as_string() == value);
    }
}

TEST_CASE("list of model servers") {
    CHECK(encode_server_list({}) == R"({"servers":[],"total":0})");
    const std::vector<std::string_view> two{"{\"a\":1}", "{}"};
    CHECK(encode_server_list(two) == R"({"servers":[{"a":1},{}],"total":2})");
}

TEST_CASE("catalog of kinds: every row of the table, in its order, with the contract's fields") {
    const json::array list = json::parse(encode_kinds()).as_array();
    REQUIRE(list.size() == 7);
    const std::vector<std::string> fields{"slug",
                                          "display_name",
                                          "description",
                                          "setup_url",
                                          "icon",
                                          "is_builtin",
                                          "category",
                                          "category_label",
                                          "brand_icon",
                                          "default_base_url",
                                          "default_api_key_env",
                                          "connectable"};
    for (std::size_t i = 0; i != list.size(); ++i) {
        CHECK(names_of(list[i]) == fields);
        CHECK(list[i].at("slug").as_string() == kinds()[i].slug);
        CHECK(list[i].at("connectable").as_bool() == kinds()[i].connectable());
    }
    CHECK(json::serialize(list[0]) ==
          R"({"slug":"anthropic-api","display_name":"Anthropic API",)"
          R"("description":"Claude models from Anthropic's own API",)"
          R"("setup_url":"https://console.anthropic.com/settings/keys","icon":"cloud","is_builtin":true,)"
          R"("category":"first-party","category_label":"First-party","brand_icon":"anthropic",)"
          R"("default_base_url":"https://api.anthropic.com","default_api_key_env":"ANTHROPIC_API_KEY",)"
          R"("connectable":true})");
    const json::value& compat = list[5];
    CHECK(compat.at("slug").as_string() == "openai-compat");
    CHECK(compat.at("category").as_string() == "gateway");
    CHECK(compat.at("category_label").as_string() == "Gateways");
    CHECK(compat.at("brand_icon").is_null());
    CHECK(compat.at("default_base_url").is_null());
    CHECK(compat.at("default_api_key_env").is_null());
    CHECK_FALSE(compat.at("connectable").as_bool());
    CHECK_FALSE(compat.at("is_builtin").as_bool());
}

TEST_CASE("delegators: every field, null where there is nothing") {
    delegator one{.name = "d\"", .llm_tool = "codex", .model = "qwen"};
    CHECK(encode_delegator(one) ==
          R"({"name":"d\"","llm_tool":"codex","model":"qwen","display_name":null,"model_properties":null,)"
          R"("model_server":null,"launch_config":null,"remote_agent":null})");
    one.model_server = "lab";
    one.display_name = "D";
    one.model_properties = json::object{{"effort", "high"}, {"n", 1}};
    one.launch_config = json::object{{"yolo", true}};
    one.remote_agent = json::object{};
    const std::string text =
        R"({"name":"d\"","llm_tool":"codex","model":"qwen","display_name":"D",)"
        R"("model_properties":{"effort":"high","n":1},"model_server":"lab","launch_config":{"yolo":true},)"
        R"("remote_agent":{}})";
    CHECK(encode_delegator(one) == text);
    CHECK(encode_delegator_list({}) == R"({"delegators":[],"total":0})");
    CHECK(encode_delegator_list(std::vector{one, one}) == R"({"delegators":[)" + text + "," + text + R"(],"total":2})");
}

TEST_CASE("tools, with their versions where they are known") {
    const llm_tool tool{.name = "t", .min_version = "1.2"};
    CHECK(encode_tools({}) == R"({"tools":[],"total":0})");
    CHECK(encode_tools(std::vector<found_tool>{{.tool = &tool, .path = "/opt/\xff/t"}}) ==
          "{\"tools\":[{\"name\":\"t\",\"path\":\"/opt/\xEF\xBF\xBD/t\",\"version\":null,\"min_version\":\"1.2\","
          "\"version_ok\":null,\"model_aliases\":[],\"version_error\":null}],\"total\":1}");
    CHECK(encode_tools(std::vector<found_tool>{{.tool = &tool, .path = "/t", .version = "1.2.0"},
                                               {.tool = &tool, .path = "/t", .version = "1.1"},
                                               {.tool = &tool, .path = "/t", .version_error = "why"}}) ==
          R"({"tools":[{"name":"t","path":"/t","version":"1.2.0","min_version":"1.2","version_ok":true,)"
          R"("model_aliases":[],"version_error":null},)"
          R"({"name":"t","path":"/t","version":"1.1","min_version":"1.2","version_ok":false,)"
          R"("model_aliases":[],"version_error":null},)"
          R"({"name":"t","path":"/t","version":null,"min_version":"1.2","version_ok":null,)"
          R"("model_aliases":[],"version_error":"why"}],"total":3})");
    CHECK(encode_default_tool("", "m") == R"({"tool":"","model":"m"})");
}

TEST_CASE("errors: with and without details") {
    CHECK(encode_error("not_found", "no \"x\"") == R"({"error":"not_found","message":"no \"x\""})");
    const std::vector<field_fault> details{{.field = "name", .message = "is missing"},
                                           {.field = "kind", .message = "is no kind"}};
    CHECK(encode_error("validation_error", "2 fields are wrong", details) ==
          R"({"error":"validation_error","message":"2 fields are wrong",)"
          R"("details":[{"field":"name","message":"is missing"},{"field":"kind","message":"is no kind"}]})");
}

TEST_CASE("times: RFC 3339 in UTC with milliseconds") {
    CHECK(encode_time(wall_time{}) == "1970-01-01T00:00:00.000Z");
    CHECK(encode_time(some_time) == "2023-11-14T22:13:20.123Z");
    CHECK(encode_time(some_time + 877ms) == "2023-11-14T22:13:21.000Z");
    CHECK(encode_time(some_time + std::chrono::microseconds(876'999)) == "2023-11-14T22:13:20.999Z");
    CHECK(encode_time(wall_time{951'782'400s}) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("errors: what to do next is in the message for REST, and beside it for those who word it otherwise") {
    CHECK(encode_error("not_found", "no \"x\"", {}, {.verb = "list", .noun = "kinds"}) ==
          R"({"error":"not_found","message":"no \"x\"; GET /api/v1/model-servers/kinds lists them",)"
          R"("reason":"no \"x\"","next":{"verb":"list","noun":"kinds"}})");
    const auto message = [](next_step next) {
        return std::string(json::parse(encode_error("conflict", "no", {}, next)).at("message").as_string());
    };
    CHECK(message({.verb = "list", .noun = "model-servers"}) == "no; GET /api/v1/model-servers lists them");
    CHECK(message({.verb = "replace", .noun = "delegators"}) == "no; replace it with PUT, or choose another name");
    CHECK(message({.verb = "force", .noun = {}}) == "no, or force it with ?force=true");
    CHECK(message({.verb = "force", .noun = "launch"}) == "no; \"force\": true launches anyway");
    CHECK(message({.verb = "forget", .noun = "keys"}) == "no; forget one with DELETE /api/v1/keys/NAME");
    CHECK(message({.verb = "reread", .noun = {}}) == "no; GET it again, and send the change with its ETag");
}
