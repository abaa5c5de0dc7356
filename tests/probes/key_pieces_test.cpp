#include "probes/key_pieces.hpp"

#include "tests/probes/trial.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace opd;
using opd::test::gives_away;

namespace {

std::string without(std::string_view text, std::string_view key) {
    const secret held(key);
    return key_pieces(held).hidden_in(text);
}

}  // namespace

TEST_CASE("every piece of a key of eight bytes or more is hidden, and touching ones are one") {
    const std::string_view key = "4f9d2c71aa03e8b6d5f0";
    CHECK(without("4f9d2c71aa03e8b6d5f0", key) == "***");
    CHECK(without("a 4f9d2c71 b", key) == "a *** b");
    CHECK(without("a 4f9d2c7 b", key) == "a 4f9d2c7 b");
    CHECK(without("x4f9d2c714f9d2c71aa03e8b6d5f0x03e8b6d5fx", key) == "x***x***x");
    CHECK(without("", key).empty());
    CHECK(without("4f9d2c7", key) == "4f9d2c7");
    CHECK(without("all of it", "") == "all of it");
    CHECK(without("ollama", "ollama") == "ollama");
    CHECK(without("12345678", "12345678") == "***");
}

TEST_CASE("what is put together by hiding is hidden as well") {
    const std::string_view key = "abcd***efghijkl";
    CHECK(without("abcd[efghijkl]", key) == "abcd[***]");
    CHECK(without("abcdefghijklefgh", key) == "***");
    CHECK(without("********", "********") == "***");
}

TEST_CASE("the forms in which servers repeat a key are hidden") {
    const std::string_view key = "k+1/\"Zq7Wm=4Xr9B~t2";
    CHECK(without("got k%2B1%2F%22Zq7Wm%3D4Xr9B~t2!", key) == "got ***!");
    CHECK(without("got k%2b1%2f%22Zq7Wm%3d4Xr9B~t2!", key) == "got ***!");
    CHECK(without("got k+1\\/\\\"Zq7Wm=4Xr9B~t2!", key) == "got ***!");
    CHECK(without("aysxLyJacTdXbT00WHI5Qn50Mg==", key) == "***g==");
    // printf 'user:%s' KEY | base64, and ':' alone: the other two places within three bytes
    const std::string_view plain = "sk-lab-Zq7Wm4Xr9B";
    CHECK(without("dXNlcjpzay1sYWItWnE3V200WHI5Qg==", plain) == "dXNlcjp***g==");
    CHECK(without("OnNrLWxhYi1acTdXbTRYcjlC", plain) == "On***");
    CHECK(without("dTpzay1sYWItWnE3V200WHI5Qg==", plain) == "dTp***g==");
}

TEST_CASE("no piece of a random key survives in a random text") {
    std::mt19937_64 random(20261122);
    const auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    const auto printable = [&](std::size_t size, std::size_t characters) {
        std::string text;
        while (text.size() != size) text += static_cast<char>('!' + below(characters));
        return text;
    };
    for (int round = 0; round != 3000; ++round) {
        // Few different characters make pieces that overlap and come about by themselves.
        const std::size_t characters = round % 3 == 0 ? 3 : 94;
        const std::string key = printable(8 + below(60), characters);
        std::string text;
        for (std::size_t parts = below(6); parts != 0; --parts) {
            const std::size_t begin = below(key.size());
            text += printable(below(12), characters);
            text += key.substr(begin, below(key.size() - begin + 1));
        }
        const std::string safe = without(text, key);
        CAPTURE(key);
        CAPTURE(text);
        REQUIRE_FALSE(gives_away(safe, key));
        REQUIRE(safe.size() <= text.size());
        REQUIRE(without(safe, key) == safe);
    }
}
