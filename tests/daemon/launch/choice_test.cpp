#include "daemon/launch/choice.hpp"

#include "tests/daemon/launch/launching.hpp"

using namespace opd;
using namespace opd::launch;
using namespace opd::test;

namespace {

constexpr std::string_view lab = R"(
[[model_servers]]
name = "ollama-local"
kind = "ollama"

[[model_servers]]
name = "ccr"
kind = "anthropic-api"
base_url = "http://localhost:3456"

[[delegators]]
name = "codex-qwen"
llm_tool = "codex"
model = "qwen2.5-coder"
model_server = "ollama-local"

[[delegators]]
name = "claude-sonnet"
llm_tool = "claude"
model = "sonnet"

[[delegators]]
name = "far-away"
llm_tool = "claude"
model = "opus"
remote_agent = { platform = "cloud", id = "7" }

[[delegators]]
name = "gone"
llm_tool = "codex"
model = "m"
model_server = "olama-local"

[[delegators]]
name = "other"
llm_tool = "aider"
model = "m"
)";

std::string delegator_block(std::string_view name, std::string_view tool, std::string_view model,
                            std::string_view more = "") {
    return fmt::format("[[delegators]]\nname = \"{}\"\nllm_tool = \"{}\"\nmodel = \"{}\"\n{}\n", name, tool, model,
                       more);
}

/// `TOOL MODEL on SERVER by DELEGATOR`, or the refusal.
std::string chosen(std::string_view configuration, const launch_request& asked) {
    const auto made = choose_launch(config_of(configuration), asked);
    if (!made) return test::told(made.error());
    return fmt::format("{} {} on {}{}", made->tool->name, made->model, made->server.name,
                       made->by ? " by " + made->by->name : "");
}

}  // namespace

TEST_CASE("a delegator is launched as it is declared, on its server or the tool's own") {
    CHECK(chosen(lab, for_delegator("codex-qwen")) == "codex qwen2.5-coder on ollama-local by codex-qwen");
    CHECK(chosen(lab, for_delegator("claude-sonnet")) == "claude sonnet on anthropic-api by claude-sonnet");
}

TEST_CASE("a tool and a model are launched on the server named, or the tool's own") {
    CHECK(chosen(lab, for_tool("codex", "m", "ollama-local")) == "codex m on ollama-local");
    CHECK(chosen(lab, for_tool("claude", "m", "ccr")) == "claude m on ccr");
    CHECK(chosen("", for_tool("claude", "opus")) == "claude opus on anthropic-api");
    CHECK(chosen("", for_tool("codex", "gpt")) == "codex gpt on openai-api");
    CHECK(chosen("", for_tool("gemini", "pro")) == "gemini pro on google-api");
}

TEST_CASE("a builtin is the vendor's own way, named or not") {
    const config none = config_of("");
    const auto named = choose_launch(none, for_tool("claude", "opus", "anthropic-api"));
    const auto implicit = choose_launch(none, for_tool("claude", "opus"));
    REQUIRE(named.has_value());
    REQUIRE(implicit.has_value());
    CHECK(named->server == implicit->server);
    CHECK_FALSE(named->on_server());
    CHECK(named->at_vendor());
}

TEST_CASE("both forms at once, and half of one, are refused with the field") {
    const auto refused = [](const launch_request& asked) { return choose_launch(config_of(lab), asked); };
    launch_request both = for_delegator("codex-qwen");
    both.model = "m";
    CHECK(refusal_of(refused(both)) == "a launch names either a delegator, or an llm_tool with a model; not both");
    CHECK(refused(both).error().why == change_refusal::reason::invalid);
    REQUIRE(refused(both).error().details.size() == 1);
    CHECK(refused(both).error().details[0].field == "delegator");

    launch_request tool;
    tool.llm_tool = "codex";
    CHECK(refusal_of(refused(tool)) == "an llm_tool needs a model: name both, or a delegator");
    CHECK(refused(tool).error().details[0].field == "model");

    launch_request model;
    model.model = "m";
    CHECK(refusal_of(refused(model)) == "a model needs an llm_tool: name both, or a delegator");
    CHECK(refused(model).error().details[0].field == "llm_tool");

    launch_request server;
    server.model_server = "ollama-local";
    CHECK(refusal_of(refused(server)) == "a model_server needs an llm_tool: name both, or a delegator");
}

