#include "daemon/api/answers.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::api;
namespace json = boost::json;

namespace {

json::object members_of(std::string_view body) {
    const auto members = decode_body(body);
    REQUIRE(members.has_value());
    return *members;
}

/// What a client is told, a line for each fault; empty where there is none.
template <class Decoded>
std::string faults_in(const Decoded& decoded) {
    if (decoded) return {};
    CHECK(decoded.error().why == change_refusal::reason::invalid);
    std::string lines;
    for (const field_fault& fault : decoded.error().details)
        lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", fault.field, fault.message);
    return lines;
}

std::string server_faults(std::string_view body) { return faults_in(decode_entry<model_server>(members_of(body))); }

/// A server that is right but for some members.
std::string server_with(std::string_view members) {
    return server_faults(fmt::format(R"({{"name":"a","kind":"ollama",{}}})", members));
}

std::string delegator_with(std::string_view members) {
    return faults_in(decode_entry<delegator>(
        members_of(fmt::format(R"({{"name":"a","llm_tool":"claude","model":"opus",{}}})", members))));
}

}  // namespace

TEST_CASE("a body that is no JSON object is refused with the reason and the place") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"", "the request has no body"},
        {" \n", "the body is not JSON: incomplete JSON at byte 3"},
        {"{", "the body is not JSON: incomplete JSON at byte 2"},
        {"name=x", "the body is not JSON: syntax error at byte 1"},
        {R"({"a":1,})", "the body is not JSON: syntax error at byte 8"},
        {R"({"a":1} {})", "the body is not JSON: extra data at byte 9"},
        {R"({'a':1})", "the body is not JSON: syntax error at byte 2"},
        {"{\"a\":\"x\ny\"}", "the body is not JSON: syntax error at byte 8"},
        {R"({"a":"\ud800"})", "the body is not JSON: syntax error at byte 13"},
        {"{\"a\":\"\xff\"}", "the body is not UTF-8 at byte 7"},
        {"{\"a\":\"\xc0\x80\"}", "the body is not UTF-8 at byte 7"},
        {"{\"a\":\"\xed\xa0\x80\"}", "the body is not UTF-8 at byte 7"},
        {std::string(33, '['), "the body is not JSON: too deep at byte 33"},
        {std::string(100'000, '['), "the body is not JSON: too deep at byte 33"},
        {"[]", "the body is a list"},
        {"null", "the body is null"},
        {"\"x\"", "the body is a text"},
        {"1", "the body is a number"},
        {"1.5", "the body is a number"},
        {"true", "the body is a boolean"},
    };
    for (const auto& [body, message] : table) {
        CAPTURE(body.substr(0, 40));
        const auto decoded = decode_body(body);
        REQUIRE_FALSE(decoded.has_value());
        CHECK(decoded.error().message == message);
        CHECK(decoded.error().hint == "send a JSON object");
    }
    CHECK(members_of(" {} \n").empty());
}

TEST_CASE("a server: everything, as little as can be, and what counts as nothing") {
    const auto all = decode_entry<model_server>(members_of(
        R"({"name":"a/b é","kind":"openai-compat","base_url":"http://h:1/v1","api_key_env":"KEY",)"
        R"("extra_env":{"B":"","A":"line\nline"},"display_name":"A B","probe":{"status":"ok"},"user_declared":false})"));
    REQUIRE(all.has_value());
    model_server expected;
    expected.name = "a/b é";
    expected.kind = find_kind("openai-compat");
    expected.base_url = "http://h:1/v1";
    expected.api_key_env = "KEY";
    expected.extra_env = {{"B", ""}, {"A", "line\nline"}};
    expected.display_name = "A B";
    CHECK(*all == expected);

    model_server least;
    least.name = "x";
    least.kind = find_kind("ollama");
    for (const char* body :
         {R"({"name":"x","kind":"ollama"})",
          R"({"name":"x","kind":"ollama","base_url":null,"api_key_env":null,"extra_env":null,"display_name":null})",
          R"({"name":"x","kind":"ollama","base_url":"","api_key_env":"","extra_env":{},"display_name":""})"}) {
        CAPTURE(body);
        const auto decoded = decode_entry<model_server>(members_of(body));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == least);
    }
}

TEST_CASE("a server that is replaced keeps its name, whatever the body calls it") {
    const auto decoded = decode_entry<model_server>(members_of(R"({"name":5,"kind":"ollama"})"), "mine");
    REQUIRE(decoded.has_value());
    CHECK(decoded->name == "mine");
}

