// What a delegator's launch_config and model_properties become, for each tool.

#include "daemon/launch/choice.hpp"
#include "tests/daemon/launch/launching.hpp"

using namespace opd;
using namespace opd::launch;
using namespace opd::test;

namespace {

/// A delegator "d" on the tool's own server.
config delegator_for(std::string_view tool, std::string_view more) {
    return config_of(fmt::format("[[delegators]]\nname = \"d\"\nllm_tool = \"{}\"\nmodel = \"M\"\n{}\n", tool, more));
}

std::string plan_for(std::string_view tool, std::string_view more, std::optional<std::string> prompt = {}) {
    launch_request asked = for_delegator("d");
    asked.prompt = std::move(prompt);
    return text_of(resolve(delegator_for(tool, more), asked));
}

}  // namespace

TEST_CASE("the mode of claude that asks has the name that its version knows") {
    const auto mode = [](std::string_view version, std::string_view more) {
        launch_context context;
        context.tool_version = version;
        const auto plan = resolve(delegator_for("claude", more), for_delegator("d"), context);
        REQUIRE(plan.has_value());
        return plan->argv.back();
    };
    const std::string_view wanted = "launch_config = { permission_mode = \"default\" }";
    CHECK(mode("", wanted) == "default");
    CHECK(mode("2.1.325", wanted) == "default");
    CHECK(mode("2.1.326", wanted) == "manual");
    CHECK(mode("2.2.0", "launch_config = { permission_mode = \"plan\" }") == "plan");
}

TEST_CASE("yolo is the tool's own flag, and stands above a permission mode") {
    const std::string_view yolo = "launch_config = { yolo = true }";
    CHECK(plan_for("claude", yolo) == "run [claude] [--model] [M] [--dangerously-skip-permissions] *\n");
    CHECK(plan_for("codex", yolo) == "run [codex] [-c] [model=\"M\"] [--dangerously-bypass-approvals-and-sandbox] *\n");
    CHECK(plan_for("gemini", yolo) == "run [gemini] [--model] [M] [--yolo] [--skip-trust] *\n");
    CHECK(plan_for("gemini", "launch_config = { yolo = true, permission_mode = \"plan\" }") ==
          "run [gemini] [--model] [M] [--yolo] [--skip-trust] *\n"
          "warning launch_config.permission_mode is left out: yolo allows everything\n");
    CHECK(plan_for("claude", "launch_config = { yolo = false }") == "run [claude] [--model] [M] *\n");
}

TEST_CASE("a session that goes on is named in each tool's own words") {
    const auto resumed = [](std::string_view tool, std::string id) {
        launch_request asked = for_delegator("d");
        asked.prompt = "hi";
        asked.resume = std::move(id);
        return text_of(resolve(delegator_for(tool, "launch_config = { flags = [\"-x\"] }"), asked));
    };
    CHECK(resumed("claude", "last") == "run [claude] [--model] [M] [--continue] [-x] * [--] [hi]\n");
    CHECK(resumed("claude", "7") == "run [claude] [--model] [M] [--resume] [7] [-x] * [--] [hi]\n");
    CHECK(resumed("codex", "last") == "run [codex] [-c] [model=\"M\"] [-x] [resume] [--last] * [--] [hi]\n");
    CHECK(resumed("codex", "7") == "run [codex] [-c] [model=\"M\"] [-x] [resume] [7] * [--] [hi]\n");
    CHECK(resumed("gemini", "last") == "run [gemini] [hi] [--model] [M] [--resume] [latest] [-x] *\n");
    CHECK(resumed("gemini", "7") == "run [gemini] [hi] [--model] [M] [--resume] [7] [-x] *\n");
}

