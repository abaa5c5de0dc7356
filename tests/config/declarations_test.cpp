#include "config/config.hpp"
#include "tests/config/config_texts.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {
namespace {

using namespace std::chrono_literals;

/// A server block with one more line; that line is the fourth of the text.
std::string with(std::string_view line) {
    return "[[model_servers]]\nname = \"x\"\nkind = \"ollama\"\n" + std::string(line) + "\n";
}

boost::json::object table(std::string_view json) { return boost::json::parse({json.data(), json.size()}).as_object(); }

}  // namespace

TEST_CASE("every field of a model server is read") {
    const auto loaded = parse_config(R"(
[[model_servers]]
name = "größe/1"
kind = "openai-compat"
base_url = "http://localhost:8000/v1"
display_name = "vLLM"
api_key_env = "VLLM_KEY"
extra_env = { ZED = "1", ALPHA = "a b", LATE = "${HOME}" }
probe = "lazy"
interval = "10s"
timeout = "20s"
ca_file = "~/ca.pem"
allow_plaintext_key = true

[[model_servers]]
name = "o"
kind = "ollama"
[model_servers.extra_env]
OLLAMA_DEBUG = ""
)",
                                     "f");
    REQUIRE(loaded.has_value());
    CHECK(loaded->warnings.empty());
    REQUIRE(loaded->values.model_servers.size() == 2);
    const model_server& first = loaded->values.model_servers[0];
    CHECK(first.name == "größe/1");
    CHECK(first.kind == find_kind("openai-compat"));
    CHECK(first.base_url == "http://localhost:8000/v1");
    CHECK(first.display_name == "vLLM");
    CHECK(first.api_key_env == "VLLM_KEY");
    CHECK(first.extra_env ==
          std::vector<std::pair<std::string, std::string>>{{"ZED", "1"}, {"ALPHA", "a b"}, {"LATE", "${HOME}"}});
    CHECK(first.probe == probe_mode::lazy);
    CHECK(first.interval == 10s);
    CHECK(first.timeout == 20s);
    CHECK(first.ca_file == "~/ca.pem");
    CHECK(first.allow_plaintext_key);
    CHECK(first.user_declared);
    const model_server& second = loaded->values.model_servers[1];
    CHECK(second.base_url == std::nullopt);
    CHECK(second.probe == probe_mode::automatic);
    CHECK(second.interval == std::nullopt);
    CHECK(second.extra_env == std::vector<std::pair<std::string, std::string>>{{"OLLAMA_DEBUG", ""}});
}

TEST_CASE("an unknown kind is told with the nearest one") {
    CHECK(error_of("[[model_servers]]\nname = \"x\"\nkind = \"olama\"\n") ==
          "operator.toml:3:8: unknown kind \"olama\"\n"
          "   3 | kind = \"olama\"\n"
          "     |        ^~~~~~~\n"
          "   did you mean \"ollama\"?");
    CHECK(error_of("[[model_servers]]\nname = \"x\"\nkind = \"bedrock\"\n") ==
          "operator.toml:3:8: unknown kind \"bedrock\"\n"
          "   3 | kind = \"bedrock\"\n"
          "     |        ^~~~~~~~~\n"
          "   the kinds are anthropic-api, openai-api, google-api, ollama, openrouter, openai-compat and lmstudio");
}

