#include "tests/e2e/bridge_scene.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace opd::test;
using namespace opd::test::bridging;
namespace json = boost::json;

TEST_CASE("three agents talk to a server that speaks Chat Completions alone") {
    scene here;
    here.answers(events(text_answer_events));
    const std::string anthropic = here.ask(claude).body;
    CHECK(has(anthropic, R"({"type":"text_delta","text":"po"})"));
    CHECK(has(anthropic,
              R"("input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":7)"));
    CHECK(anthropic.ends_with("data: {\"type\":\"message_stop\"}\n\n"));
    const std::string responses = here.ask(codex).body;
    CHECK(has(responses, R"("type":"output_text","text":"pong")"));
    CHECK(has(responses, "event: response.completed\n"));
    const std::string contents = here.ask(gemini).body;
    CHECK(has(contents, R"({"text":"hm","thought":true})"));
    CHECK(has(contents, R"("finishReason":"STOP")"));
    for (const seen_request& one : here.asked()) {
        CHECK(one.path() == "/v1/chat/completions");
        CHECK(one.header("authorization") == "Bearer KEY0123456789");
        CHECK_FALSE(one.header("x-goog-api-key"));
    }

    here.answers(events(tools_answer_events));
    CHECK(has(here.ask(claude).body, R"("partial_json":"{\"c\":1}")"));
    CHECK(has(here.ask(codex).body, R"("call_id":"b","name":"Bash","arguments":"{}")"));
    CHECK(has(here.ask(gemini).body, R"("functionCall":{"id":"a","name":"Bash","args":{"c":1}})"));
    CHECK_FALSE(has(here.log(), "KEY0123456789"));
    CHECK(has(here.log(), "my lab: a turn of Gemini with x: done; 11 tokens in, 7 out"));
}

TEST_CASE("codex is launched through the bridge where a server lacks what it needs, and the plan says why") {
    scene here;
    const auto plan = [&here](std::string_view more) {
        return json::parse(
            here.daemon.tcp()
                .request("POST", "/api/v1/launch/resolve", {{"Content-Type", "application/json"}},
                         fmt::format(R"({{"llm_tool":"codex","model":"m","model_server":"my lab"{}}})", more))
                .body);
    };
    const json::value chosen = plan("");
    CHECK(chosen.at("via") == "bridge");
    CHECK(has(json::serialize(chosen.at("warnings")),
              R"(model server \"my lab\" has no /responses, which codex needs: it goes through the bridge)"));
    const json::value wanted = plan(R"(,"via":"bridge")");
    CHECK(wanted.at("via") == "bridge");
    CHECK_FALSE(has(json::serialize(wanted.at("warnings")), "which codex needs"));
}

TEST_CASE("a request that wants no stream gets one document") {
    scene here;
    here.answers(events(text_answer_events));
    std::string body = claude.body;
    body.replace(body.find("true"), 4, "false");
    const json::value told = json::parse(here.ask(claude, {}, body).body);
    CHECK(told.at("content").at(1).at("text") == "pong");
    CHECK(told.at("stop_reason") == "end_turn");
    here.answers(json_answer(200, R"({"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]})"));
    CHECK(has(here.ask(claude).body, R"("text":"whole")"));
}

TEST_CASE("each failure is one sentence in the agent's own shape, after one request") {
    scene here;
    const std::string rest = "; see what it has with: operatorctl models my lab";
    here.answers(json_answer(404, R"({"error":{"message":"no model x"}})"));
    http_answer told = here.ask(claude);
    CHECK(told.status == 409);
    CHECK(told.header("x-should-retry") == "false");
    CHECK(told.body == R"({"type":"error","error":{"type":"invalid_request_error","message":"model server \"my lab\" )"
                       R"(answered 404: no model x)" +
                           rest + R"("}})");
    told = here.ask(codex);
    CHECK(told.status == 200);
    CHECK(has(told.body, "event: response.failed\n"));
    CHECK(has(told.body, R"("code":"invalid_prompt","message":"model server \"my lab\" answered 404: no model x)"));
    told = here.ask(gemini);
    CHECK(told.status == 400);
    CHECK(json::parse(told.body).at("error").at("status") == "INVALID_ARGUMENT");

    here.answers(json_answer(401, R"({"error":{"message":"the key KEY0123456789 is bad"}})"));
    told = here.ask(claude);
    CHECK(told.status == 401);
    CHECK_FALSE(has(told.body + here.log(), "KEY0123456789"));
    here.answers(json_answer(429, "{}", {{"retry-after", "7"}}));
    CHECK(here.ask(claude).header("retry-after") == "7");
    CHECK(has(here.ask(codex).body, "; try again in 7 s"));
    here.answers(
        json_answer(400, R"({"error":{"message":"maximum context length is 4096 tokens, you requested 9000"}})"));
    CHECK(has(here.ask(claude).body, "prompt is too long: 9000 tokens > 4096 maximum"));
    CHECK(has(here.ask(codex).body, "context_length_exceeded"));
    here.answers(html_answer(502, "<html>bad gateway</html>"));
    CHECK(here.ask(claude).status == 502);
    CHECK(here.asked().size() == 9);
}