TEST_CASE("what is wrong with a field of a server is told in words") {
    const std::vector<std::pair<std::string, std::string>> table{
        {R"({"kind":"ollama"})", "name: is missing"},
        {R"({"name":null,"kind":"ollama"})", "name: must be a text, not null"},
        {R"({"name":7,"kind":"ollama"})", "name: must be a text, not a number"},
        {R"({"name":"","kind":"ollama"})", "name: must not be empty"},
        {R"({"name":"..","kind":"ollama"})", "name: the name \"..\" means a folder in a URL; choose another name"},
        {R"({"name":"kinds","kind":"ollama"})",
         "name: the name \"kinds\" is taken by a route of the REST interface; choose another name"},
        {R"({"name":"a\r\nb","kind":"ollama"})",
         "name: the name \"a\xEF\xBF\xBD\xEF\xBF\xBD"
         "b\" holds a control character; use letters, digits and punctuation"},
        {R"({"name":"a\u0000","kind":"ollama"})",
         "name: the name \"a\xEF\xBF\xBD\" holds a control character; use letters, digits and punctuation"},
        {fmt::format(R"({{"name":"{}","kind":"ollama"}})", std::string(129, 'n')),
         "name: the name has 129 bytes, more than 128; shorten it; display_name may be long"},
        {R"({"name":"a"})", "kind: is missing"},
        {R"({"name":"a","kind":["ollama"]})", "kind: must be a text, not a list"},
        {R"({"name":"a","kind":"olama"})", "kind: unknown kind \"olama\"; did you mean \"ollama\"?"},
        {R"({"name":"a","kind":"zzz"})",
         "kind: unknown kind \"zzz\"; the kinds are anthropic-api, openai-api, google-api, ollama, openrouter, "
         "openai-compat and lmstudio"},
        {R"({"name":"a","kind":"openai-compat"})",
         "base_url: base_url is missing: the kind \"openai-compat\" has no default; give one such as "
         "\"http://localhost:8080/v1\""},
        {R"({"name":"a","kind":"openai-compat","base_url":false})", "base_url: must be a text, not a boolean"},
    };
    for (const auto& [body, told] : table) {
        CAPTURE(body);
        CHECK(server_faults(body) == told);
    }
}