TEST_CASE("what is required is asked for at the block") {
    CHECK(error_of("[[model_servers]]\nkind = \"ollama\"\n") ==
          "operator.toml:1:1: name is missing here\n"
          "   1 | [[model_servers]]\n"
          "     | ^~~~~~~~~~~~~~~~~\n"
          "   add a line such as name = \"my-server\"");
    CHECK(error_of("[[model_servers]]\nname = \"x\"\n") ==
          "operator.toml:1:1: kind is missing here\n"
          "   1 | [[model_servers]]\n"
          "     | ^~~~~~~~~~~~~~~~~\n"
          "   add a line such as kind = \"ollama\"");
    CHECK(error_of("[[model_servers]]\nname = \"\"\nkind = \"ollama\"\n") ==
          "operator.toml:2:8: name is empty\n"
          "   2 | name = \"\"\n"
          "     |        ^~\n"
          "   write for example name = \"my-server\"");
    CHECK(error_of("[[model_servers]]\nname = \"x\"\nkind = \"openai-compat\"\n") ==
          "operator.toml:1:1: base_url is missing here: the kind \"openai-compat\" has no default\n"
          "   1 | [[model_servers]]\n"
          "     | ^~~~~~~~~~~~~~~~~\n"
          "   add a line such as base_url = \"http://localhost:8080/v1\"");
    CHECK(error_of("[model_servers]\nname = \"x\"\n") ==
          "operator.toml:1:1: model_servers must be written once for each entry, in double brackets\n"
          "   1 | [model_servers]\n"
          "     | ^~~~~~~~~~~~~~~\n"
          "   write [[model_servers]], and the keys of the entry below");
    CHECK(error_of("model_servers = [1]\n") ==
          "operator.toml:1:17: model_servers must be written once for each entry, in double brackets\n"
          "   1 | model_servers = [1]\n"
          "     |                 ^~~\n"
          "   write [[model_servers]], and the keys of the entry below");
    CHECK(error_of("model_servers = []\n").empty());
}

TEST_CASE("names are unique and not taken by anything builtin") {
    CHECK(error_of(with("") + "\n" + with("")) ==
          "operator.toml:7:8: the name \"x\" is taken by the model server of line 2\n"
          "   7 | name = \"x\"\n"
          "     |        ^~~\n"
          "   give each its own name");
    CHECK(error_of("[[model_servers]]\nname = \"google-api\"\nkind = \"google-api\"\n") ==
          "operator.toml:2:8: the name \"google-api\" belongs to a builtin model server\n"
          "   2 | name = \"google-api\"\n"
          "     |        ^~~~~~~~~~~~\n"
          "   choose another name, such as \"my-google-api\"");
    CHECK(error_of("[[model_servers]]\nname = \"kinds\"\nkind = \"ollama\"\n") ==
          "operator.toml:2:8: the name \"kinds\" is taken by a route of the REST interface\n"
          "   2 | name = \"kinds\"\n"
          "     |        ^~~~~~~\n"
          "   choose another name");
    CHECK(error_of("[[model_servers]]\nname = \"a\\u001b\"\nkind = \"ollama\"\n") ==
          "operator.toml:2:8: the name \"a�\" holds a control character\n"
          "   2 | name = \"a\\u001b\"\n"
          "     |        ^~~~~~~~~\n"
          "   use letters, digits and punctuation");
}

TEST_CASE("a base URL is checked where it stands") {
    CHECK(error_of(with("base_url = \"localhost:11434\"")) ==
          "operator.toml:4:12: base_url does not start with http:// or https://\n"
          "   4 | base_url = \"localhost:11434\"\n"
          "     |            ^~~~~~~~~~~~~~~~~\n"
          "   write \"http://localhost:11434\"");
    CHECK(error_of(with("base_url = \"http://me:hunter2@host\"")) ==
          "operator.toml:4:12: base_url holds a user name or password before an \"@\"\n"
          "   take it out; put a key into a variable and its NAME into api_key_env");
    CHECK(error_of(with("base_url = 8080")) ==
          "operator.toml:4:12: base_url must be a text, not a whole number\n"
          "   4 | base_url = 8080\n"
          "     |            ^~~~\n"
          "   put it in quotes: base_url = \"...\"");
}

