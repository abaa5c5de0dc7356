#include "tests/client/fake_daemon.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;

namespace {

constexpr const char* codex_lab = R"({"name":"codex-lab","llm_tool":"codex","model":"old","model_server":"lab",
    "display_name":"Mine","model_properties":null,"launch_config":{"yolo":true},"remote_agent":null})";

/// A daemon that knows the server lab with its models, and agrees with everything.
fake_daemon usual(const std::string& started = "codex-lab") {
    return {.replies = {
                {"/api/v1/model-servers/lab", answered(200, R"({"name":"lab","kind":"ollama"})")},
                {"/api/v1/model-servers/anthropic-api",
                 answered(200, R"({"name":"anthropic-api","kind":"anthropic-api"})")},
                {"/api/v1/model-servers/odd", answered(200, R"({"name":"odd","kind":"from-the-future"})")},
                {"/api/v1/model-servers/lab/models",
                 answered(200, R"({"server":"lab","reachable":true,"status":"ok","models":[{"id":"embed","tools":false},
                      {"id":"qwen","tools":true}]})")},
                {"POST /api/v1/launch/resolve", answered(200, R"({"delegator":")" + started + "\"}")},
                {"POST /api/v1/delegators", answered(201, R"({"name":"new"})")},
                {"PUT /api/v1/delegators/codex-lab", answered(200, R"({"name":"changed"})")},
                {"PUT /api/v1/llm-tools/default", answered(200, R"({"tool":"codex","model":"qwen"})")}}};
}

const daemon_request& sent(const fake_daemon& daemon, std::string_view target, http_method method) {
    const daemon_request* found = nullptr;
    for (const daemon_request& one : daemon.requests)
        if (one.target == target && one.method == method) found = &one;
    REQUIRE(found != nullptr);
    return *found;
}

}  // namespace

TEST_CASE("using a server makes a delegator for the agent that speaks its protocol, and the default of it") {
    fake_daemon daemon = usual();
    const outcome end = daemon.run(command::use{.server = "lab"});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.out ==
          "codex now uses lab with the model qwen (delegator codex-lab, added)\n"
          "start it with: operatorctl launch\n");
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers/lab", "/api/v1/delegators/codex-lab",
                                                       "/api/v1/model-servers/lab/models",
                                                       "POST /api/v1/launch/resolve", "POST /api/v1/delegators",
                                                       "PUT /api/v1/llm-tools/default", "POST /api/v1/launch/resolve"});
    CHECK(daemon.requests[3].body == R"({"llm_tool":"codex","model":"qwen","model_server":"lab","force":true})");
    CHECK(daemon.requests[4].body == R"({"llm_tool":"codex","model":"qwen","model_server":"lab","name":"codex-lab"})");
    CHECK(daemon.requests[5].body == R"({"tool":"codex","model":"qwen"})");
    CHECK(daemon.requests[6].body == R"({"force":true})");
    CHECK(usual().run(command::use{.server = "lab"}, true).out ==
          "{\"delegator\":{\"name\":\"new\"},\"default\":{\"tool\":\"codex\",\"model\":\"qwen\"}}\n");
}

TEST_CASE("a delegator that is there already keeps everything but its model") {
    fake_daemon daemon = usual();
    daemon.replies.emplace("/api/v1/delegators/codex-lab", answered(200, codex_lab, "\"3\""));
    CHECK(daemon.run(command::use{.server = "lab", .llm_tool = {}, .model = "new"}).out ==
          "codex now uses lab with the model new (delegator codex-lab, changed)\n"
          "start it with: operatorctl launch\n");
    const daemon_request& put = sent(daemon, "/api/v1/delegators/codex-lab", http_method::put);
    CHECK(
        put.body ==
        R"({"remote_agent":null,"llm_tool":"codex","model":"new","model_server":"lab","display_name":"Mine","model_properties":null,"launch_config":{"yolo":true}})");
    CHECK(put.if_match == "\"3\"");

    daemon.requests.clear();
    CHECK(daemon.run(command::use{.server = "lab"}).out ==
          "codex now uses lab with the model old (delegator codex-lab, kept)\n"
          "start it with: operatorctl launch\n");
    CHECK(std::ranges::count(daemon.targets(), "PUT /api/v1/delegators/codex-lab") == 0);
}

