#include "tests/daemon/api/asked_api.hpp"

#include <filesystem>
#include <string>
#include <string_view>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view two = R"(# mine
[[model_servers]]
name = "lab"
kind = "ollama"
base_url = "http://127.0.0.1:1001"

[[delegators]]
name = "local"     # the cheap one
llm_tool = "codex"
model = "qwen"
model_server = "lab"
display_name = "Local"
model_properties = { effort = "high", deep = { n = 1 } }
remote_agent = { platform = "p", id = "1" }
[delegators.launch_config]
yolo = false
flags = ["--verbose"]

[[delegators]]
name = "a/b é"
llm_tool = "claude"
model = "opus"
)";

constexpr std::string_view local_text =
    R"({"name":"local","llm_tool":"codex","model":"qwen","display_name":"Local",)"
    R"("model_properties":{"effort":"high","deep":{"n":1}},"model_server":"lab",)"
    R"("launch_config":{"yolo":false,"flags":["--verbose"]},"remote_agent":{"platform":"p","id":"1"}})";
constexpr std::string_view other_text =
    R"({"name":"a/b é","llm_tool":"claude","model":"opus","display_name":null,"model_properties":null,)"
    R"("model_server":null,"launch_config":null,"remote_agent":null})";

/// A configuration without delegators, and `codex` on the PATH.
struct with_codex : api_on {
    explicit with_codex(std::string_view toml = "") : api_on(toml) {
        std::filesystem::permissions(folder.write("bin/codex", "#!/bin/false\n"), std::filesystem::perms(0755));
    }
};

}  // namespace

TEST_CASE("delegators are listed in the order of the file, each with every field") {
    api_on api(two);
    const answer list = api.get("/api/v1/delegators");
    CHECK(list.status == 200);
    CHECK(text_of(list) ==
          R"({"delegators":[)" + std::string(local_text) + "," + std::string(other_text) + R"(],"total":2})");
    CHECK(list.tagged);
    CHECK(api.ask({.target = "/api/v1/delegators", .if_none_match = list.body->etag}).status == 304);
    CHECK(text_of(api_on("").get("/api/v1/delegators")) == R"({"delegators":[],"total":0})");
}

TEST_CASE("one delegator, by its name") {
    api_on api(two);
    const answer one = api.get("/api/v1/delegators/local");
    CHECK(one.status == 200);
    CHECK(text_of(one) == local_text);
    CHECK(one.etag == "\"i-1\"");
    CHECK(text_of(api.get("/api/v1/delegators/a%2Fb%20%C3%A9")) == other_text);
    check_error(api.get("/api/v1/delegators/locale"), 404, "not_found",
                "no delegator is called \"locale\"; did you mean \"local\"?");
}

TEST_CASE("a delegator is created: 201, its place, its tag, and all of it") {
    api_on api(two);
    const answer made =
        api.post("/api/v1/delegators",
                 R"({"name":"n/w","llm_tool":"claude","model":"opus","model_server":"lab","display_name":"N",)"
                 R"("model_properties":{"a":[1,2.5]},"launch_config":{"prompt_prefix":"x\ny","docker":null},)"
                 R"("remote_agent":null})");
    CHECK(made.status == 201);
    CHECK(made.location == "/api/v1/delegators/n%2Fw");
    CHECK(made.etag == "\"i-2\"");
    CHECK(text_of(made) ==
          R"({"name":"n/w","llm_tool":"claude","model":"opus","display_name":"N","model_properties":{"a":[1,2.5E0]},)"
          R"("model_server":"lab","launch_config":{"prompt_prefix":"x\ny"},"remote_agent":null})");
    CHECK(api.file_text().starts_with(two));
    CHECK(text_of(api.get(made.location)) == text_of(made));
}

TEST_CASE("a delegator is replaced, its name and its comments stay") {
    api_on api(two);
    const answer replaced = api.put("/api/v1/delegators/local", R"({"name":"x","llm_tool":"codex","model":"llama"})");
    CHECK(replaced.status == 200);
    CHECK(replaced.etag == "\"i-2\"");
    CHECK(text_of(replaced) ==
          R"({"name":"local","llm_tool":"codex","model":"llama","display_name":null,"model_properties":null,)"
          R"("model_server":null,"launch_config":null,"remote_agent":null})");
    CHECK(api.file_text().find("name = \"local\"     # the cheap one\n") != std::string::npos);
    CHECK(text_of(api.get("/api/v1/delegators/local")) == text_of(replaced));
    CHECK(api.get("/api/v1/delegators/a%2Fb%20%C3%A9").etag == "\"i-1\"");
}

