#include "daemon/launch/choice.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string_view>

using namespace opd;
using namespace opd::launch;

namespace {

launchable<launch_request> decoded(std::string_view body) {
    return decode_launch_request(boost::json::parse(body).as_object());
}

}  // namespace

TEST_CASE("a launch request: nothing is asked for but what is there") {
    const auto nothing = decoded("{}");
    REQUIRE(nothing.has_value());
    CHECK_FALSE(nothing->delegator);
    CHECK_FALSE(nothing->llm_tool);
    CHECK_FALSE(nothing->model);
    CHECK_FALSE(nothing->model_server);
    CHECK_FALSE(nothing->prompt);
    CHECK_FALSE(nothing->force);

    const auto all = decoded(R"({"delegator":"d","llm_tool":"t","model":"m","model_server":"s","prompt":"a\nb",)"
                             R"("force":true,"unknown":1})");
    REQUIRE(all.has_value());
    CHECK(all->delegator == "d");
    CHECK(all->llm_tool == "t");
    CHECK(all->model == "m");
    CHECK(all->model_server == "s");
    CHECK(all->prompt == "a\nb");
    CHECK(all->force);
}

TEST_CASE("a launch request: null and empty texts are as good as absent") {
    const auto empty = decoded(R"({"delegator":null,"llm_tool":"","force":null})");
    REQUIRE(empty.has_value());
    CHECK_FALSE(empty->delegator);
    CHECK_FALSE(empty->llm_tool);
    CHECK_FALSE(empty->force);
}

TEST_CASE("a launch request: all wrong types are named at once") {
    const auto refused = decoded(R"({"delegator":1,"model":[],"force":"yes"})");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().why == change_refusal::reason::invalid);
    CHECK(refused.error().message == "3 fields are wrong: delegator, model and force");
    REQUIRE(refused.error().details.size() == 3);
    CHECK(refused.error().details[2].field == "force");
    CHECK(refused.error().details[2].message == "must be true or false, not a text");
}

TEST_CASE("a launch request: what no command line can hold is refused") {
    const auto prompt = decoded(R"({"prompt":"a\u0000b"})");
    REQUIRE_FALSE(prompt.has_value());
    CHECK(prompt.error().message == "prompt: holds a NUL character, which no command line can; take it out");
    const auto session = decoded(R"({"resume":"--yolo"})");
    REQUIRE_FALSE(session.has_value());
    CHECK(session.error().message ==
          "resume: is not the id of a session; write the id that the agent has shown, or last");
    const auto model = decoded(R"({"llm_tool":"codex","model":"a\u0000b"})");
    REQUIRE_FALSE(model.has_value());
    CHECK(model.error().message == "model holds a control character; take it out");
}
