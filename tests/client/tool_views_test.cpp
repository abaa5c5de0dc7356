#include "client/answers.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

const view plain{.colour = false, .now = {}};

}  // namespace

TEST_CASE("the table of delegators") {
    CHECK(show_delegators({{.name = "codex-lab", .llm_tool = "codex", .model = "qwen\x1b", .model_server = "lab"},
                           {.name = "far", .llm_tool = "claude", .model = "opus", .remote_agent = "{}"}},
                          plain) ==
          "NAME       TOOL    MODEL     MODEL SERVER  LAUNCHES HERE\n"
          "codex-lab  codex   qwen\\x1b  lab           yes\n"
          "far        claude  opus      -             no\n");
    CHECK(show_delegators({}, plain) ==
          "no delegators; make one with: operatorctl use SERVER   (or: operatorctl delegators add)\n");
}

TEST_CASE("everything about one delegator") {
    CHECK(show_delegator({.name = "d",
                          .llm_tool = "claude",
                          .model = "opus",
                          .display_name = "D",
                          .model_properties = R"({"a":1})",
                          .launch_config = R"({"yolo":true})",
                          .remote_agent = R"({"id":"7"})"},
                         plain) ==
          "name          d\n"
          "display name  D\n"
          "llm tool      claude\n"
          "model         opus\n"
          "model server  anthropic-api (the default of claude)\n"
          "properties    {\"a\":1}\n"
          "launch        {\"yolo\":true}\n"
          "remote agent  {\"id\":\"7\"} (cannot be launched here)\n");
    CHECK(show_delegator({.name = "d", .llm_tool = "new-tool", .model = "m"}, plain) ==
          "name          d\n"
          "llm tool      new-tool\n"
          "model         m\n"
          "model server  the default of new-tool\n");
}

TEST_CASE("the tools, old ones with what to do, and a default that is not whole") {
    const std::vector<tool_answer> tools{
        {.name = "claude", .path = "/c", .version = "3.0", .min_version = "2.1.330", .version_ok = true},
        {.name = "codex", .path = "/x", .version = "0.1", .min_version = "0.169.0", .version_ok = false},
        {.name = "gemini", .path = "/g"},
        {.name = "new-tool", .path = "/n", .version = "1", .min_version = "2", .version_ok = false}};
    CHECK(show_tools(tools, {.tool = "claude", .model = ""}, plain) ==
          "TOOL      VERSION                   PATH  MODELS\n"
          "claude    3.0                       /c\n"
          "codex     0.1 (older than 0.169.0)  /x\n"
          "gemini    -                         /g\n"
          "new-tool  1 (older than 2)          /n\n"
          "\n"
          "codex: older than 0.169.0, the oldest that launching was tried with; update it with: npm install -g "
          "@openai/codex\n"
          "default: claude with no model\n");
}

TEST_CASE("tools that are not found, and those that do not tell their version") {
    CHECK(show_tools({{.name = "codex", .path = "/x\x1b", .version_error = "/x --version failed\nbadly"}}, {}, plain) ==
          "TOOL    VERSION  PATH       MODELS\n"
          "codex   -        /x\\x1b\n"
          "claude  -        not found  opus, sonnet, haiku\n"
          "gemini  -        not found  auto, pro, flash, flash-lite\n"
          "\n"
          "codex: /x --version failed\\nbadly\n"
          "claude: not found; install it with: npm install -g @anthropic-ai/claude-code\n"
          "gemini: not found; install it with: npm install -g @google/gemini-cli\n"
          "default: none; set one with: operatorctl use SERVER\n");
    CHECK(show_tools({}, {.tool = "claude", .model = "opus"}, {.colour = true, .now = {}}).find("not found") !=
          std::string::npos);
}