TEST_CASE("a delegator of that name that is for something else is left alone") {
    for (const char* body : {R"({"name":"codex-lab","llm_tool":"claude","model":"m","model_server":"lab"})",
                             R"({"name":"codex-lab","llm_tool":"codex","model":"m","model_server":"other"})",
                             R"({"name":"codex-lab","llm_tool":"codex","model":"m","model_server":null})",
                             R"({"name":"codex-lab","llm_tool":"codex","model":"m","model_server":"lab",
                                 "remote_agent":{"platform":"p"}})"}) {
        CAPTURE(body);
        fake_daemon daemon = usual();
        daemon.replies.emplace("/api/v1/delegators/codex-lab", answered(200, body));
        const outcome end = daemon.run(command::use{.server = "lab"});
        CHECK(end.exit_code == 1);
        CHECK(
            end.err ==
            "the delegator \"codex-lab\" exists already and is for something else; see it with: operatorctl delegators "
            "show codex-lab\n");
        CHECK(daemon.requests.size() == 2);
    }
}

TEST_CASE("the vendor's own server stays implicit, with a model that the agent knows") {
    fake_daemon daemon = usual("claude-anthropic-api");
    const outcome end = daemon.run(command::use{.server = "anthropic-api"});
    CHECK(end.out ==
          "claude now uses anthropic-api with the model opus (delegator claude-anthropic-api, added)\n"
          "start it with: operatorctl launch\n");
    CHECK(sent(daemon, "/api/v1/delegators", http_method::post).body ==
          R"({"llm_tool":"claude","model":"opus","name":"claude-anthropic-api"})");
}

TEST_CASE("nothing is changed where the daemon would not launch the pair") {
    fake_daemon daemon = usual();
    daemon.replies.insert_or_assign("POST /api/v1/launch/resolve",
                                    answered(409, R"({"error":"conflict","message":"claude cannot use lab"})"));
    const outcome end = daemon.run(command::use{.server = "lab", .llm_tool = "claude", .model = "m"});
    CHECK(end.exit_code == 1);
    CHECK(end.err == "claude cannot use lab\n");
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers/lab", "/api/v1/delegators/claude-lab",
                                                       "POST /api/v1/launch/resolve"});
}

TEST_CASE("a server that lists nothing needs a model, and an unknown kind an agent") {
    fake_daemon daemon = usual();
    daemon.replies.insert_or_assign("/api/v1/model-servers/lab/models",
                                    answered(200, R"({"server":"lab","status":"refused","models":[]})"));
    const outcome end = daemon.run(command::use{.server = "lab"});
    CHECK(end.exit_code == 1);
    CHECK(end.err ==
          "lab lists no model (refused); name one with --model MODEL, or see what is wrong with: operatorctl models "
          "lab\n");
    daemon.replies.insert_or_assign(
        "/api/v1/model-servers/lab/models",
        answered(200, R"({"server":"lab","status":"refused","models":[],"last_known_models":[{"id":"known"}]})"));
    CHECK(daemon.run(command::use{.server = "lab"}).out.starts_with("codex now uses lab with the model known "));
    CHECK(daemon.run(command::use{.server = "odd"}).err ==
          "no agent is known for the kind \"from-the-future\"; name one with --tool TOOL\n");
}

TEST_CASE("it is said where a launch would still start something else") {
    for (const std::string other : {"codex-other", ""}) {
        fake_daemon daemon = usual(other);
        const outcome end = daemon.run(command::use{.server = "lab"});
        CHECK(end.exit_code == 1);
        CHECK(end.out == "codex now uses lab with the model qwen (delegator codex-lab, added)\n");
        CHECK(end.err == "but operatorctl launch alone starts " +
                             (other.empty() ? std::string("no delegator") : '"' + other + '"') +
                             "; start this one with: operatorctl launch --delegator codex-lab\n");
    }
}