TEST_CASE("a delegator may go on naming a server that has gone, but none begins to") {
    api_on api(two);
    CHECK(api.remove("/api/v1/model-servers/lab?force").status == 200);
    CHECK(api.put("/api/v1/delegators/local", R"({"llm_tool":"codex","model":"m","model_server":"lab"})").status ==
          200);
    CHECK(api.put("/api/v1/delegators/a%2Fb%20%C3%A9", R"({"llm_tool":"codex","model":"m","model_server":"lab"})")
              .status == 400);
}

TEST_CASE("a delegator is removed: 200 with what it was") {
    api_on api(two);
    const answer removed = api.remove("/api/v1/delegators/local");
    CHECK(removed.status == 200);
    CHECK(text_of(removed) == local_text);
    CHECK(removed.etag.empty());
    CHECK(api.get("/api/v1/delegators/local").status == 404);
    CHECK(json_of(api.get("/api/v1/delegators")).at("total").as_int64() == 1);
    CHECK(api.file_text().find("yolo") == std::string::npos);
}

TEST_CASE("a delegator from a tool: the model and the name have defaults") {
    with_codex api;
    const answer made = api.post("/api/v1/delegators/from-tool", R"({"tool_name":"codex"})");
    CHECK(made.status == 201);
    CHECK(made.location == "/api/v1/delegators/codex-gpt-6.1-sol");
    CHECK(made.etag == "\"i-2\"");
    CHECK(text_of(made) ==
          R"({"name":"codex-gpt-6.1-sol","llm_tool":"codex","model":"gpt-6.1-sol","display_name":null,)"
          R"("model_properties":null,"model_server":null,"launch_config":null,"remote_agent":null})");
    CHECK(api.file_text() ==
          "[[delegators]]\nname = \"codex-gpt-6.1-sol\"\nllm_tool = \"codex\"\nmodel = \"gpt-6.1-sol\"\n");
    check_error(api.post("/api/v1/delegators/from-tool", R"({"tool_name":"codex"})"), 409, "conflict",
                "the name \"codex-gpt-6.1-sol\" is taken by a delegator; replace it with PUT, or choose another name");
}

TEST_CASE("a delegator from a tool: everything can be said") {
    with_codex api("[[model_servers]]\nname = \"lab\"\nkind = \"ollama\"\n");
    const answer made = api.post("/api/v1/delegators/from-tool",
                                 R"({"tool_name":"codex","model":"org/qwen:7b","display_name":"Q",)"
                                 R"("model_server":"lab","launch_config":{"yolo":true,"docker":null}})");
    CHECK(made.status == 201);
    CHECK(text_of(made) ==
          R"({"name":"codex-org/qwen:7b","llm_tool":"codex","model":"org/qwen:7b","display_name":"Q",)"
          R"("model_properties":null,"model_server":"lab","launch_config":{"yolo":true},"remote_agent":null})");
    CHECK(made.location == "/api/v1/delegators/codex-org%2Fqwen%3A7b");
    CHECK(api.post("/api/v1/delegators/from-tool", R"({"tool_name":"codex","name":"mine"})").location ==
          "/api/v1/delegators/mine");
}

TEST_CASE("a tool that is not known, or not there, is 404 with what to do") {
    with_codex api("# untouched\n");
    check_error(api.post("/api/v1/delegators/from-tool", R"({"tool_name":"codx"})"), 404, "not_found",
                "unknown llm tool \"codx\"; did you mean \"codex\"?");
    check_error(api.post("/api/v1/delegators/from-tool", R"({"tool_name":"vim"})"), 404, "not_found",
                "unknown llm tool \"vim\"; the tools are claude, codex and gemini");
    check_error(api.post("/api/v1/delegators/from-tool", R"({"tool_name":"claude"})"), 404, "not_found",
                "operatord finds no claude on its PATH, nor in the usual folders of your home; install it: npm install "
                "-g @anthropic-ai/claude-code");
    check_error(
        api.post("/api/v1/delegators/from-tool", R"({"tool_name":"codex","model":")" + std::string(130, 'm') + R"("})"),
        400, "validation_error", "name: the name has 136 bytes, more than 128; shorten it; display_name may be long");
    CHECK(api.file_text() == "# untouched\n");
}
