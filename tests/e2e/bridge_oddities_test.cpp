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