TEST_CASE("base_url, api_key_env and extra_env are refused by the rules of the file") {
    const std::vector<std::pair<std::string, std::string>> table{
        {R"("base_url":"ftp://h")",
         "base_url: base_url has the scheme \"ftp\"; only http and https are spoken; write a URL that starts with "
         "http:// or https://"},
        {R"("base_url":"http://user:hush@h")", "base_url: base_url"},
        {R"("base_url":"http://h/?key=hush")", "base_url: base_url"},
        {R"("base_url":"http://h/#hush")", "base_url: base_url"},
        {R"("base_url":"http://h\r\nX: hush")", "base_url: base_url"},
        {R"("base_url":"http://h\u0000hush")", "base_url: base_url"},
        {R"("api_key_env":"sk-hush")",
         "api_key_env: api_key_env holds a key where the NAME of a variable is wanted; write the NAME of an "
         "environment variable, as in api_key_env = \"MY_API_KEY\", and put the key itself into that variable"},
        {R"("api_key_env":"hush hush")", "api_key_env: api_key_env is not the NAME of an environment variable"},
        {R"("api_key_env":"$KEY")",
         "api_key_env: api_key_env holds a \"$\" before the name; leave the \"$\" out: only the NAME is wanted"},
        {R"("api_key_env":{"hush":1})", "api_key_env: must be a text, not an object"},
        {R"("extra_env":["hush"])", "extra_env: must be an object of texts, not a list"},
        {R"("extra_env":"A=hush")", "extra_env: must be an object of texts, not a text"},
        {R"("extra_env":{"A":1})", "extra_env.A: must be a text, not a number"},
        {R"("extra_env":{"A":null})", "extra_env.A: must be a text, not null"},
        {R"("extra_env":{"A":"hush\u0000hush"})",
         "extra_env.A: the value holds a NUL character, which no environment variable can; take it out"},
        {R"("extra_env":{"1A":"hush"})",
         "extra_env.1A: \"1A\" cannot be the name of an environment variable; use letters, digits and \"_\", and no "
         "digit at the start"},
        {R"("display_name":"a\nb")", "display_name: display_name holds a control character; take it out"},
    };
    for (const auto& [members, told] : table) {
        CAPTURE(members);
        const std::string faults = server_with(members);
        CAPTURE(faults);
        CHECK(faults.starts_with(told));
        CHECK(faults.find('\n') == faults.npos);
        CHECK(faults.find("hush") == faults.npos);
    }
}

TEST_CASE("all faults are told at once, in the order of the fields") {
    const auto decoded = decode_entry<model_server>(
        members_of(R"({"display_name":1,"extra_env":{"A":1,"B":"ok","C D":""},"base_url":"http://u@h","kind":"x"})"));
    CHECK(
        faults_in(decoded) ==
        "name: is missing\n"
        "kind: unknown kind \"x\"; the kinds are anthropic-api, openai-api, google-api, ollama, openrouter, "
        "openai-compat and lmstudio\n"
        "base_url: base_url holds a user name or password before an \"@\"; take it out; put a key into a variable and "
        "its NAME into api_key_env\n"
        "extra_env.A: must be a text, not a number\n"
        "extra_env.C D: \"C D\" cannot be the name of an environment variable; use letters, digits and \"_\", and no "
        "digit at the start\n"
        "display_name: must be a text, not a number");
    CHECK(decoded.error().message ==
          "6 fields are wrong: name, kind, base_url, extra_env.A, extra_env.C D and display_name");
}

TEST_CASE("the summary of one fault says what it is, and of very many says so") {
    const auto summary = [](std::string_view body) {
        return decode_entry<model_server>(members_of(body)).error().message;
    };
    CHECK(summary(R"({"name":"a"})") == "kind: is missing");
    CHECK(summary(R"({"name":"a","kind":"ollama","display_name":"\u0007"})") ==
          "display_name holds a control character; take it out");
    json::object variables;
    for (int i = 0; i != 1000; ++i) variables[fmt::format("V{}", i)] = i;
    const json::object body{{"name", "a"}, {"kind", "ollama"}, {"extra_env", variables}};
    const auto decoded = decode_entry<model_server>(body);
    CHECK(decoded.error().details.size() == 50);
    CHECK(decoded.error().message.starts_with("50 fields are wrong: extra_env.V0, extra_env.V1, "));
    CHECK(decoded.error().message.ends_with("extra_env.V8 and extra_env.V9 ..."));
}

TEST_CASE("a delegator: everything, and as little as can be") {
    const auto all = decode_entry<delegator>(members_of(
        R"({"name":"d","llm_tool":"codex","model":"qwen","display_name":"D","model_server":"lab",)"
        R"("model_properties":{"effort":"high","n":null,"deep":{"gone":null,"list":[1,2.5,"x",{"y":null}]}},)"
        R"("launch_config":{"yolo":true,"flags":["-v"],"prompt_prefix":"a\nb","docker":null,"ours":[]},)"
        R"("remote_agent":{"platform":"p","id":"1"},"unknown":18446744073709551616})"));
    REQUIRE(all.has_value());
    delegator expected{.name = "d", .llm_tool = "codex", .model = "qwen"};
    expected.display_name = "D";
    expected.model_server = "lab";
    expected.model_properties = json::parse(R"({"effort":"high","deep":{"list":[1,2.5,"x",{}]}})").get_object();
    expected.launch_config =
        json::parse(R"({"yolo":true,"flags":["-v"],"prompt_prefix":"a\nb","ours":[]})").get_object();
    expected.remote_agent = json::parse(R"({"platform":"p","id":"1"})").get_object();
    CHECK(*all == expected);

    for (const char* body :
         {R"({"llm_tool":"codex","model":"m"})",
          R"({"llm_tool":"codex","model":"m","display_name":"","model_server":"","model_properties":null,)"
          R"("launch_config":null,"remote_agent":null})"}) {
        CAPTURE(body);
        const auto least = decode_entry<delegator>(members_of(body), "d");
        REQUIRE(least.has_value());
        CHECK(*least == delegator{.name = "d", .llm_tool = "codex", .model = "m"});
    }
}

TEST_CASE("what is wrong with a field of a delegator is told in words") {
    CHECK(faults_in(decode_entry<delegator>({})) == "name: is missing\nllm_tool: is missing\nmodel: is missing");
    CHECK(faults_in(decode_entry<delegator>(members_of(R"({"llm_tool":"","model":"a\tb"})"), "d")) ==
          "llm_tool: must not be empty\nmodel: model holds a control character; take it out");
    const std::vector<std::pair<std::string, std::string>> table{
        {R"("model_server":1)", "model_server: must be a text, not a number"},
        {R"("model_server":"a\nb")", "model_server: model_server holds a control character; take it out"},
        {R"("display_name":[])", "display_name: must be a text, not a list"},
        {R"("model_properties":[])", "model_properties: must be an object, not a list"},
        {R"("model_properties":"x")", "model_properties: must be an object, not a text"},
        {R"("model_properties":{"a":[1,null]})",
         "model_properties: a[1] is null, which TOML does not know; leave it out"},
        {R"("model_properties":{"a":"\u0000"})", "model_properties: a holds a NUL character; take it out"},
        {R"("model_properties":{"\u0000":1})", "model_properties: a key holds a NUL character; take it out"},
        {R"("model_properties":{"n":9223372036854775808})",
         "model_properties: n is larger than any whole number of TOML; write it as a text"},
        {R"("model_properties":{"n":[{"m":18446744073709551616}]})",
         "model_properties.n[0].m: is too large a number; write it as a text"},
        {R"("model_properties":{"n":-9223372036854775809})",
         "model_properties.n: is too large a number; write it as a text"},
        {R"("model_properties":{"n":1e999})", "model_properties: n is larger than any number; write it as a text"},
        {R"("launch_config":1)", "launch_config: must be an object, not a number"},
        {R"("launch_config":{"yolo":"yes"})", "launch_config.yolo: must be true or false, not a text"},
        {R"("launch_config":{"use_worktrees":1})", "launch_config.use_worktrees: must be true or false, not a number"},
        {R"("launch_config":{"create_branch":{}})",
         "launch_config.create_branch: must be true or false, not an object"},
        {R"("launch_config":{"docker":"img"})", "launch_config.docker: must be true or false, not a text"},
        {R"("launch_config":{"operator_relay":0})",
         "launch_config.operator_relay: must be true or false, not a number"},
        {R"("launch_config":{"permission_mode":true})", "launch_config.permission_mode: must be a text, not a boolean"},
        {R"("launch_config":{"prompt_prefix":[]})", "launch_config.prompt_prefix: must be a text, not a list"},
        {R"("launch_config":{"prompt_suffix":1.5})", "launch_config.prompt_suffix: must be a text, not a number"},
        {R"("launch_config":{"flags":"--verbose"})", "launch_config.flags: must be a list of texts, not a text"},
        {R"("launch_config":{"flags":["-v",1]})", "launch_config.flags[1]: must be a text, not a number"},
        {R"("remote_agent":{"platform":1,"id":false})",
         "remote_agent.platform: must be a text, not a number\nremote_agent.id: must be a text, not a boolean"},
    };
    for (const auto& [members, told] : table) {
        CAPTURE(members);
        CHECK(delegator_with(members) == told);
    }
    CHECK(delegator_with(R"("model_properties":{"n":9223372036854775807,"m":-9223372036854775808,"x":1e18})").empty());
}

TEST_CASE("a wish for a delegator of a tool") {
    const auto least = decode_delegator_wish(members_of(R"({"tool_name":"claude","model":"","name":null})"));
    REQUIRE(least.has_value());
    CHECK(least->tool_name == "claude");
    CHECK_FALSE((least->model || least->name || least->display_name || least->model_server || least->launch_config));

    const auto all = decode_delegator_wish(
        members_of(R"({"tool_name":"claude","model":"m","name":"n","display_name":"d","model_server":"s",)"
                   R"("launch_config":{"yolo":true}})"));
    REQUIRE(all.has_value());
    CHECK(all->model == "m");
    CHECK(all->name == "n");
    CHECK(all->display_name == "d");
    CHECK(all->model_server == "s");
    CHECK(all->launch_config == json::object{{"yolo", true}});

    CHECK(faults_in(decode_delegator_wish(members_of(R"({"name":"kinds","model":1,"launch_config":{"yolo":1}})"))) ==
          "tool_name: is missing\n"
          "model: must be a text, not a number\n"
          "name: the name \"kinds\" is taken by a route of the REST interface; choose another name\n"
          "launch_config.yolo: must be true or false, not a number");
}

TEST_CASE("the default tool and model are texts, that may be empty") {
    const auto both = decode_default_tool(members_of(R"({"tool":"codex","model":"m"})"));
    REQUIRE(both.has_value());
    CHECK(both->tool == "codex");
    CHECK(both->model == "m");
    CHECK(decode_default_tool(members_of(R"({"tool":"","model":""})")).has_value());
    CHECK(faults_in(decode_default_tool(members_of(R"({"tool":null})"))) ==
          "tool: must be a text, not null\nmodel: is missing");
    CHECK(faults_in(decode_default_tool(members_of(R"({"tool":"a\nb","model":"\u0000"})"))) ==
          "tool: must not hold a control character\nmodel: must not hold a control character");
}
