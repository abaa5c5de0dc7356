#include "tests/client/fake_daemon.hpp"

#include <doctest/doctest.h>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;

namespace {

constexpr const char* lab_body =
    R"({"name":"lab","kind":"openai-compat","base_url":"http://lab:8000","api_key_env":"LAB_KEY","extra_env":{"A":"1","B":"***"},"display_name":null,"user_declared":true,"probe":{"status":"ok","reachable":true}})";

daemon_reply refusal(unsigned status, const std::string& rest) {
    return answered(status, R"({"error":"x","message":")" + rest + "}");
}

}  // namespace

TEST_CASE("a server is added with the fields that were given") {
    fake_daemon daemon{.replies = {{"POST /api/v1/model-servers", answered(201, lab_body)}}};
    const command::servers_add asked{
        .name = "lab",
        .fields = {.values = {{"kind", "openai-compat"}, {"base_url", "http://lab:8000"}, {"api_key_env", "LAB_KEY"}},
                   .env = {"A=1", "B=\"'\n"}}};
    const outcome end = daemon.run(asked);
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.out == "lab added; its models: operatorctl models lab\n");
    REQUIRE(daemon.requests.size() == 1);
    CHECK(
        daemon.requests.front().body ==
        R"({"name":"lab","kind":"openai-compat","base_url":"http://lab:8000","api_key_env":"LAB_KEY","extra_env":{"A":"1","B":"\"'\n"}})");
    CHECK(daemon.run(asked, true).out == std::string(lab_body) + "\n");

    daemon.run(command::servers_add{.name = "o", .fields = {.values = {{"kind", "ollama"}}}});
    CHECK(daemon.requests.back().body == R"({"name":"o","kind":"ollama"})");
}

