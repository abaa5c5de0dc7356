#include "config/config.hpp"

#include "config/toml/parse.hpp"
#include "tests/config/config_texts.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace opd {
namespace {

using namespace std::chrono_literals;

config values_of(std::string_view text) {
    const auto loaded = parse_config(text, "operator.toml");
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error().text());
    return loaded->values;
}

}  // namespace

TEST_CASE("an empty file is the documented defaults") {
    for (const std::string_view text : {"", "\n", "# nothing\n", "\xEF\xBB\xBF"}) {
        const config values = values_of(text);
        CHECK(values.rest_api.host == "127.0.0.1");
        CHECK(values.rest_api.port == 7008);
        CHECK(values.rest_api.cors_origins.empty());
        CHECK(values.probes.interval == 30s);
        CHECK(values.probes.cloud_interval == 5min);
        CHECK(values.probes.timeout == 5s);
        CHECK(values.probes.concurrency == 64);
        CHECK_FALSE(values.keys.push_on_launch);
        CHECK(values.llm_tools.default_tool.empty());
        CHECK(values.model_servers.empty());
        CHECK(values.delegators.empty());
    }
}

TEST_CASE("every general setting is read") {
    const config values = values_of(R"(
[rest_api]
host = "::1"
port = 0
cors_origins = ["http://localhost:3000", "vscode-webview://x"]
[probes]
interval = "10s"
cloud_interval = "10m"
timeout = "500ms"
concurrency = 7
[keys]
push_on_launch = true
[llm_tools]
default_tool = "claude"
default_model = "sonnet"
)");
    CHECK(values.rest_api.host == "::1");
    CHECK(values.rest_api.port == 0);
    CHECK(values.rest_api.cors_origins == std::vector<std::string>{"http://localhost:3000", "vscode-webview://x"});
    CHECK(values.probes.interval == 10s);
    CHECK(values.probes.cloud_interval == 10min);
    CHECK(values.probes.timeout == 500ms);
    CHECK(values.probes.concurrency == 7);
    CHECK(values.keys.push_on_launch);
    CHECK(values.llm_tools.default_tool == "claude");
    CHECK(values.llm_tools.default_model == "sonnet");
    CHECK(values_of("rest_api.host = \"localhost\"\n").rest_api.host == "localhost");
}

TEST_CASE("a port is a number from 0 to 65535") {
    CHECK(error_of("[rest_api]\nport = 70000\n") ==
          "operator.toml:2:8: port is 70000, which is out of range\n"
          "   2 | port = 70000\n"
          "     |        ^~~~~\n"
          "   write a number from 0 to 65535, without quotes");
    CHECK(error_of("[rest_api]\nport = 99999999999999999999\n") ==
          "operator.toml:2:8: port is 99999999999999999999, which is out of range\n"
          "   2 | port = 99999999999999999999\n"
          "     |        ^~~~~~~~~~~~~~~~~~~~\n"
          "   write a number from 0 to 65535, without quotes");
    CHECK(error_of("[rest_api]\nport = -1\n") ==
          "operator.toml:2:8: port is -1, which is out of range\n"
          "   2 | port = -1\n"
          "     |        ^~\n"
          "   write a number from 0 to 65535, without quotes");
    CHECK(error_of("[rest_api]\nport = \"7008\"\n") ==
          "operator.toml:2:8: port must be a whole number, not a text\n"
          "   2 | port = \"7008\"\n"
          "     |        ^~~~~~\n"
          "   write a number from 0 to 65535, without quotes");
    CHECK(error_of("[rest_api]\nport = 7008.0\n") ==
          "operator.toml:2:8: port must be a whole number, not a number with a fraction\n"
          "   2 | port = 7008.0\n"
          "     |        ^~~~~~\n"
          "   write a number from 0 to 65535, without quotes");
    CHECK(values_of("[rest_api]\nport = 65535\n").rest_api.port == 65535);
}

