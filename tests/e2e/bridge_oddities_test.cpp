#include "tests/e2e/bridge_scene.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace opd::test;
using namespace opd::test::bridging;
namespace json = boost::json;

TEST_CASE("a good status without an answer is told as what it is") {
    scene here;
    const auto told = [&](script answer) {
        here.answers(std::move(answer));
        std::string body = here.ask(claude).body;
        CHECK_FALSE(has(body, "message_stop"));
        CHECK(has(body, "invalid_request_error"));
        return body;
    };
    const std::string remedy = "; check its base_url and kind, and what stands between, such as a proxy\"";
    CHECK(has(told(html_answer(200, "<html>Welcome</html>")),
              R"(model server \"my lab\" answered with a web page)" + remedy));
    CHECK(has(told(json_answer(200, "{}")), R"(\"my lab\" answered with JSON that is no chat)" + remedy));
    CHECK(has(told(text_answer(200, "{\"choices\"")), R"(\"my lab\" answered with what is no JSON)" + remedy));
    CHECK(has(told(json_answer(200, "\x1f\x8b", {{"Content-Encoding", "gzip"}})),
              R"(\"my lab\" answered with a compressed body, which it was not asked for)" + remedy));
    CHECK(has(told(json_answer(200, "")), R"(\"my lab\" broke off: its answer ended early; see its log)"));
    script nothing;
    nothing.status = 204;
    CHECK(has(told(nothing), "ended early"));
    CHECK(has(told(events(R"({"error":"no such model"})")), R"(\"my lab\" reports an error: no such model)"));
}

TEST_CASE("an answer is read as what it is, not as what it is called") {
    scene here;
    for (const std::string type : {"application/json", "Text/Event-Stream; charset=utf-8", "text/plain"}) {
        CAPTURE(type);
        here.answers(text_answer(200, text_answer_events, {{"content-type", type}}));
        CHECK(has(here.ask(claude).body, R"({"type":"text_delta","text":"po"})"));
    }
    here.answers(events(R"({"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]})"));
    CHECK(has(here.ask(claude).body, R"("text":"whole")"));
}

TEST_CASE("a server that goes before its answer has failed, and may be asked again by its user") {
    scene here;
    here.answers(close_at_once());
    const http_answer told = here.ask(claude);
    CHECK(told.status == 502);
    CHECK(told.header("x-should-retry") == "false");
    CHECK(has(told.body, "closed the connection without an answer; see its log, and try again"));
}

TEST_CASE("who wants no stream gets the status that the answer ends with") {
    scene here;
    const auto ask = [&](const agent& who, std::string_view from, std::string_view to) {
        std::string body = who.body;
        if (!from.empty()) body.replace(body.find(from), from.size(), to);
        return here.ask(who, {}, body);
    };
    const agent whole_gemini{"gemini/v1beta/models/x:generateContent", gemini.body, gemini.auth};
    here.answers(events(chunk(R"({"content":"po"})") + "data: {\"error\":{\"code\":429,\"message\":\"slow\"}}\n\n"));
    http_answer told = ask(claude, "true", "false");
    CHECK(told.status == 409);
    CHECK(told.header("x-should-retry") == "false");
    CHECK(has(told.body, R"(\"my lab\" reports an error: slow; it is busy)"));
    CHECK(ask(codex, "true", "false").status == 429);
    CHECK(ask(whole_gemini, "", "").status == 400);
    here.answers(events(chunk(R"({"content":"po"})")));
    CHECK(ask(claude, "true", "false").status == 502);
    here.answers(html_answer(200, "<html>"));
    CHECK(ask(claude, "true", "false").status == 409);
    here.answers(events(text_answer_events));
    told = ask(claude, "true", "false");
    CHECK(told.status == 200);
    CHECK(told.header("content-length"));
    CHECK(ask(whole_gemini, "", "").status == 200);
    CHECK(json::parse(ask(codex, "true", "false").body).at("status") == "completed");
}