TEST_CASE("setting a server changes what is given, and only if nobody else did in between") {
    fake_daemon daemon{.replies = {{"/api/v1/model-servers/lab", answered(200, lab_body, "\"7\"")},
                                   {"PUT /api/v1/model-servers/lab", answered(200, lab_body)}}};
    const command::servers_set asked{.name = "lab",
                                     .fields = {.values = {{"base_url", "http://lab:9000"},
                                                           {"api_key_env", ""},
                                                           {"timeout", "20s"},
                                                           {"interval", ""},
                                                           {"allow_plaintext_key", "true"}},
                                                .env = {"C=3"},
                                                .unset_env = {"A", "Z"}}};
    const outcome end = daemon.run(asked);
    CHECK(end.exit_code == 0);
    CHECK(end.out == "lab changed; its models: operatorctl models lab\n");
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers/lab", "PUT /api/v1/model-servers/lab"});
    CHECK(
        daemon.requests.back().body ==
        R"({"kind":"openai-compat","base_url":"http://lab:9000","api_key_env":null,"extra_env":{"B":"***","C":"3"},"display_name":null,"interval":null,"timeout":"20s","allow_plaintext_key":true})");
    CHECK(daemon.requests.back().if_match == "\"7\"");
}

TEST_CASE("a server that is not there is not set") {
    fake_daemon daemon{.replies = {{"/api/v1/model-servers/lap",
                                    refusal(404, R"(no model server is named \"lap\"; did you mean \"lab\"?")")}}};
    const outcome end = daemon.run(command::servers_set{.name = "lap", .fields = {.values = {{"kind", "ollama"}}}});
    CHECK(end.exit_code == 1);
    CHECK(end.out.empty());
    CHECK(end.err == "no model server is named \"lap\"; did you mean \"lab\"?\n");
    CHECK(daemon.requests.size() == 1);
}

TEST_CASE("a refused change is told with its fields, and ends with 1") {
    fake_daemon daemon{
        .replies = {{"POST /api/v1/model-servers",
                     refusal(400, R"(2 fields are wrong","details":[{"field":"kind","message":"unknown kind \"olama\""},
                              {"field":"extra_env.A","message":"is not UTF-8"}])")}}};
    for (const bool json : {false, true}) {
        const outcome end =
            daemon.run(command::servers_add{.name = "lab", .fields = {.values = {{"kind", "olama"}}}}, json);
        CHECK(end.exit_code == 1);
        CHECK(end.out.empty());
        CHECK(end.err == "2 fields are wrong\n  kind: unknown kind \"olama\"\n  extra_env.A: is not UTF-8\n");
    }
}

TEST_CASE("a server is removed, by force where that is asked for") {
    fake_daemon daemon{
        .replies = {
            {"DELETE /api/v1/model-servers/a%20b",
             refusal(409, R"(x","reason":"codex-lab uses it; remove it first","next":{"verb":"force","noun":null})")},
            {"DELETE /api/v1/model-servers/a%20b?force=true", answered(200, lab_body)}}};
    const outcome refused = daemon.run(command::servers_remove{.name = "a b"});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err == "codex-lab uses it; remove it first, or force it with --force\n");
    CHECK(daemon.run(command::servers_remove{.name = "a b", .force = true}).out == "a b removed\n");
    CHECK(daemon.run(command::servers_remove{.name = "a b", .force = true}, true).out == std::string(lab_body) + "\n");
}

TEST_CASE("a delegator is added with the fields that were given") {
    fake_daemon daemon{.replies = {{"POST /api/v1/delegators", answered(201, R"({"name":"d"})")}}};
    CHECK(daemon.run(command::delegators_add{.name = "it's", .llm_tool = "codex", .model = "m"}).out ==
          "it's added; start it with: operatorctl launch --delegator 'it'\\''s'\n");
    CHECK(daemon.requests.back().body == R"({"name":"it's","llm_tool":"codex","model":"m"})");
    const outcome end = daemon.run(command::delegators_add{.name = "d",
                                                           .llm_tool = "claude",
                                                           .model = "m",
                                                           .model_server = "lab",
                                                           .display_name = "D",
                                                           .permission_mode = "plan",
                                                           .reasoning_effort = "high",
                                                           .flags = {"--verbose", ""},
                                                           .yolo = true},
                                   true);
    CHECK(end.out == "{\"name\":\"d\"}\n");
    CHECK(
        daemon.requests.back().body ==
        R"({"name":"d","llm_tool":"claude","model":"m","model_server":"lab","display_name":"D","model_properties":{"reasoning_effort":"high"},"launch_config":{"yolo":true,"permission_mode":"plan","flags":["--verbose",""]}})");
}

TEST_CASE("what to do next is told in commands") {
    struct step {
        const char* next;
        const char* told;
    };

    const std::vector<step> cases{
        {R"({"verb":"list","noun":"model-servers"})", "why; operatorctl servers lists them\n"},
        {R"({"verb":"list","noun":"delegators"})", "why; operatorctl delegators lists them\n"},
        {R"({"verb":"list","noun":"kinds"})", "why; operatorctl kinds lists them\n"},
        {R"({"verb":"list","noun":"keys"})", "why; operatorctl keys lists them\n"},
        {R"({"verb":"forget","noun":"keys"})", "why; forget one with: operatorctl keys forget NAME\n"},
        {R"({"verb":"replace","noun":"model-servers"})",
         "why; change it with: operatorctl servers set NAME, or choose another name\n"},
        {R"({"verb":"replace","noun":"delegators"})", "why; choose another name\n"},
        {R"({"verb":"force","noun":"launch"})", "why; --force launches anyway\n"},
        {R"({"verb":"reread","noun":null})",
         "why; somebody else has changed it meanwhile: look at it, and try again\n"},
        {R"({"verb":"of the future","noun":null})", "as REST has it\n"},
        {"null", "as REST has it\n"}};
    for (const step& one : cases) {
        CAPTURE(one.next);
        fake_daemon daemon{
            .replies = {{"/api/v1/delegators/d",
                         refusal(404, std::string(R"(as REST has it","reason":"why","next":)") + one.next)}}};
        CHECK(daemon.run(command::delegators_show{"d"}).err == one.told);
    }
}

TEST_CASE("a field that is wrong is told once") {
    fake_daemon daemon{.replies = {{"/api/v1/delegators/d", refusal(400, R"(interval is out of range","details":[
                              {"field":"interval","message":"interval is out of range"}])")}}};
    CHECK(daemon.run(command::delegators_show{"d"}).err == "interval is out of range\n");
}

TEST_CASE("delegators are listed, shown and removed") {
    const std::string body = R"({"name":"d/1","llm_tool":"codex","model":"m","model_server":null})";
    fake_daemon daemon{
        .replies = {{"/api/v1/delegators", answered(200, R"({"delegators":[)" + body + R"(],"total":1})")},
                    {"/api/v1/delegators/d%2F1", answered(200, body)},
                    {"DELETE /api/v1/delegators/d%2F1", answered(200, body)}}};
    CHECK(daemon.run(command::delegators_list()).out ==
          "NAME  TOOL   MODEL  MODEL SERVER  LAUNCHES HERE\n"
          "d/1   codex  m      -             yes\n");
    CHECK(daemon.run(command::delegators_show{"d/1"}).out ==
          "name          d/1\n"
          "llm tool      codex\n"
          "model         m\n"
          "model server  openai-api (the default of codex)\n");
    CHECK(daemon.run(command::delegators_show{"d/1"}, true).out == body + "\n");
    CHECK(daemon.run(command::delegators_remove{"d/1"}).out == "d/1 removed\n");
}

TEST_CASE("the tools are shown with the default") {
    fake_daemon daemon{.replies = {{"/api/v1/llm-tools",
                                    answered(200, R"({"tools":[{"name":"codex","path":"/usr/bin/codex","version":null,
                              "min_version":"0.169.0","version_ok":null,"model_aliases":["a","b"]}],"total":1})")},
                                   {"/api/v1/llm-tools/default", answered(200, R"({"tool":"codex","model":"m"})")}}};
    CHECK(daemon.run(command::tools()).out ==
          "TOOL    VERSION  PATH            MODELS\n"
          "codex   -        /usr/bin/codex  a, b\n"
          "claude  -        not found       opus, sonnet, haiku\n"
          "gemini  -        not found       auto, pro, flash, flash-lite\n"
          "\n"
          "claude: not found; install it with: npm install -g @anthropic-ai/claude-code\n"
          "gemini: not found; install it with: npm install -g @google/gemini-cli\n"
          "default: codex with m\n");
    CHECK(daemon.run(command::tools(), true).out.starts_with("{\"tools\":["));
}