TEST_CASE("a wrong type is told with what is expected and how to write it") {
    CHECK(error_of("[llm_tools]\ndefault_tool = true\n") ==
          "operator.toml:2:16: default_tool must be a text, not true\n"
          "   2 | default_tool = true\n"
          "     |                ^~~~\n"
          "   put it in quotes: default_tool = \"...\"");
    CHECK(error_of("[keys]\npush_on_launch = \"yes\"\n") ==
          "operator.toml:2:18: push_on_launch must be true or false, not a text\n"
          "   2 | push_on_launch = \"yes\"\n"
          "     |                  ^~~~~\n"
          "   write push_on_launch = true or push_on_launch = false, without quotes");
    CHECK(error_of("rest_api = 5\n") ==
          "operator.toml:1:12: rest_api must be a table, not a whole number\n"
          "   1 | rest_api = 5\n"
          "     |            ^\n"
          "   write [rest_api], and its keys below");
    CHECK(error_of("[[probes]]\n") ==
          "operator.toml:1:1: probes must be a table, not an array\n"
          "   1 | [[probes]]\n"
          "     | ^~~~~~~~~~\n"
          "   write [probes], and its keys below");
    CHECK(error_of("[rest_api]\ncors_origins = \"http://h\"\n") ==
          "operator.toml:2:16: cors_origins must be an array, not a text\n"
          "   2 | cors_origins = \"http://h\"\n"
          "     |                ^~~~~~~~~~\n"
          "   write cors_origins = [\"...\", \"...\"]");
    CHECK(error_of("[rest_api]\ncors_origins = [1]\n") ==
          "operator.toml:2:17: each element of cors_origins must be a text, not a whole number\n"
          "   2 | cors_origins = [1]\n"
          "     |                 ^\n"
          "   write cors_origins = [\"...\", \"...\"]");
}

TEST_CASE("hosts are addresses, and origins are exact") {
    CHECK(error_of("[rest_api]\nhost = \"example.com\"\n") ==
          "operator.toml:2:8: host \"example.com\" is not an IP address\n"
          "   2 | host = \"example.com\"\n"
          "     |        ^~~~~~~~~~~~~\n"
          "   write \"127.0.0.1\" (both loopback families), another address without brackets, or \"localhost\"");
    CHECK(error_of("[rest_api]\ncors_origins = [\n  \"http://a\",\n  \"http://b/\",\n]\n") ==
          "operator.toml:4:3: \"http://b/\" is not an origin: nothing may follow the host and port, not even a \"/\"\n"
          "   4 |   \"http://b/\",\n"
          "     |   ^~~~~~~~~~~\n"
          "   write scheme, host and port as the browser sends them, as in \"http://localhost:3000\"");
}

TEST_CASE("times have a unit and a range") {
    CHECK(error_of("[probes]\ninterval = 30\n") ==
          "operator.toml:2:12: interval must be a length of time with its unit, as a text\n"
          "   2 | interval = 30\n"
          "     |            ^~\n"
          "   write interval = \"30s\"");
    CHECK(error_of("[probes]\ntimeout = 0.5\n") ==
          "operator.toml:2:11: timeout must be a length of time with its unit, as a text\n"
          "   2 | timeout = 0.5\n"
          "     |           ^~~\n"
          "   write timeout = \"30s\"");
    CHECK(error_of("[probes]\ncloud_interval = \"5 minutes\"\n") ==
          "operator.toml:2:18: cloud_interval: \"5 minutes\" is not a length of time: the unit is unknown\n"
          "   2 | cloud_interval = \"5 minutes\"\n"
          "     |                  ^~~~~~~~~~~\n"
          "   write digits and one unit of ms, s, m, h, d, as in \"500ms\", \"30s\" or \"5m\"");
    CHECK(error_of("[probes]\ninterval = \"9ms\"\n") ==
          "operator.toml:2:12: interval is \"9ms\", which is out of range\n"
          "   2 | interval = \"9ms\"\n"
          "     |            ^~~~~\n"
          "   write a time from \"10ms\" to \"7d\"");
    CHECK(error_of("[probes]\ninterval = \"8d\"\n") ==
          "operator.toml:2:12: interval is \"8d\", which is out of range\n"
          "   2 | interval = \"8d\"\n"
          "     |            ^~~~\n"
          "   write a time from \"10ms\" to \"7d\"");
    CHECK(values_of("[probes]\ninterval = \"10ms\"\ntimeout = \"7d\"\n").probes.timeout == 168h);
    CHECK(error_of("[probes]\nconcurrency = 0\n") ==
          "operator.toml:2:15: concurrency is 0, which is out of range\n"
          "   2 | concurrency = 0\n"
          "     |               ^\n"
          "   write a number from 1 to 10000, without quotes");
}

