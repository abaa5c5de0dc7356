#include "config/config.hpp"
#include "tests/config/config_texts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

constexpr std::string_view sample = R"(# my servers
[rest_api]
host = "127.0.0.1"
port = 7008
cors_origins = [ "http://localhost:3000", # one
  'https://app.example.com' ]

[probes]
interval = "30s"
concurrency = 0x40

[[model_servers]]
name = "ollama \u00fc"
kind = "ollama"
base_url = "http://localhost:11434"
extra_env = { OLLAMA_DEBUG = "1", B."C" = '2' }

[[model_servers]]
name = '''grün'''
kind = "openai-compat"
base_url = "https://api.groq.com/openai/v1"
[model_servers.extra_env]
TEXT = """
two \
  lines "quoted" """

[kanban]
start = 1979-05-27T07:32:00Z
ratio = -1.5e+3
mixed = [ 1, "a", [ true, { x = 1 } ] ]

[[delegators]]
name = "d"
llm_tool = "codex"
model = "qwen"
)";

/// Reads it; an error has to have words and a place.
bool survives(std::string_view text) {
    const auto loaded = parse_config(text, "f");
    if (loaded) return true;
    const diagnostic& error = loaded.error();
    return !error.message.empty() && error.text().starts_with("f:") && error.line >= 1 && error.column >= 1;
}

}  // namespace

TEST_CASE("a file that was cut off at any byte is read or refused with a place") {
    for (std::size_t length = 0; length <= sample.size(); ++length) {
        CAPTURE(length);
        CHECK(survives(sample.substr(0, length)));
    }
}

TEST_CASE("a file with a byte replaced or doubled is read or refused with a place") {
    constexpr std::size_t stride = 7;  // all places take half a minute with sanitizers
    for (std::size_t at = 0; at < sample.size(); at += stride) {
        std::string doubled(sample);
        doubled.insert(at, 1, sample[at]);
        CAPTURE(at);
        REQUIRE(survives(doubled));
        for (const char bad : {'\0', '"', '[', '}', '.', '\n'}) {
            std::string replaced(sample);
            replaced[at] = bad;
            CAPTURE(static_cast<int>(bad));
            REQUIRE(survives(replaced));
        }
    }
}

TEST_CASE("a file without any single line is read or refused with a place") {
    for (std::size_t at = 0; at < sample.size(); at = sample.find('\n', at) + 1) {
        std::string text(sample);
        text.erase(at, text.find('\n', at) + 1 - at);
        CAPTURE(at);
        CHECK(survives(text));
    }
}

TEST_CASE("deep nesting is refused, and does not end the program") {
    for (const std::string& text :
         {repeated("[", 100'000), repeated("{", 100'000), "a = " + repeated("[", 100'000),
          "a = " + repeated("{ a = ", 100'000), "a = " + repeated("[{ a = ", 100'000), repeated("a.", 100'000),
          repeated("a.", 100'000) + "a = 1", "[" + repeated("a.", 100'000) + "a]",
          "[[" + repeated("a.", 100'000) + "a]]", "a = { " + repeated("a.", 100'000) + "a = 1 }",
          "a = " + repeated("[", 100'000) + repeated("]", 100'000)}) {
        CAPTURE(text.substr(0, 20));
        const auto loaded = parse_config(text, "f");
        REQUIRE_FALSE(loaded.has_value());
        CHECK(loaded.error().line == 1);
        CHECK(survives(text));
    }
}

TEST_CASE("nesting within the limit, in every form at once, is read") {
    const std::string keys = repeated("a.", 60) + "a";
    const std::string text =
        "[" + keys + "]\n" + keys + " = " + repeated("[", 30) + "{ " + keys + " = 1 }" + repeated("]", 30) + "\n";
    CHECK(parse_config(text, "f").has_value());
}

TEST_CASE("binary files are refused") {
    CHECK(
        survives(std::string_view("\x7f"
                                  "ELF\0\0\0",
                                  7)));
    CHECK_FALSE(parse_config(std::string_view("\x7f"
                                              "ELF\0\0\0",
                                              7),
                             "f")
                    .has_value());
    CHECK_FALSE(parse_config(std::string_view("\xFF\xFE[\0p\0]\0", 8), "f").has_value());
    CHECK_FALSE(parse_config(std::string(1000, '\0'), "f").has_value());
    CHECK_FALSE(parse_config("\x1f\x8b\x08", "f").has_value());
}

TEST_CASE("a great many values are read in a time that does not grow with their square") {
    std::string text;
    for (int i = 0; i < 3000; ++i) {
        const std::string number = std::to_string(i);
        text +=
            "[[model_servers]]\nname = \"s" + number + "\"\nkind = \"ollama\"\nextra_env = { A = \"1\", B = \"2\" }\n";
    }
    const auto loaded = parse_config(text, "f");
    REQUIRE(loaded.has_value());
    CHECK(loaded->values.model_servers.size() == 3000);
    CHECK_FALSE(parse_config("x = [" + repeated("1,", 300'000) + "]", "f").has_value());
    CHECK_FALSE(parse_config("x = {" + repeated("a = 1,", 150'000) + "}", "f").has_value());
}

}  // namespace opd
