#include "client/launch/launch.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

const view plain{.colour = false, .now = {}};

}  // namespace

TEST_CASE("a plan shows what would run, without secrets") {
    const received_plan plan{
        .tool = "sh",
        .argv = {"sh", "-c", "it's $x"},
        .args_at = 2,
        .env = {{.name = "OPENAI_BASE_URL", .value = "http://lab/v1", .from_env = {}, .secret = false},
                {.name = "OPENAI_API_KEY", .value = {}, .from_env = "LAB_KEY"},
                {.name = "TOKEN", .value = "s3cret", .from_env = {}, .secret = true}},
        .unset = {"ANTHROPIC_API_KEY", "GEMINI_API_KEY"},
        .model_server = "lab",
        .model = "m",
        .delegator = "codex-lab",
        .warnings = {"odd\x1b"},
        .no_proxy = {"127.0.0.1", "localhost"},
        .home = private_home{.variable = "GEMINI_CLI_HOME", .folder = ".gemini"},
        .install_hint = "apt install sh"};
    CHECK(show_plan(plan, {"--x", "two words\n"}, {"PATH=/bin", "LAB_KEY=k"}, plain) ==
          "delegator     codex-lab\n"
          "program       /bin/sh\n"
          "model         m\n"
          "model server  lab\n"
          "command       sh -c --x 'two words\\n' 'it'\\''s $x'\n"
          "set           OPENAI_BASE_URL=http://lab/v1\n"
          "              OPENAI_API_KEY=${LAB_KEY}\n"
          "              TOKEN=***\n"
          "unset         ANTHROPIC_API_KEY\n"
          "              GEMINI_API_KEY\n"
          "no proxy for  127.0.0.1, localhost\n"
          "private home  GEMINI_CLI_HOME (your .gemini with settings on top)\n"
          "later         operatorctl launch --resume   (in this folder, or with the ID of a session)\n"
          "warning       odd\\x1b\n");
}

TEST_CASE("a plan that cannot run here says why") {
    const received_plan plan{.tool = "no-such-agent",
                             .argv = {"no-such-agent"},
                             .args_at = 1,
                             .env = {{.name = "K", .value = {}, .from_env = "LAB_KEY"}},
                             .install_hint = "npm install -g it"};
    CHECK(show_plan(plan, {}, {"PATH=/bin"}, plain) ==
          "program  no-such-agent\n"
          "command  no-such-agent\n"
          "set      K=${LAB_KEY}\n"
          "later    operatorctl launch --resume   (in this folder, or with the ID of a session)\n"
          "warning  LAB_KEY is not set here, and K for no-such-agent comes from it; set it first: export LAB_KEY=...\n"
          "         no-such-agent: not found on PATH; install it with: npm install -g it\n");
    CHECK(why_not_run(plan, found_program{.path = "/x/no-such-agent", .executable = false}) ==
          "/x/no-such-agent: no permission to execute it; see it with: ls -l");
}