TEST_CASE("an unknown key in one of our tables is a warning") {
    CHECK(warnings_of("[probes]\nintervall = \"30s\"\nzzz = 1\n") ==
          "operator.toml:2:1: unknown key \"intervall\" in [probes]\n"
          "   2 | intervall = \"30s\"\n"
          "     | ^~~~~~~~~\n"
          "   did you mean \"interval\"?\n"
          "operator.toml:3:1: unknown key \"zzz\" in [probes]\n"
          "   3 | zzz = 1\n"
          "     | ^~~\n"
          "   it is kept, but means nothing here; known are interval, cloud_interval, timeout, concurrency and proxy");
    CHECK(warnings_of("[rest_api]\n  prt = 1\n[rest_api.sub]\n") ==
          "operator.toml:2:3: unknown key \"prt\" in [rest_api]\n"
          "   2 |   prt = 1\n"
          "     |   ^~~\n"
          "   did you mean \"port\"?\n"
          "operator.toml:3:1: unknown key \"sub\" in [rest_api]\n"
          "   3 | [rest_api.sub]\n"
          "     | ^~~~~~~~~~~~~~\n"
          "   it is kept, but means nothing here; known are host, port and cors_origins");
}

TEST_CASE("tables of other programs are silent, and near misses of ours are not") {
    CHECK(warnings_of("answer = 42\n[queue]\nsize = 1\n[kanban]\n[git]\n[[models]]\n[server]\n[x.rest_api]\n").empty());
    CHECK(warnings_of("[[model_server]]\nname = \"x\"\n[probe]\n[rest-api]\n") ==
          "operator.toml:1:1: the table \"model_server\" means nothing here\n"
          "   1 | [[model_server]]\n"
          "     | ^~~~~~~~~~~~~~~~\n"
          "   did you mean \"model_servers\"?\n"
          "operator.toml:3:1: the table \"probe\" means nothing here\n"
          "   3 | [probe]\n"
          "     | ^~~~~~~\n"
          "   did you mean \"probes\"?\n"
          "operator.toml:4:1: the table \"rest-api\" means nothing here\n"
          "   4 | [rest-api]\n"
          "     | ^~~~~~~~~~\n"
          "   did you mean \"rest_api\"?");
}

TEST_CASE("a great many warnings are cut off") {
    std::string text = "[probes]\n";
    for (int i = 0; i < 1000; ++i) text += "zz" + std::to_string(i) + " = 1\n";
    const auto loaded = parse_config(text, "f");
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->warnings.size() == 101);
    CHECK(loaded->warnings[0].line == 2);
    CHECK(loaded->warnings[99].line == 101);
    CHECK(loaded->warnings[100].text() == "f: 900 more warnings are not shown");
}

TEST_CASE("defaults of a tool that nobody knows are a warning, and hold no control characters") {
    CHECK(warnings_of("[llm_tools]\ndefault_tool = \"codx\"\n") ==
          "operator.toml:2:16: unknown llm tool \"codx\"\n"
          "   2 | default_tool = \"codx\"\n"
          "     |                ^~~~~~\n"
          "   did you mean \"codex\"?");
    CHECK(warnings_of("[llm_tools]\ndefault_tool = \"\"\ndefault_model = \"\"\n").empty());
    CHECK(error_of("[llm_tools]\ndefault_model = \"a\\tb\"\n") ==
          "operator.toml:2:17: default_model holds a control character\n"
          "   2 | default_model = \"a\\tb\"\n"
          "     |                 ^~~~~~\n"
          "   take it out");
}

TEST_CASE("a memory of the last text changes nothing about what is read") {
    toml_memory memory;
    const std::string text = "[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\n[[model_servers]]\nname = \"b\"\n";
    for (const std::string_view kind :
         {"kind = \"lmstudio\"\n", "kind = \"olama\"\n", "kind = \"ollama\"\nurl = 1\n"}) {
        CAPTURE(kind);
        const auto plain = parse_config(text + std::string(kind), "f");
        const auto remembered = parse_config(text + std::string(kind), "f", memory);
        REQUIRE(plain.has_value() == remembered.has_value());
        if (!plain) {
            CHECK(plain.error().text() == remembered.error().text());
            continue;
        }
        CHECK(plain->values.model_servers == remembered->values.model_servers);
        REQUIRE(plain->warnings.size() == remembered->warnings.size());
        for (std::size_t i = 0; i < plain->warnings.size(); ++i)
            CHECK(plain->warnings[i].text() == remembered->warnings[i].text());
    }
    CHECK_FALSE(parse_config(std::string(max_config_bytes + 1, '\n'), "f", memory).has_value());
}

}  // namespace opd
