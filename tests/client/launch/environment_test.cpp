#include "client/launch/launch.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

plan_variable literal(std::string name, std::string value) {
    return {.name = std::move(name), .value = std::move(value), .from_env = {}, .secret = false};
}

plan_variable reference(std::string name, std::string from) {
    return {.name = std::move(name), .value = {}, .from_env = std::move(from)};
}

}  // namespace

TEST_CASE("variables are found and set by their whole name") {
    environment variables{"AB=1", "A=2", "odd", "A=3"};
    CHECK(value_in(variables, "A") == "2");
    CHECK(value_in(variables, "AB") == "1");
    CHECK_FALSE(value_in(variables, "odd").has_value());
    CHECK_FALSE(value_in(variables, "B").has_value());
    set_in(variables, "A", "x=y");
    CHECK(variables == environment{"AB=1", "odd", "A=x=y"});
}

TEST_CASE("hosts are added to both lists of proxy exceptions") {
    const std::vector<std::string> wanted{"127.0.0.1", "localhost"};
    CHECK(with_hosts({"NO_PROXY=", "no_proxy="}, wanted) == "127.0.0.1,localhost");
    CHECK(with_hosts({"NO_PROXY=corp", "no_proxy="}, wanted) == "corp,127.0.0.1,localhost");
    CHECK(with_hosts({"NO_PROXY=corp, localhost", "no_proxy=other,corp"}, wanted) == "corp,localhost,other,127.0.0.1");
    CHECK(with_hosts({"NO_PROXY=,,", "no_proxy= "}, wanted) == "127.0.0.1,localhost");
    CHECK(with_hosts({"NO_PROXY=*", "no_proxy="}, wanted) == "*");
    CHECK(with_hosts({"NO_PROXY=a", "no_proxy=b,*"}, wanted) == "*");
}

TEST_CASE("of two variables of a name the later one counts") {
    const auto left = effective({literal("A", "1"), literal("B", "2"), reference("A", "C")});
    REQUIRE(left.size() == 2);
    CHECK(left[0].name == "B");
    CHECK(left[1].name == "A");
    CHECK(left[1].from_env == "C");
}

TEST_CASE("a reference to what is not set, or empty, is unresolved, unless it is overridden") {
    const received_plan plan{.env = {reference("K", "SET"), reference("L", "EMPTY"), reference("M", "NONE"),
                                     reference("O", "NONE"), reference("N", "NONE"), literal("N", "1")}};
    const auto left = unresolved(plan, {"SET=x", "EMPTY="});
    REQUIRE(left.size() == 2);
    CHECK(left[0].from_env == "EMPTY");
    CHECK(left[1].from_env == "NONE");
    CHECK(left[1].name == "M");
}

TEST_CASE("the agent gets the caller's environment with the plan on top") {
    const environment caller{"HOME=/h", "KEY=k",      "OPENAI_API_KEY=old", "OPENAI_API_KEY=older",
                             "GONE=1",  "bytes=\xFF", "NO_PROXY=corp",      "no_proxy=other"};
    const received_plan plan{.env = {literal("URL", "u"), reference("OPENAI_API_KEY", "KEY"), literal("URL", "v")},
                             .unset = {"GONE", "KEY", "NOT_THERE"}};
    CHECK(agent_environment(plan, caller, {}) ==
          environment{"HOME=/h", "bytes=\xFF", "NO_PROXY=corp", "no_proxy=other", "OPENAI_API_KEY=k", "URL=v"});
}

TEST_CASE("a key that is unset may come back as itself, and one variable may take the other's value") {
    const received_plan plan{.env = {reference("K", "K"), reference("A", "B"), reference("B", "A")},
                             .unset = {"K", "A"}};
    CHECK(agent_environment(plan, {"K=k", "A=a", "B=b"}, {}) == environment{"K=k", "A=b", "B=a"});
}

TEST_CASE("proxies are left out for the plan's hosts, and the private home is set; the plan's variables win") {
    received_plan plan{.no_proxy = {"localhost"}, .home = private_home{.variable = "AGENT_HOME"}};
    CHECK(agent_environment(plan, {"AGENT_HOME=/users", "no_proxy=x"}, {"AGENT_HOME=/ours", "TRUST=/h/t=1"}) ==
          environment{"NO_PROXY=x,localhost", "no_proxy=x,localhost", "AGENT_HOME=/ours", "TRUST=/h/t=1"});
    plan.env = {literal("NO_PROXY", "mine")};
    CHECK(agent_environment(plan, {}, {}) == environment{"no_proxy=localhost", "NO_PROXY=mine"});
}