TEST_CASE("the other fields of a server are checked") {
    CHECK(error_of(with("probe = \"nevr\"")) ==
          "operator.toml:4:9: unknown probe mode \"nevr\"\n"
          "   4 | probe = \"nevr\"\n"
          "     |         ^~~~~~\n"
          "   did you mean \"never\"?");
    CHECK(error_of(with("probe = \"sometimes\"")) ==
          "operator.toml:4:9: unknown probe mode \"sometimes\"\n"
          "   4 | probe = \"sometimes\"\n"
          "     |         ^~~~~~~~~~~\n"
          "   write \"auto\", \"lazy\" (only when asked) or \"never\"");
    CHECK(error_of(with("interval = 10")) ==
          "operator.toml:4:12: interval must be a length of time with its unit, as a text\n"
          "   4 | interval = 10\n"
          "     |            ^~\n"
          "   write interval = \"10s\"");
    CHECK(error_of(with("timeout = \"8d\"")) ==
          "operator.toml:4:11: timeout is \"8d\", which is out of range\n"
          "   4 | timeout = \"8d\"\n"
          "     |           ^~~~\n"
          "   write a time from \"10ms\" to \"7d\"");
    CHECK(error_of(with("timeout = \"5\"")) ==
          "operator.toml:4:11: timeout: \"5\" is not a length of time: the unit is missing\n"
          "   4 | timeout = \"5\"\n"
          "     |           ^~~\n"
          "   write digits and one unit of ms, s, m, h, d, as in \"500ms\", \"30s\" or \"5m\"");
    CHECK(error_of(with("ca_file = \"ca.pem\"")) ==
          "operator.toml:4:11: ca_file \"ca.pem\" is not an absolute path\n"
          "   4 | ca_file = \"ca.pem\"\n"
          "     |           ^~~~~~~~\n"
          "   write a path that starts with \"/\" or \"~/\"");
    CHECK(error_of(with("display_name = \"a\\nb\"")) ==
          "operator.toml:4:16: display_name holds a control character\n"
          "   4 | display_name = \"a\\nb\"\n"
          "     |                ^~~~~~\n"
          "   take it out");
    CHECK(error_of(with("allow_plaintext_key = 1")) ==
          "operator.toml:4:23: allow_plaintext_key must be true or false, not a whole number\n"
          "   write allow_plaintext_key = true or allow_plaintext_key = false, without quotes");
    CHECK(error_of(with("extra_env = \"A=1\"")) ==
          "operator.toml:4:13: extra_env must be a table, not a text\n"
          "   write extra_env = { key = ... }");
    CHECK(error_of(with("extra_env = { \"A-B\" = \"1\" }")) ==
          "operator.toml:4:15: extra_env: \"A-B\" cannot be the name of an environment variable\n"
          "   use letters, digits and \"_\", and no digit at the start");
    CHECK(error_of(with("extra_env = { A = 1 }")) ==
          "operator.toml:4:19: the value of A in extra_env must be a text\n"
          "   put it in quotes: A = \"...\"");
    CHECK(error_of(with("extra_env = { A = \"a\\u0000b\" }")) ==
          "operator.toml:4:19: A in extra_env: the value holds a NUL character, which no environment variable can\n"
          "   take it out");
}

TEST_CASE("a key that was pasted into the file is in no text about it") {
    for (const std::string_view line :
         {"api_key_env = \"sk-hunter2\"", "api_key_env = \"hunter2 \"", "api_key_env = sk-hunter2",
          "api_key_env = \"hunter2", "api_key_env = [\"sk-hunter2\"]", "api_key = \"sk-hunter2\"",
          "token = \"hunter2\"", "extra_env = { A = hunter2 }", "extra_env = { A = \"hunter2\\u0000\" }",
          "extra_env = { A = \"hunter2\" B = 1 }", "extra_env = { A = \"hunter2\"\n}",
          "base_url = \"http://u:hunter2@h\"", "base_url = \"http://h?key=hunter2\"", "base_url = http://u:hunter2@h",
          "[model_servers.extra_env]\nFOO = hunter2", "[model_servers.extra_env]\nFOO = \"hunter2",
          "[model_servers.extra_env]\nFOO = [\"hunter2\"]"}) {
        CAPTURE(line);
        const std::string shown = warnings_of(with(line));
        CHECK_FALSE(shown.empty());
        CHECK(shown.find("hunter2") == std::string::npos);
    }
    CHECK(
        error_of(with("api_key_env = \"sk-hunter2\"")) ==
        "operator.toml:4:15: api_key_env holds a key where the NAME of a variable is wanted\n"
        "   write the NAME of an environment variable, as in api_key_env = \"MY_API_KEY\", and put the key itself into "
        "that variable");
    CHECK(warnings_of(with("api_key = \"sk-hunter2\"")) ==
          "operator.toml:4:1: unknown key \"api_key\" in [[model_servers]]\n"
          "   did you mean \"api_key_env\"?");
}