TEST_CASE("a server that refuses to be asked for its usage is not asked for it again") {
    scene here;
    here.server.answer("/v1/chat/completions", [](const seen_request& asked) {
        if (asked.body.find("stream_options") == std::string::npos) return events(text_answer_events);
        return json_answer(400, R"({"detail":"extra field: stream_options"})");
    });
    CHECK(has(here.ask(claude).body, "message_stop"));
    CHECK(here.asked().size() == 2);
    CHECK(has(here.ask(codex).body, "response.completed"));
    CHECK(here.asked().size() == 3);
}

TEST_CASE("an answer that breaks off never looks finished") {
    scene here;
    script cut = events(text_answer_events);
    cut.stop_after = chunk(R"({"role":"assistant","reasoning_content":"hm"})").size() + 40;
    cut.then = script::ending::close;
    here.answers(cut);
    const std::string anthropic = here.ask(claude).body;
    CHECK_FALSE(has(anthropic, "message_stop"));
    CHECK(has(anthropic, "event: error\n"));
    CHECK(has(here.ask(codex).body, "event: response.failed\n"));
    const std::string contents = here.ask(gemini).body;
    CHECK_FALSE(has(contents, "finishReason"));
    CHECK(has(contents, "\r\n\r\n{\"error\":{\"code\":400,\"message\":\"model server \\\"my lab\\\""));
    here.answers(events(text_answer_events.substr(0, 300)));
    CHECK_FALSE(has(here.ask(claude).body, "message_stop"));
}