TEST_CASE("a name that nobody has is not found, and the nearest one is offered") {
    CHECK(chosen(lab, for_delegator("codex-qwem")) ==
          "no delegator is called \"codex-qwem\"; did you mean \"codex-qwen\"?");
    CHECK(chosen(lab, for_delegator("x")) == "no delegator is called \"x\" -> list delegators");
    CHECK(chosen(lab, for_tool("cluade", "m")) == "unknown llm tool \"cluade\"; did you mean \"claude\"?");
    CHECK(chosen(lab, for_tool("aider", "m")) == "unknown llm tool \"aider\"; the tools are claude, codex and gemini");
    CHECK(chosen(lab, for_tool("codex", "m", "ollama-lokal")) ==
          "no model server is called \"ollama-lokal\"; did you mean \"ollama-local\"?");
    CHECK(chosen(lab, for_tool("codex", "m", "openai-pi")) ==
          "no model server is called \"openai-pi\"; did you mean \"openai-api\"?");
    CHECK(chosen(lab, for_tool("codex", "m", "x")) == "no model server is called \"x\" -> list model-servers");
    CHECK(choose_launch(config_of(lab), for_delegator("x")).error().why == change_refusal::reason::not_found);
}

TEST_CASE("a delegator that cannot be launched says so with its name") {
    CHECK(chosen(lab, for_delegator("far-away")) ==
          "delegator \"far-away\" stands for a remote agent and can only be exported, not launched here; launch "
          "another one");
    CHECK(choose_launch(config_of(lab), for_delegator("far-away")).error().why == change_refusal::reason::conflict);
    CHECK(chosen(lab, for_delegator("gone")) ==
          "delegator \"gone\": no model server is called \"olama-local\"; did you mean \"ollama-local\"?");
    CHECK(chosen(lab, for_delegator("other")) ==
          "delegator \"other\": unknown llm tool \"aider\"; the tools are claude, codex and gemini");
}

TEST_CASE("names are texts, whatever is in them") {
    CHECK(chosen("", for_delegator("a\"$(x)`y`\nb")) ==
          "no delegator is called \"a\"$(x)`y`\xEF\xBF\xBD"
          "b\" -> list delegators");
}

TEST_CASE("the default is the only delegator") {
    CHECK(chosen(delegator_block("a", "codex", "m"), {}) == "codex m on openai-api by a");
    const std::string exported =
        delegator_block("far", "claude", "m", "remote_agent = { platform = \"p\", id = \"i\" }");
    CHECK(chosen(exported + delegator_block("a", "codex", "m"), {}) == "codex m on openai-api by a");
}

TEST_CASE("the default among several is the one for the default tool, of these the last with the default model") {
    const std::string three =
        delegator_block("a", "claude", "m") + delegator_block("b", "codex", "m") + delegator_block("c", "codex", "n");
    const auto with = [&](std::string_view tool, std::string_view model) {
        return chosen(fmt::format("[llm_tools]\ndefault_tool = \"{}\"\ndefault_model = \"{}\"\n{}", tool, model, three),
                      {});
    };
    CHECK(with("claude", "") == "claude m on anthropic-api by a");
    CHECK(with("claude", "other") == "claude m on anthropic-api by a");
    CHECK(with("codex", "m") == "codex m on openai-api by b");
    CHECK(with("codex", "n") == "codex n on openai-api by c");
    CHECK(with("codex", "other") == "codex n on openai-api by c");
    CHECK(with("gemini", "pro") == "gemini pro on google-api");
}

TEST_CASE("the default without delegators is the default tool and model") {
    CHECK(chosen("[llm_tools]\ndefault_tool = \"claude\"\ndefault_model = \"sonnet\"\n", {}) ==
          "claude sonnet on anthropic-api");
    CHECK(chosen("[llm_tools]\ndefault_tool = \"cluade\"\ndefault_model = \"sonnet\"\n", {}) ==
          "unknown llm tool \"cluade\"; did you mean \"claude\"?");
}