TEST_CASE("unknown keys of a server are warnings with what was meant") {
    CHECK(warnings_of(with("url = \"http://h\"")) ==
          "operator.toml:4:1: unknown key \"url\" in [[model_servers]]\n"
          "   4 | url = \"http://h\"\n"
          "     | ^~~\n"
          "   did you mean \"base_url\"?");
}

TEST_CASE("every field of a delegator is read") {
    const auto loaded = parse_config(R"(
[[model_servers]]
name = "local"
kind = "ollama"
[[delegators]]
name = "d"
llm_tool = "codex"
model = "qwen"
model_server = "local"
display_name = "D"
model_properties = { reasoning_effort = "high", anything = 1 }
remote_agent = { platform = "p", id = "i" }
[delegators.launch_config]
yolo = false
permission_mode = "acceptEdits"
flags = ["--verbose"]
use_worktrees = true
create_branch = true
docker = true
prompt_prefix = ""
prompt_suffix = ""
operator_relay = true
[[delegators]]
name = "e"
llm_tool = "claude"
model = "sonnet"
model_server = "anthropic-api"
[[delegators]]
name = "f"
llm_tool = "claude"
model = "opus"
)",
                                     "f");
    REQUIRE(loaded.has_value());
    CHECK(loaded->warnings.empty());
    CHECK(
        loaded->values.delegators ==
        std::vector<delegator>{
            {.name = "d",
             .llm_tool = "codex",
             .model = "qwen",
             .model_server = "local",
             .display_name = "D",
             .model_properties = table(R"({"reasoning_effort": "high", "anything": 1})"),
             .launch_config = table(
                 R"({"yolo": false, "permission_mode": "acceptEdits", "flags": ["--verbose"], "use_worktrees": true, "create_branch": true, "docker": true, "prompt_prefix": "", "prompt_suffix": "", "operator_relay": true})"),
             .remote_agent = table(R"({"platform": "p", "id": "i"})")},
            {.name = "e",
             .llm_tool = "claude",
             .model = "sonnet",
             .model_server = "anthropic-api",
             .display_name = std::nullopt},
            {.name = "f",
             .llm_tool = "claude",
             .model = "opus",
             .model_server = std::nullopt,
             .display_name = std::nullopt}});
}

TEST_CASE("a delegator is checked like a server") {
    const std::string block = "[[delegators]]\nname = \"d\"\nllm_tool = \"claude\"\nmodel = \"m\"\n";
    CHECK(error_of("[[delegators]]\nname = \"d\"\nllm_tool = \"claude\"\n") ==
          "operator.toml:1:1: model is missing here\n"
          "   1 | [[delegators]]\n"
          "     | ^~~~~~~~~~~~~~\n"
          "   add a line such as model = \"sonnet\"");
    CHECK(error_of(block + block) ==
          "operator.toml:6:8: the name \"d\" is taken by the delegator of line 2\n"
          "   6 | name = \"d\"\n"
          "     |        ^~~\n"
          "   give each its own name");
    CHECK(error_of(block + "launch_config = 1\n") ==
          "operator.toml:5:17: launch_config must be a table, not a whole number\n"
          "   5 | launch_config = 1\n"
          "     |                 ^\n"
          "   write launch_config = { key = ... }");
    CHECK(warnings_of(block + "launch_config = { yollo = true }\n") ==
          "operator.toml:5:19: unknown key \"yollo\" in launch_config\n"
          "   5 | launch_config = { yollo = true }\n"
          "     |                   ^~~~~\n"
          "   did you mean \"yolo\"?");
    CHECK(warnings_of(block + "model_server = \"openai-apy\"\n") ==
          "operator.toml:5:16: there is no model server \"openai-apy\"\n"
          "   5 | model_server = \"openai-apy\"\n"
          "     |                ^~~~~~~~~~~~\n"
          "   did you mean \"openai-api\"?");
    CHECK(warnings_of(block + "model_server = \"zzz\"\n") ==
          "operator.toml:5:16: there is no model server \"zzz\"\n"
          "   5 | model_server = \"zzz\"\n"
          "     |                ^~~~~\n"
          "   declare it in [[model_servers]], or leave model_server out");
    CHECK(error_of("[[delegators]]\nname = \"openai-api\"\nllm_tool = \"codex\"\nmodel = \"m\"\n").empty());
}