TEST_CASE("a permission mode is translated for each tool") {
    const auto mode = [](std::string_view tool, std::string_view word) {
        std::string plan = plan_for(tool, fmt::format("launch_config = {{ permission_mode = \"{}\" }}", word));
        return plan.substr(plan.find("M"));
    };
    CHECK(mode("claude", "acceptEdits") == "M] [--permission-mode] [acceptEdits] *\n");
    CHECK(mode("claude", "whatever-comes") == "M] [--permission-mode] [whatever-comes] *\n");
    CHECK(mode("claude", "--x") == "M] [--permission-mode=--x] *\n");
    CHECK(mode("codex", "default") == "M\"] *\n");
    CHECK(mode("codex", "acceptEdits") == "M\"] [--sandbox] [workspace-write] [--ask-for-approval] [on-request] *\n");
    CHECK(mode("codex", "plan") == "M\"] [--sandbox] [read-only] [--ask-for-approval] [on-request] *\n");
    CHECK(mode("codex", "bypassPermissions") == "M\"] [--dangerously-bypass-approvals-and-sandbox] *\n");
    CHECK(mode("codex", "workspace-write") == "M\"] [--sandbox] [workspace-write] *\n");
    CHECK(mode("gemini", "acceptEdits") == "M] [--approval-mode] [auto_edit] *\n");
    CHECK(mode("gemini", "plan") == "M] [--approval-mode] [plan] *\n");
    CHECK(mode("gemini", "dontAsk") ==
          "M] *\n"
          "warning gemini has no permission_mode \"dontAsk\" and starts with its own default; there are default, "
          "acceptEdits, plan, bypassPermissions, auto_edit and yolo\n");
    CHECK(mode("codex", "--yolo") ==
          "M\"] *\n"
          "warning codex has no permission_mode \"--yolo\" and starts with its own default; there are default, "
          "acceptEdits, plan, bypassPermissions, read-only, workspace-write and danger-full-access\n");
}

TEST_CASE("on another server claude does not start in the mode that its vendor's service judges") {
    const std::string_view server = "[[model_servers]]\nname = \"ccr\"\nkind = \"anthropic-api\"\nbase_url = \"{}\"\n";
    const auto command = [&](std::string_view url, std::string_view more) {
        const config from = config_of(
            fmt::format(fmt::runtime(server), url) +
            fmt::format(
                "[[delegators]]\nname = \"d\"\nllm_tool = \"claude\"\nmodel = \"M\"\nmodel_server = \"ccr\"\n{}\n",
                more));
        const std::string plan = text_of(resolve(from, for_delegator("d")));
        return plan.substr(0, plan.find('\n'));
    };
    CHECK(command("http://localhost:3456", "") ==
          "run [claude] [--settings] [{\"env\":{\"CLAUDE_CODE_EXTRA_BODY\":\"\"}}] [--permission-mode] [default] *");
    CHECK(command("http://localhost:3456", "launch_config = { permission_mode = \"plan\" }") ==
          "run [claude] [--settings] [{\"env\":{\"CLAUDE_CODE_EXTRA_BODY\":\"\"}}] [--permission-mode] [plan] *");
    CHECK(command("http://localhost:3456", "launch_config = { yolo = true }") ==
          "run [claude] [--settings] [{\"env\":{\"CLAUDE_CODE_EXTRA_BODY\":\"\"}}] [--dangerously-skip-permissions] *");
    CHECK(command("https://api.anthropic.com", "") == "run [claude] *");
}

TEST_CASE("flags are verbatim, behind ours") {
    const std::string_view flags = R"x(launch_config = { yolo = true, flags = ["--verbose", "a b", "$(x)", ""] })x";
    CHECK(plan_for("claude", flags) ==
          "run [claude] [--model] [M] [--dangerously-skip-permissions] [--verbose] [a b] [$(x)] [] *\n");
    CHECK(
        plan_for("codex", flags) ==
        "run [codex] [-c] [model=\"M\"] [--dangerously-bypass-approvals-and-sandbox] [--verbose] [a b] [$(x)] [] *\n");
    CHECK(plan_for("gemini", flags) ==
          "run [gemini] [--model] [M] [--yolo] [--skip-trust] [--verbose] [a b] [$(x)] [] *\n");
}

TEST_CASE("a prompt is given in each tool's way, and the caller's own arguments go where they count") {
    CHECK(plan_for("claude", "", "do\n\"it\"") == "run [claude] [--model] [M] * [--] [do\n\"it\"]\n");
    CHECK(plan_for("codex", "", "--help") == "run [codex] [-c] [model=\"M\"] * [--] [--help]\n");
    CHECK(plan_for("codex", "", "exec") == "run [codex] [-c] [model=\"M\"] * [--] [exec]\n");
    CHECK(plan_for("gemini", "", "do it") == "run [gemini] [do it] [--model] [M] *\n");
}

