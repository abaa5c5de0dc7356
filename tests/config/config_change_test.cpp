#include "config/config_change.hpp"

#include "tests/support/told.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {
namespace {

using reason = change_refusal::reason;

model_server server(std::string name) {
    model_server made;
    made.name = std::move(name);
    made.kind = find_kind("ollama");
    return made;
}

delegator delegator_of(std::string name, std::optional<std::string> model_server) {
    delegator made;
    made.name = std::move(name);
    made.llm_tool = "codex";
    made.model = "m";
    made.model_server = std::move(model_server);
    return made;
}

/// Two servers, the first with all that only the file knows, and two delegators that name it.
config sample() {
    config values;
    model_server lab = server("lab");
    lab.base_url = "http://lab:1";
    lab.extra_env = {{"A", "one"}, {"B", "two"}};
    lab.probe = probe_mode::lazy;
    lab.interval = std::chrono::seconds(7);
    lab.ca_file = "/ca.pem";
    lab.allow_plaintext_key = true;
    values.model_servers = {lab, server("other")};
    values.delegators = {delegator_of("a", "lab"), delegator_of("b", "lab"), delegator_of("c", "gone")};
    return values;
}

template <class T>
std::string refusal(const changed<T>& made, reason why) {
    if (made) return "changed";
    CHECK(made.error().why == why);
    CHECK(made.error().details.empty() == (why != reason::invalid));
    return test::told(made.error());
}

template <class T>
std::string field_of(const changed<T>& made) {
    REQUIRE_FALSE(made.has_value());
    const change_refusal said = made.error();
    REQUIRE(said.details.size() == 1);
    CHECK(said.message == said.details[0].field + ": " + said.details[0].message);
    return said.details[0].field;
}

}  // namespace

TEST_CASE("a new server stands behind the others") {
    const auto made = with_new_server(sample(), server("new"));
    REQUIRE(made.has_value());
    REQUIRE(made->model_servers.size() == 3);
    CHECK(made->model_servers[0] == sample().model_servers[0]);
    CHECK(made->model_servers[2] == server("new"));
    CHECK(made->delegators == sample().delegators);
}

TEST_CASE("a name is given once, and not to anything builtin") {
    CHECK(refusal(with_new_server(sample(), server("lab")), reason::conflict) ==
          "the name \"lab\" is taken by a model server -> replace model-servers");
    CHECK(refusal(with_new_server(sample(), server("openai-api")), reason::conflict) ==
          "the name \"openai-api\" belongs to a builtin model server; choose another name, such as \"my-openai-api\"");
    CHECK(refusal(with_new_server(sample(), server("kinds")), reason::invalid) ==
          "name: the name \"kinds\" is taken by a route of the REST interface; choose another name");
    CHECK(field_of(with_new_server(sample(), server(""))) == "name");
    CHECK(refusal(with_new_delegator(sample(), delegator_of("a", std::nullopt)), reason::conflict) ==
          "the name \"a\" is taken by a delegator -> replace delegators");
    CHECK(field_of(with_new_delegator(sample(), delegator_of("kinds", std::nullopt))) == "name");
    CHECK(with_new_delegator(sample(), delegator_of("lab", std::nullopt)).has_value());
    CHECK(with_new_delegator(sample(), delegator_of("openai-api", std::nullopt)).has_value());
}

TEST_CASE("replacing a server keeps the fields that are to be kept") {
    model_server wanted = server("lab");
    wanted.kind = find_kind("lmstudio");
    wanted.display_name = "Lab";
    wanted.api_key_env = "LAB_KEY";
    wanted.extra_env = {{"C", "three"}};
    wanted.interval = std::chrono::seconds(8);
    const std::vector<std::string_view> kept{"probe", "timeout", "ca_file", "allow_plaintext_key"};
    const auto made = with_replaced_server(sample(), wanted, kept);
    REQUIRE(made.has_value());
    model_server expected = wanted;
    expected.probe = probe_mode::lazy;
    expected.ca_file = "/ca.pem";
    expected.allow_plaintext_key = true;
    CHECK(made->model_servers == std::vector<model_server>{expected, server("other")});
    CHECK(with_replaced_server(sample(), wanted, {})->model_servers ==
          std::vector<model_server>{wanted, server("other")});
}

TEST_CASE("the order of variables is nothing to change a server for") {
    model_server wanted = sample().model_servers[0];
    std::ranges::reverse(wanted.extra_env);
    const auto made = with_replaced_server(sample(), wanted, {});
    REQUIRE(made.has_value());
    CHECK(made->model_servers == sample().model_servers);
}

