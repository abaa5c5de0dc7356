#include "tests/daemon/api/asked_api.hpp"

#include <fmt/format.h>

#include <filesystem>

using namespace opd;
using namespace opd::test;

TEST_CASE("the llm tools that are there are listed") {
    api_on api("");
    CHECK(text_of(api.get("/api/v1/llm-tools")) == R"({"tools":[],"total":0})");
    const auto program = api.folder.write("bin/claude", "#!/bin/false\n");
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    CHECK(text_of(api.get("/api/v1/llm-tools")) ==
          fmt::format(R"({{"tools":[{{"name":"claude","path":"{}","version":null,"min_version":"2.1.330",)"
                      R"("version_ok":null,"model_aliases":["opus","sonnet","haiku"]}}],"total":1}})",
                      program.string()));
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