TEST_CASE("a prompt that a tool would take for a command or an option is none") {
    CHECK(plan_for("claude", "", "update") == "run [claude] [--model] [M] * [--] [update ]\n");
    CHECK(plan_for("gemini", "", "mcp") == "run [gemini] [--prompt-interactive=mcp] [--model] [M] *\n");
    CHECK(plan_for("gemini", "", "-h") == "run [gemini] [--prompt-interactive=-h] [--model] [M] *\n");
}

TEST_CASE("a delegator's prefix and suffix are paragraphs around a prompt, and nothing without one") {
    const std::string_view both = R"(launch_config = { prompt_prefix = "Before.", prompt_suffix = "After." })";
    CHECK(plan_for("claude", both, "Do it.") == "run [claude] [--model] [M] * [--] [Before.\n\nDo it.\n\nAfter.]\n");
    CHECK(plan_for("claude", R"(launch_config = { prompt_suffix = "After." })", "Do it.") ==
          "run [claude] [--model] [M] * [--] [Do it.\n\nAfter.]\n");
    CHECK(plan_for("claude", both) == "run [claude] [--model] [M] *\n");
}

TEST_CASE("reasoning effort reaches the tools that know it") {
    const std::string_view high = R"(model_properties = { reasoning_effort = "high" })";
    CHECK(plan_for("codex", high) == "run [codex] [-c] [model=\"M\"] [-c] [model_reasoning_effort=\"high\"] *\n");
    CHECK(plan_for("claude", high) == "run [claude] [--model] [M] [--effort] [high] *\n");
    CHECK(plan_for("gemini", high) ==
          "run [gemini] [--model] [M] *\n"
          "warning model_properties.reasoning_effort is not passed on: gemini has no option for it\n");
    CHECK(plan_for("codex", R"(model_properties = { temperature = 1, reasoning_effort = "" })") ==
          "run [codex] [-c] [model=\"M\"] *\n"
          "warning model_properties.temperature is not passed on to codex\n");
}

TEST_CASE("what belongs to other programs is a warning each, if it is on") {
    CHECK(plan_for("claude",
                   "launch_config = { use_worktrees = true, create_branch = true, docker = true, operator_relay = "
                   "true, new = { a = 1 } }") ==
          "run [claude] [--model] [M] *\n"
          "warning launch_config.use_worktrees is for other programs: launching does not act on it\n"
          "warning launch_config.create_branch is for other programs: launching does not act on it\n"
          "warning launch_config.docker is for other programs: launching does not act on it\n"
          "warning launch_config.operator_relay is for other programs: launching does not act on it\n"
          "warning launch_config.new is for other programs: launching does not act on it\n");
    CHECK(plan_for("claude", "launch_config = { use_worktrees = false, docker = false }") ==
          "run [claude] [--model] [M] *\n");
}

TEST_CASE("a setting of the wrong type is refused rather than guessed") {
    CHECK(plan_for("claude", "launch_config = { yolo = \"yes\" }") ==
          "refused: delegator \"d\" cannot be launched: launch_config.yolo must be true or false\n");
    CHECK(plan_for("claude", "launch_config = { permission_mode = 1 }") ==
          "refused: delegator \"d\" cannot be launched: launch_config.permission_mode must be a text\n");
    CHECK(plan_for("claude", "launch_config = { flags = \"--verbose\" }") ==
          "refused: delegator \"d\" cannot be launched: launch_config.flags must be a list of texts\n");
    CHECK(plan_for("claude", "launch_config = { flags = [\"a\", 1] }") ==
          "refused: delegator \"d\" cannot be launched: launch_config.flags must be a list of texts\n");
    CHECK(plan_for("codex", "model_properties = { reasoning_effort = 3 }") ==
          "refused: delegator \"d\" cannot be launched: model_properties.reasoning_effort must be a text\n");
}