TEST_CASE("the tables of a delegator are kept as JSON, and what JSON does not know is its text") {
    const auto loaded = parse_config(R"(
[[delegators]]
name = "d"
llm_tool = "codex"
model = "m"
model_properties = { since = 1979-05-27T07:32:00Z, limit = inf, share = 1.0, deep = { list = [ 1, [ "a" ], { b = nan } ] } }
launch_config = {}
[delegators.remote_agent]
platform = "p"
)",
                                     "f");
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->values.delegators.size() == 1);
    const delegator& read = loaded->values.delegators[0];
    CHECK(read.model_properties == table(R"({"since": "1979-05-27T07:32:00Z", "limit": "inf", "share": 1.0,
                                             "deep": {"list": [1, ["a"], {"b": "nan"}]}})"));
    CHECK(read.launch_config == boost::json::object());
    CHECK(read.remote_agent == table(R"({"platform": "p"})"));
}

TEST_CASE("texts of a delegator hold no control characters, and its tables no NUL") {
    const std::string block = "[[delegators]]\nname = \"d\"\n";
    CHECK(error_of(block + "llm_tool = \"a\\u0007\"\nmodel = \"m\"\n") ==
          "operator.toml:3:12: llm_tool holds a control character\n"
          "   3 | llm_tool = \"a\\u0007\"\n"
          "     |            ^~~~~~~~~\n"
          "   take it out");
    CHECK(error_of(block + "llm_tool = \"codex\"\nmodel = \"a\\nb\"\n") ==
          "operator.toml:4:9: model holds a control character\n"
          "   4 | model = \"a\\nb\"\n"
          "     |         ^~~~~~\n"
          "   take it out");
    const std::string whole = block + "llm_tool = \"codex\"\nmodel = \"m\"\n";
    CHECK(error_of(whole + "model_server = \"\"\n") ==
          "operator.toml:5:16: model_server is empty\n"
          "   5 | model_server = \"\"\n"
          "     |                ^~\n"
          "   name a model server, or leave it out");
    CHECK(error_of(whole + "launch_config = { flags = [\"a\", \"b\\u0000\"] }\n") ==
          "operator.toml:5:17: launch_config: flags[1] holds a NUL character\n"
          "   5 | launch_config = { flags = [\"a\", \"b\\u0000\"] }\n"
          "     |                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
          "   take it out");
}

TEST_CASE("a tool that nobody knows is a warning with what was meant") {
    CHECK(warnings_of("[[delegators]]\nname = \"d\"\nllm_tool = \"claud\"\nmodel = \"m\"\n") ==
          "operator.toml:3:12: unknown llm tool \"claud\"\n"
          "   3 | llm_tool = \"claud\"\n"
          "     |            ^~~~~~~\n"
          "   did you mean \"claude\"?");
    CHECK(warnings_of("[[delegators]]\nname = \"d\"\nllm_tool = \"aider\"\nmodel = \"m\"\n") ==
          "operator.toml:3:12: unknown llm tool \"aider\"\n"
          "   3 | llm_tool = \"aider\"\n"
          "     |            ^~~~~~~\n"
          "   the tools are claude, codex and gemini");
}

}  // namespace opd
