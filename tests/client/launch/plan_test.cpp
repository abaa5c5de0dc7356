#include "client/launch/launch.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

constexpr const char* whole =
    R"({"tool":"codex","argv":["codex","-c","x=\"y\""],
        "env":[{"name":"OPENAI_BASE_URL","value":"http://lab/v1","secret":false},
               {"name":"OPENAI_API_KEY","from_env":"LAB_KEY"},{"name":"TOKEN","value":"s3cret","secret":true},
               {"name":"OLD","value":"s3cret"}],
        "unset":["ANTHROPIC_API_KEY"],"model_server":"lab","model":"m","warnings":["w"],"delegator":null,
        "no_proxy":["127.0.0.1"],
        "private_home":{"variable":"GEMINI_CLI_HOME","folder":".gemini","file":"settings.json","settings":{"a":1}},
        "install_hint":"npm install","args_at":2})";

/// A sound plan with one field replaced.
std::string with(const std::string& field, const std::string& json) {
    std::string out = R"({"tool":"codex","argv":["codex"],"env":[])";
    for (const std::string name : {"tool", "argv", "env"})
        if (name == field) out = R"({"tool":"codex","argv":["codex"],"env":[],"x":0)";
    // In JSON the last member of a name counts.
    return out + ",\"" + field + "\":" + json + "}";
}

}  // namespace

TEST_CASE("a plan is read") {
    const auto plan = read_plan(whole);
    REQUIRE(plan.has_value());
    CHECK(plan->tool == "codex");
    CHECK(plan->argv == std::vector<std::string>{"codex", "-c", "x=\"y\""});
    REQUIRE(plan->env.size() == 4);
    CHECK(plan->env[0].name == "OPENAI_BASE_URL");
    CHECK(plan->env[0].value == "http://lab/v1");
    CHECK(plan->env[0].from_env.empty());
    CHECK_FALSE(plan->env[0].secret);
    CHECK(plan->env[1].from_env == "LAB_KEY");
    CHECK(plan->env[2].secret);
    CHECK(plan->env[3].secret);
    CHECK(plan->unset == std::vector<std::string>{"ANTHROPIC_API_KEY"});
    CHECK(plan->model_server == "lab");
    CHECK(plan->model == "m");
    CHECK(plan->delegator.empty());
    CHECK(plan->warnings == std::vector<std::string>{"w"});
    CHECK(plan->no_proxy == std::vector<std::string>{"127.0.0.1"});
    REQUIRE(plan->home.has_value());
    CHECK(plan->home->variable == "GEMINI_CLI_HOME");
    CHECK(plan->home->folder == ".gemini");
    CHECK(plan->home->file == "settings.json");
    CHECK(plan->home->settings == boost::json::object{{"a", 1}});
    CHECK(plan->install_hint == "npm install");
    CHECK(plan->args_at == 2);
    CHECK(command_line_of(*plan, {"a", "b"}) == std::vector<std::string>{"codex", "-c", "a", "b", "x=\"y\""});
    CHECK(read_plan(with("model", "null"))->args_at == 1);
    CHECK(read_plan(with("private_home", "null")).has_value());
    CHECK(plan->push_keys.empty());
    CHECK(read_plan(with("push_keys", R"(["LAB_KEY"])"))->push_keys == std::vector<std::string>{"LAB_KEY"});
}

TEST_CASE("a plan that cannot be carried out to the letter is refused") {
    const std::string cases[] = {
        "",
        "[]",
        "{}",
        with("tool", "null"),
        with("tool", R"("../evil")"),
        with("tool", R"("a\u0000b")"),
        with("argv", "[]"),
        with("argv", R"(["codex","a\u0000b"])"),
        with("args_at", "0"),
        with("args_at", "2"),
        with("env", "{}"),
        with("env", R"(["A=1"])"),
        with("env", R"([{"name":"A"}])"),
        with("env", R"([{"name":"A","value":7}])"),
        with("env", R"([{"name":"A B","value":""}])"),
        with("env", R"([{"name":"A","value":"a\u0000b"}])"),
        with("env", R"([{"name":"A","from_env":"B}; rm -rf /; {"}])"),
        with("unset", R"(["A; rm -rf /"])"),
        with("private_home", R"({"variable":"","folder":"f","file":"s"})"),
        with("private_home", R"({"variable":"V","folder":"../f","file":"s"})"),
        with("private_home", R"({"variable":"V","folder":"f","file":".."})"),
        with("private_home", R"({"variable":"V","folder":"f","file":"s","shared":["../x"]})"),
        with("private_home", R"({"variable":"V","folder":"f","file":"s","names":{"V":"/x"}})")};
    for (const std::string& text : cases) {
        CAPTURE(text);
        const auto plan = read_plan(text);
        REQUIRE_FALSE(plan.has_value());
        CHECK(plan.error().message == "the answer is not the plan of a launch");
    }
}

TEST_CASE("the public plan has no value that may be a secret") {
    const std::string shown = public_plan(whole, *read_plan(whole), {"--x", "\xFF"}, "/usr/bin/codex");
    CHECK(shown.find("s3cret") == shown.npos);
    CHECK(
        shown ==
        R"({"tool":"codex","argv":["codex","-c","--x",")"
        "\xEF\xBF\xBD"
        R"(","x=\"y\""],"env":[{"name":"OPENAI_BASE_URL","value":"http://lab/v1","secret":false},)"
        R"({"name":"OPENAI_API_KEY","from_env":"LAB_KEY"},{"name":"TOKEN","value":"***","secret":true},)"
        R"({"name":"OLD","value":"***"}],"unset":["ANTHROPIC_API_KEY"],"model_server":"lab","model":"m",)"
        R"("warnings":["w"],"delegator":null,"no_proxy":["127.0.0.1"],)"
        R"("private_home":{"variable":"GEMINI_CLI_HOME","folder":".gemini","file":"settings.json","settings":{"a":1}},)"
        R"("install_hint":"npm install","args_at":2,"path":"/usr/bin/codex"})");
    CHECK(public_plan(with("model", "null"), *read_plan(with("model", "null")), {}, std::nullopt)
              .ends_with(R"("path":null})"));
}