TEST_CASE("an agent that leaves closes the server's connection at once") {
    scene here;
    script endless = events(chunk(R"({"content":"po"})"));
    endless.then = script::ending::hang;
    endless.body += std::string(1'000, ' ');
    endless.stop_after = endless.body.size() - 1'000;
    const agent chat{"openai/v1/chat/completions", claude.body, claude.auth};
    std::size_t asked = 0;
    // While its answer comes; and while nothing has come, translated and passed on.
    for (const auto& [who, answer] :
         {std::pair(&claude, endless), std::pair(&claude, black_hole()), std::pair(&chat, black_hole())}) {
        CAPTURE(who->path);
        here.answers(answer);
        {
            http_client client = here.daemon.tcp();
            client.send(
                fmt::format("POST /bridge/my%20lab/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: "
                            "application/json\r\nContent-Length: {}\r\n\r\n{}",
                            who->path, here.daemon.port(), who->body.size(), who->body));
            REQUIRE(here.server.wait_for_requests(++asked));
            CHECK(here.server.wait_for_open_connections(1));
        }
        CHECK(here.server.wait_for_open_connections(0, std::chrono::seconds(3)));
    }
}

TEST_CASE("one connection serves a conversation") {
    scene here;
    here.answers(events(text_answer_events));
    for (int turn = 0; turn != 3; ++turn) here.ask(claude);
    CHECK(here.asked().size() == 3);
    CHECK(here.server.connections() == 1);
}

TEST_CASE("the key that the daemon has is sent where the agent has none, and no other header of auth") {
    scene here("api_key_env = \"LAB_KEY\"\n", {{"LAB_KEY", "DAEMON0123456789"}});
    here.answers(events(text_answer_events));
    agent keyless = claude;
    keyless.auth = {{"Authorization", "Bearer no-key"}, {"Cookie", "c=1"}, {"x-goog-api-key", "OTHER"}};
    here.ask(keyless);
    REQUIRE(here.asked().size() == 1);
    const seen_request one = here.asked().front();
    CHECK(one.header("authorization") == "Bearer DAEMON0123456789");
    CHECK_FALSE(one.header("cookie"));
    CHECK_FALSE(one.header("x-goog-api-key"));
}

TEST_CASE("the model that the launch has named is asked for, where the agent names one that is not listed") {
    scene here;
    here.daemon.get("/model-servers/my%20lab/models");
    here.answers(events(text_answer_events));
    here.ask(claude, {{"X-Operator-Model", "qwen%3A7b"}});
    CHECK(has(here.asked().back().body, R"("model":"qwen:7b")"));
    std::string body = claude.body;
    body.replace(body.find("\"x\""), 3, "\"qwen\"");
    here.ask(claude, {{"X-Operator-Model", "other"}}, body);
    CHECK(has(here.asked().back().body, R"("model":"qwen")"));
    CHECK(has(here.ask(claude).body, R"("model":"x")"));
}

TEST_CASE("equal protocols are passed on byte for byte") {
    scene here;
    const std::string stream = "data: {\"odd\" : 1.0e0}\n\n: comment\n\n";
    here.answers(events(stream));
    const std::string body = R"( {"model": "x",  "temperature":1.50, "messages":[]} )";
    const agent chat{"openai/v1/chat/completions", body, {{"Authorization", "Bearer KEY0123456789"}}};
    CHECK(here.ask(chat).body == stream);
    CHECK(here.asked().back().body == body);
    here.ask(chat, {{"X-Operator-Model", "a/b"}});
    CHECK(here.asked().back().body == R"( {"model": "a/b",  "temperature":1.50, "messages":[]} )");

    model_server_sim vendor;
    vendor.answer("/v1/messages", events("event: ping\ndata: {}\n\n"));
    const running_daemon daemon(
        fmt::format("[[model_servers]]\nname = \"a\"\nkind = \"anthropic-api\"\nbase_url = "
                    "\"{}\"\nprobe = \"never\"\n",
                    vendor.base_url()));
    const http_answer told = daemon.tcp().request("POST", "/bridge/a/anthropic/v1/messages?beta=true",
                                                  {{"Content-Type", "application/json"},
                                                   {"x-api-key", "KEY0123456789"},
                                                   {"anthropic-version", "2023-06-01"},
                                                   {"anthropic-beta", "b1,b2"}},
                                                  claude.body);
    CHECK(told.body == "event: ping\ndata: {}\n\n");
    const seen_request asked = vendor.requests().back();
    CHECK(asked.target == "/v1/messages?beta=true");
    CHECK(asked.body == claude.body);
    CHECK(asked.header("x-api-key") == "KEY0123456789");
    CHECK(asked.header("anthropic-beta") == "b1,b2");
}

TEST_CASE("lists of models, counts of tokens and greetings are answered in each protocol's shape") {
    scene here;
    here.daemon.get("/model-servers/my%20lab/models");
    const auto get = [&](const std::string& path) {
        return json::parse(here.daemon.tcp().get("/bridge/my%20lab/" + path).body);
    };
    CHECK(get("anthropic/v1/models").at("data").at(0).at("id") == "qwen");
    CHECK(get("openai/v1/models").at("object") == "list");
    CHECK(get("gemini/v1beta/models").at("models").at(0).at("name") == "models/qwen");
    CHECK(here.daemon.tcp().get("/bridge/my%20lab/anthropic/api/hello").status == 200);
    agent counting = claude;
    counting.path = "anthropic/v1/messages/count_tokens";
    CHECK(json::parse(here.ask(counting).body).at("input_tokens").to_number<int>() > 0);
    counting = gemini;
    counting.path = "gemini/v1beta/models/a/b:c:countTokens";
    CHECK(json::parse(here.ask(counting).body).at("totalTokens").to_number<int>() > 0);
    CHECK(here.asked().empty());
}

TEST_CASE("what nobody may ask, or nobody has, is refused in the protocol's shape") {
    scene here;
    const auto ask = [&](std::string_view method, const std::string& path, header_list headers, std::string_view body) {
        if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
        return here.daemon.tcp().request(method, "/bridge/" + path, headers, body);
    };
    CHECK(ask("POST", "my%20lab/" + claude.path, {{"Origin", "https://evil.example"}}, claude.body).status == 403);
    CHECK(ask("POST", "my%20lab/" + claude.path, {{"Host", "evil.example"}}, claude.body).status == 403);
    CHECK(here.daemon.tcp()
              .request("POST", "/bridge/my%20lab/" + claude.path, {{"Content-Type", "text/plain"}}, claude.body)
              .status == 415);
    const http_answer unknown = ask("POST", "my%20lap/" + claude.path, {}, claude.body);
    CHECK(unknown.status == 404);
    CHECK(has(unknown.body, R"(did you mean \"my lab\"?)"));
    CHECK(ask("GET", "my%20lab/" + claude.path, {}, "").status == 405);
    for (const std::string odd : {"..%2F..%2Fetc", "my%20lab%2Fx", "%0D%0AX-A:%20b", ""})
        CHECK(ask("POST", odd + "/" + claude.path, {}, claude.body).status == 404);
    CHECK(ask("POST", "a%00b/" + claude.path, {}, claude.body).status == 400);
    CHECK(ask("POST", "my%20lab/anthropic/v1/nothing", {}, "{}").status == 404);
    const http_answer twice =
        ask("POST", "my%20lab/" + claude.path, {{"x-api-key", "a"}, {"X-Api-Key", "b"}}, claude.body);
    CHECK(twice.status == 400);
    CHECK(ask("POST", "my%20lab/" + claude.path, {}, "{\"model\":").status == 409);
    CHECK(ask("POST", "openai-compat/" + claude.path, {}, "{}").status == 409);  // the kind's slug is a name, too
    CHECK(here.asked().empty());
}
