#include "tests/daemon/api/asked_api.hpp"
#include "tests/daemon/fake_program.hpp"

#include <fmt/format.h>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;

TEST_CASE("the llm tools that are there are listed with their versions") {
    api_on api("");
    CHECK(text_of(api.get("/api/v1/llm-tools")) == R"({"tools":[],"total":0})");
    const auto claude = script(api.folder, "bin/claude", "echo '2.1.330 (Claude Code)'");
    const auto codex = script(api.folder, "bin/codex", "echo codex-cli 0.12.0");
    CHECK(text_of(api.get("/api/v1/llm-tools")) ==
          fmt::format(R"({{"tools":[{{"name":"claude","path":"{}","version":"2.1.330","min_version":"2.1.330",)"
                      R"("version_ok":true,"model_aliases":["opus","sonnet","haiku"],"version_error":null}},)"
                      R"({{"name":"codex","path":"{}","version":"0.12.0","min_version":"0.169.0",)"
                      R"("version_ok":false,"model_aliases":["gpt-6.1-sol","gpt-6-astra","gpt-6-luna"],)"
                      R"("version_error":null}}],"total":2}})",
                      claude.string(), codex.string()));
}

TEST_CASE("a version that cannot be had is null, with the reason") {
    api_on api("");
    const auto claude = script(api.folder, "bin/claude", "exit 3");
    const auto tool = json_of(api.get("/api/v1/llm-tools")).at("tools").at(0);
    CHECK(tool.at("version").is_null());
    CHECK(tool.at("version_ok").is_null());
    CHECK(tool.at("version_error").as_string() ==
          fmt::format("{} --version ended with exit code 3; run it in a terminal to see why", claude.string()));
}

TEST_CASE("the list of tools has a tool as soon as it is there, and it is asked for its version once") {
    api_on api("");
    CHECK(json_of(api.get("/api/v1/llm-tools")).at("total") == 0);
    const auto runs = api.folder.path() / "runs";
    script(api.folder, "bin/claude", fmt::format("echo >>'{}'\necho 2.1.330", runs.string()));
    for (int i = 0; i != 2; ++i)
        CHECK(json_of(api.get("/api/v1/llm-tools")).at("tools").at(0).at("version") == "2.1.330");
    CHECK(text_in(runs).size() == 1);
}

TEST_CASE("the default tool and model: empty where unset") {
    CHECK(text_of(api_on("").get("/api/v1/llm-tools/default")) == R"({"tool":"","model":""})");
    api_on api("[llm_tools]\ndefault_tool = \"claude\"\ndefault_model = \"sonnet\"\n");
    const answer given = api.get("/api/v1/llm-tools/default");
    CHECK(text_of(given) == R"({"tool":"claude","model":"sonnet"})");
    CHECK(given.etag == "\"i-1\"");
}

TEST_CASE("the default tool and model are replaced together") {
    api_on api("[llm_tools]  # which\ndefault_tool = \"claude\"  # the tool\nother = 1\n");
    const answer replaced = api.put("/api/v1/llm-tools/default", R"({"tool":"codex","model":"qwen"})");
    CHECK(replaced.status == 200);
    CHECK(text_of(replaced) == R"({"tool":"codex","model":"qwen"})");
    CHECK(replaced.etag == "\"i-2\"");
    CHECK(api.file_text() ==
          "[llm_tools]  # which\ndefault_tool = \"codex\"  # the tool\ndefault_model = \"qwen\"\nother = 1\n");
    CHECK(text_of(api.get("/api/v1/llm-tools/default")) == text_of(replaced));

    const answer unset = api.put("/api/v1/llm-tools/default", R"({"tool":"","model":""})");
    CHECK(text_of(unset) == R"({"tool":"","model":""})");
    CHECK(text_of(api.get("/api/v1/llm-tools/default")) == R"({"tool":"","model":""})");
}

TEST_CASE("both of them must be said") {
    api_on api("# untouched\n");
    check_error(api.put("/api/v1/llm-tools/default", R"({"tool":"codex"})"), 400, "validation_error",
                "model: is missing");
    check_error(api.put("/api/v1/llm-tools/default", R"({"tool":null,"model":"a\u0007"})"), 400, "validation_error",
                "2 fields are wrong: tool and model");
    CHECK(api.file_text() == "# untouched\n");
}