TEST_CASE("a masked value keeps the stored one") {
    model_server wanted = sample().model_servers[0];
    wanted.extra_env = {{"B", "***"}, {"C", "****"}};
    const auto made = with_replaced_server(sample(), wanted, {});
    REQUIRE(made.has_value());
    CHECK(made->model_servers[0].extra_env ==
          std::vector<std::pair<std::string, std::string>>{{"B", "two"}, {"C", "****"}});

    wanted.extra_env = {{"A", "***"}, {"NEW", "***"}};
    CHECK(refusal(with_replaced_server(sample(), wanted, {}), reason::invalid) ==
          "extra_env.NEW: \"***\" stands for the stored value, and there is none; give the value itself");
    CHECK(field_of(with_replaced_server(sample(), wanted, {})) == "extra_env.NEW");
    model_server fresh = server("fresh");
    fresh.extra_env = {{"A", "***"}};
    CHECK(field_of(with_new_server(sample(), fresh)) == "extra_env.A");
}

TEST_CASE("builtin servers are protected") {
    const std::string said =
        "\"openai-api\" is a builtin server and cannot be changed; declare a server of your own with kind = "
        "\"openai-api\"";
    CHECK(refusal(with_replaced_server(sample(), server("openai-api"), {}), reason::conflict) == said);
    CHECK(refusal(without_server(sample(), "openai-api", false), reason::conflict) == said);
    CHECK(refusal(without_server(sample(), "openai-api", true), reason::conflict) == said);
}

TEST_CASE("what is not there is told with what was meant") {
    CHECK(refusal(with_replaced_server(sample(), server("labb"), {}), reason::not_found) ==
          "no model server is called \"labb\"; did you mean \"lab\"?");
    CHECK(refusal(without_server(sample(), "zzzzzz", false), reason::not_found) ==
          "no model server is called \"zzzzzz\" -> list model-servers");
    CHECK(refusal(with_replaced_delegator(sample(), delegator_of("zzzzzz", std::nullopt)), reason::not_found) ==
          "no delegator is called \"zzzzzz\" -> list delegators");
    config values;
    values.delegators = {delegator_of("codex-local", std::nullopt)};
    CHECK(refusal(without_delegator(values, "codex-locla"), reason::not_found) ==
          "no delegator is called \"codex-locla\"; did you mean \"codex-local\"?");
}

TEST_CASE("a server that delegators name is only removed by force") {
    CHECK(refusal(without_server(sample(), "lab", false), reason::conflict) ==
          "model server \"lab\" is still named by the delegators \"a\" and \"b\"; remove them first -> force");
    config values = sample();
    values.delegators.erase(values.delegators.begin());
    CHECK(refusal(without_server(values, "lab", false), reason::conflict) ==
          "model server \"lab\" is still named by the delegator \"b\"; remove it first -> force");
    const auto forced = without_server(sample(), "lab", true);
    REQUIRE(forced.has_value());
    CHECK(forced->model_servers == std::vector<model_server>{server("other")});
    CHECK(forced->delegators == sample().delegators);
    CHECK(without_server(sample(), "other", false)->model_servers.size() == 1);
}

TEST_CASE("a great many delegators are not all named") {
    config values = sample();
    values.delegators.clear();
    for (int i = 0; i < 100; ++i) values.delegators.push_back(delegator_of("d" + std::to_string(i), "lab"));
    const std::string said = refusal(without_server(values, "lab", false), reason::conflict);
    CHECK(said.find("\"d18\", \"d19\" and 80 more; remove them first") != std::string::npos);
}

TEST_CASE("the server that a delegator names must exist") {
    CHECK(with_new_delegator(sample(), delegator_of("d", std::nullopt)).has_value());
    CHECK(with_new_delegator(sample(), delegator_of("d", "other")).has_value());
    CHECK(with_new_delegator(sample(), delegator_of("d", "google-api")).has_value());
    CHECK(refusal(with_new_delegator(sample(), delegator_of("d", "othr")), reason::invalid) ==
          "model_server: there is no model server \"othr\"; did you mean \"other\"?");
    CHECK(refusal(with_replaced_delegator(sample(), delegator_of("a", "zzzzzz")), reason::invalid) ==
          "model_server: there is no model server \"zzzzzz\"; create it first, or leave model_server out");
    CHECK(field_of(with_new_delegator(sample(), delegator_of("d", "gone"))) == "model_server");
    CHECK(with_replaced_delegator(sample(), delegator_of("c", "gone")).has_value());
    CHECK(field_of(with_replaced_delegator(sample(), delegator_of("a", "gone"))) == "model_server");
}

TEST_CASE("delegators are added, replaced and removed") {
    config values = sample();
    auto made = with_new_delegator(values, delegator_of("d", "lab"));
    REQUIRE(made.has_value());
    CHECK(made->delegators.back() == delegator_of("d", "lab"));
    delegator wanted = delegator_of("b", std::nullopt);
    wanted.launch_config = boost::json::object{{"yolo", true}};
    made = with_replaced_delegator(values, wanted);
    REQUIRE(made.has_value());
    CHECK(made->delegators == std::vector<delegator>{values.delegators[0], wanted, values.delegators[2]});
    made = without_delegator(values, "b");
    REQUIRE(made.has_value());
    CHECK(made->delegators == std::vector<delegator>{values.delegators[0], values.delegators[2]});
    CHECK(made->model_servers == values.model_servers);
}

}  // namespace opd