TEST_CASE("without any default it is said what is missing") {
    const std::string_view nothing =
        "there is no default to launch: neither is there one delegator only, or one for the default tool, nor does "
        "[llm_tools] name both a default_tool and a default_model; name a delegator, or a tool and a model";
    CHECK(chosen("", {}) == nothing);
    CHECK(chosen("[llm_tools]\ndefault_tool = \"claude\"\n", {}) == nothing);
    CHECK(chosen(delegator_block("a", "claude", "m") + delegator_block("b", "codex", "m"), {}) == nothing);
    CHECK(choose_launch(config_of(""), {}).error().why == change_refusal::reason::not_found);
}

TEST_CASE("a tool on a server that does not speak its protocol goes through the bridge, or is refused") {
    const auto way_of = [](std::string_view more, std::string_view tool, std::string_view server,
                           std::optional<way> wanted = std::nullopt) {
        launch_request asked = for_tool(std::string(tool), "m", std::string(server));
        asked.via = wanted;
        const auto chosen = choose_launch(config_of(fmt::format("{}\n{}", lab, more)), asked);
        return chosen ? std::string(to_string(chosen->via)) : chosen.error().message;
    };
    CHECK(way_of("", "claude", "ollama-local") == "bridge");
    CHECK(way_of("", "gemini", "ollama-local") == "bridge");
    CHECK(way_of("", "codex", "ollama-local") == "direct");
    CHECK(way_of("", "codex", "ollama-local", way::bridge) == "bridge");
    CHECK(way_of("", "claude", "ccr", way::bridge) == "bridge");
    CHECK(
        way_of("", "claude", "ollama-local", way::direct) ==
        "claude cannot use model server \"ollama-local\" directly: it speaks the OpenAI API (its kind is \"ollama\"), "
        "and claude needs the Anthropic API; launch it through the bridge: --bridge, or bridge = \"auto\" of the model "
        "server");
    CHECK(
        way_of("", "codex", "ccr") ==
        "codex cannot use model server \"ccr\": it speaks the Anthropic API (its kind is \"anthropic-api\"), and "
        "codex needs the OpenAI API; use an agent of its vendor, or a model server of another kind, such as ollama or "
        "openai-compat");
    CHECK(
        way_of("", "claude", "openai-api") ==
        "claude cannot use model server \"openai-api\": it speaks the OpenAI API (its kind is \"openai-api\"), and "
        "claude needs the Anthropic API; declare it in operator.toml, and launch with that: it goes through the bridge "
        "then");
    const std::string_view always = "[[model_servers]]\nname = \"b\"\nkind = \"ollama\"\nbridge = \"always\"\n";
    const std::string_view never = "[[model_servers]]\nname = \"b\"\nkind = \"ollama\"\nbridge = \"never\"\n";
    CHECK(way_of(always, "codex", "b") == "bridge");
    CHECK(way_of(always, "codex", "b", way::direct) == "direct");
    CHECK(way_of(never, "codex", "b") == "direct");
    CHECK(way_of(never, "claude", "b").starts_with("claude cannot use model server \"b\" directly"));
    CHECK(choose_launch(config_of(lab), for_tool("codex", "opus", "ccr")).error().why ==
          change_refusal::reason::conflict);
}

TEST_CASE("every tool fits the kinds of its protocol, and those that can be translated to") {
    for (const kind& of : kinds()) {
        const config declared = config_of(fmt::format(
            "[[model_servers]]\nname = \"s\"\nkind = \"{}\"\nbase_url = \"http://localhost:9\"\n", of.slug));
        for (const llm_tool& tool : llm_tools()) {
            CAPTURE(of.slug);
            CAPTURE(tool.name);
            const bool fits =
                of.protocol == find_kind(tool.implicit_server)->protocol || of.protocol == wire_protocol::openai;
            CHECK(choose_launch(declared, for_tool(std::string(tool.name), "m", "s")).has_value() == fits);
        }
    }
}
