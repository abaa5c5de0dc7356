#include "config/base/suggest.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

namespace opd {
namespace {

constexpr std::array<std::string_view, 7> slugs{"anthropic-api", "openai-api",    "google-api", "ollama",
                                                "openrouter",    "openai-compat", "lmstudio"};

std::string_view near(std::string_view word) { return closest(word, slugs).value_or("none"); }

std::string_view near_or_part(std::string_view word) { return closest_or_part(word, slugs).value_or("none"); }

}  // namespace

TEST_CASE("a misspelt word finds the one that was meant") {
    CHECK(near("olama") == "ollama");
    CHECK(near("Ollama") == "ollama");
    CHECK(near("ollmaa") == "ollama");
    CHECK(near("lm-studio") == "lmstudio");
    CHECK(near("LM Studio") == "lmstudio");
    CHECK(near("openai_compat") == "openai-compat");
    CHECK(near("openai-compatible") == "openai-compat");
    CHECK(near("openruoter") == "openrouter");
    CHECK(near("anthropic-ap") == "anthropic-api");
}

TEST_CASE("a word that is near nothing finds nothing") {
    CHECK(near("vllm") == "none");
    CHECK(near("") == "none");
    CHECK(near("x") == "none");
    CHECK(near("bedrock") == "none");
    CHECK(near(std::string(5000, 'o')) == "none");
    CHECK_FALSE(closest("git", std::array<std::string_view, 1>{"keys"}));
    CHECK_FALSE(closest("a", std::array<std::string_view, 1>{"b"}));
    CHECK_FALSE(closest("word", {}));
}

TEST_CASE("a part of a word is a hint where only few words are possible") {
    CHECK(near_or_part("anthropic") == "anthropic-api");
    CHECK(near_or_part("google") == "google-api");
    CHECK(near_or_part("compat") == "openai-compat");
    CHECK(near_or_part("olama") == "ollama");
    CHECK(near_or_part("ap") == "none");
    CHECK(near_or_part("gemini") == "none");
}

TEST_CASE("suggestions and lists read as sentences") {
    CHECK(did_you_mean("ollama") == R"(did you mean "ollama"?)");
    CHECK(did_you_mean(std::nullopt).empty());
    CHECK(enumeration({}).empty());
    CHECK(enumeration(std::array<std::string_view, 1>{"a"}) == "a");
    CHECK(enumeration(std::array<std::string_view, 2>{"a", "b"}) == "a and b");
    CHECK(enumeration(std::array<std::string_view, 3>{"a", "b", "c"}) == "a, b and c");
}

}  // namespace opd
