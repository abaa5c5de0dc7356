#include "client/views.hpp"

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

TEST_CASE("the tools, old ones with what they should be, and a default that is not whole") {
    const std::vector<tool_answer> tools{
        {.name = "claude", .path = "/c", .version = "3.0", .min_version = "2.1.330", .version_ok = true},
        {.name = "codex", .path = "/x", .version = "0.1", .min_version = "0.169.0", .version_ok = false},
        {.name = "gemini", .path = "/g"}};
    CHECK(show_tools(tools, {.tool = "claude", .model = ""}, plain) ==
          "TOOL    VERSION                   PATH  MODELS\n"
          "claude  3.0                       /c\n"
          "codex   0.1 (older than 0.169.0)  /x\n"
          "gemini  -                         /g\n"
          "\n"
          "default: claude with no model\n");
    CHECK(show_tools({}, {}, plain) ==
          "claude: not installed; install it with: npm install -g @anthropic-ai/claude-code\n"
          "codex: not installed; install it with: npm install -g @openai/codex\n"
          "gemini: not installed; install it with: npm install -g @google/gemini-cli\n"
          "default: none; set one with: operatorctl use SERVER\n");
}