namespace {

/// Each as the only server of a daemon, which nobody probes.
std::string declared(std::string_view kind, const model_server_sim& server) {
    return fmt::format("[[model_servers]]\nname = \"v\"\nkind = \"{}\"\nbase_url = \"{}\"\nprobe = \"never\"\n", kind,
                       server.base_url());
}

}  // namespace

TEST_CASE("errors of a server that speaks the agent's protocol are passed on as they are, without the key") {
    scene here;
    const agent chat{"openai/v1/chat/completions", R"({"model":"x","messages":[]})", codex.auth};
    here.answers(json_answer(401, R"({"error" : {"message": "bad KEY0123456789 ", "code":null}})",
                             {{"x-request-id", "r1"}, {"x-other", "o"}, {"set-cookie", "c"}}));
    http_answer told = here.ask(chat);
    CHECK(told.status == 401);
    CHECK(told.body == R"({"error" : {"message": "bad *** ", "code":null}})");
    CHECK(told.header("x-request-id") == "r1");
    CHECK_FALSE(told.header("x-other"));
    CHECK_FALSE(told.header("set-cookie"));
    here.answers(text_answer(529, "over loaded", {{"retry-after", "3"}}));
    told = here.ask(chat);
    CHECK(told.status == 529);
    CHECK(told.body == "over loaded");
    CHECK(told.header("retry-after") == "3");
    here.answers(close_at_once());
    told = here.ask(chat);
    CHECK(told.status == 400);
    CHECK(has(told.body, R"({"error":{"message":"model server \"my lab\": )"));
    CHECK(here.asked().size() == 3);

    model_server_sim vendor;
    vendor.answer("/v1/responses", reset_at_once());
    const running_daemon daemon(declared("openai-api", vendor));
    const auto ask = [&](std::string_view body) {
        return daemon.tcp().request("POST", "/bridge/v/openai/v1/responses", {{"Content-Type", "application/json"}},
                                    body);
    };
    CHECK(has(ask(codex.body).body, "event: response.failed\n"));
    CHECK(ask(R"({"model":"x"})").status == 400);
}

TEST_CASE("whatever a body is, it is passed on as it is") {
    scene here;
    here.answers(json_answer(200, "{}"));
    for (const std::string body : {R"({"model":"x","half":"\ud800"})", R"({"model":)", "no JSON", R"({"model": 7})"}) {
        CAPTURE(body);
        CHECK(here.ask({"openai/v1/chat/completions", body, {}}).status == 200);
        CHECK(here.asked().back().body == body);
    }
    const std::string large = R"({"messages":")" + std::string(1'000'000, 'x') + R"(","model":"x"})";
    const agent chat{"openai/v1/chat/completions", large, {}};
    here.ask(chat, {{"X-Operator-Model", "y%22"}});
    CHECK(here.asked().back().body == large.substr(0, large.size() - 3) + R"(y\""})");
}

TEST_CASE("Gemini's requests are passed on with the launched model, and without a key in the URL") {
    model_server_sim vendor;
    vendor.answer_everything(json_answer(200, "{}"));
    const running_daemon daemon(declared("google-api", vendor));
    const auto ask = [&](const std::string& path, header_list headers) {
        headers.emplace_back("Content-Type", "application/json");
        return daemon.tcp().request("POST", "/bridge/v/gemini/v1beta/models/" + path, headers, "{}").status;
    };
    CHECK(ask("m:generateContent?key=SECRET0123&alt=sse", {{"x-goog-api-key", "KEY0123456789"}}) == 200);
    CHECK(vendor.requests().back().target == "/v1beta/models/m:generateContent?alt=sse");
    CHECK(vendor.requests().back().header("x-goog-api-key") == "KEY0123456789");
    CHECK(ask("m:generateContent", {{"X-Operator-Model", "org%2Fgemini%203"}}) == 200);
    CHECK(vendor.requests().back().target == "/v1beta/models/org/gemini%203:generateContent");
    CHECK(ask("../../secret/x:generateContent", {}) == 404);
    CHECK(ask("..%2F..%2Fsecret:generateContent", {}) == 404);
    CHECK(vendor.requests().size() == 2);
}
