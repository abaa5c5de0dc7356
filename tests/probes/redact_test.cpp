#include "probes/redact.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

std::string without(std::string_view text, const std::string& key = {}) {
    return redact(text, secret(key));
}

}  // namespace

TEST_CASE("the key and its parts of eight characters or more are taken out") {
    const std::string key = "4f9d2c71aa03e8b6d5f0";
    CHECK(without("bad key 4f9d2c71aa03e8b6d5f0!", key) == "bad key ***!");
    CHECK(without("starts 4f9d2c71 ends 03e8b6d5f0", key) == "starts *** ends ***");
    CHECK(without("seven 4f9d2c7 are kept", key) == "seven 4f9d2c7 are kept");
    CHECK(without("twice 4f9d2c71aa03e8b6d5f04f9d2c71aa03e8b6d5f0", key) == "twice ***");
    CHECK(without("{\"path\": \"/u/4f9d2c71aa03e8b6d5f0/v1\"}", key) == "{\"path\": \"/u/***/v1\"}");
    CHECK(without("no key here", "") == "no key here");
}

TEST_CASE("a short key is taken out where it stands by itself") {
    CHECK(without("user ollama, not ollamas", "ollama") == "user ***, not ollamas");
    CHECK(without("x", "x") == "***");
}

TEST_CASE("no part of a key survives, wherever a text is cut") {
    const std::string key = "k3y-0123456789abcdefghijklmnopqrstuvwxyz";
    for (std::size_t before = 0; before < 60; ++before) {
        const std::string text = std::string(before, '.') + key + std::string(40, '.');
        for (const std::size_t limit : {5U, 20U, 60U, 300U}) {
            const std::string safe = redact(text, secret(key), limit);
            CHECK(safe.size() <= limit);
            for (std::size_t part = 0; part + 8 <= key.size(); ++part) {
                REQUIRE(safe.find(key.substr(part, 8)) == std::string::npos);
            }
        }
    }
}

TEST_CASE("what looks like a key is taken out, whole or shortened") {
    struct {
        const char* text;
        const char* safe;
    } const cases[] = {
        {"Incorrect API key provided: sk-proj-abcDEF123456.", "Incorrect API key provided: ***."},
        {"got sk-abc*****wxyz here", "got *** here"},
        {"got sk-…abcd here", "got *** here"},
        {"got sk-...abcd.", "got ***."},
        {"sk-ant-api03-AbCdEfGh, sk-or-v1-0123456789abcdef", "***, ***"},
        {"'AIzaSyA1234567890'", "'***'"},
        {"gsk_abcdefgh1234 xai-abcdefgh1234 hf_abcdefgh1234", "*** *** ***"},
        {"Authentication Fails, Your api key: ****-key is invalid",
         "Authentication Fails, Your api key: *** is invalid"},
        {"Authorization: Bearer abc.def", "Authorization: Bearer ***"},
        {"with Bearer xyz", "with Bearer ***"},
        {"Missing bearer token. Use Bearer authentication", "Missing bearer token. Use Bearer authentication"},
        {"/v1/models?key=abc&x=1", "/v1/models?key=***&x=1"},
        {"api_key: 'abc123'", "api_key: '***'"},
        {R"({"token":"abc123"})", R"({"token":"***"})"},
        {"API key: missing", "API key: missing"},
        {"task-list, risk-free, sk-learn", "task-list, risk-free, sk-learn"},
        {"model 'gpt-4o' not found", "model 'gpt-4o' not found"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.text);
        CHECK(without(one.text) == one.safe);
    }
}

TEST_CASE("user info and queries of URLs go") {
    struct {
        const char* text;
        const char* safe;
    } const cases[] = {
        {"see https://user:pass@example.com/a?b=c#d now", "see https://example.com/a now"},
        {"http://a@b@c/", "http://c/"},
        {"(https://x.org/p?q)", "(https://x.org/p)"},
        {"https://x.org?token=1, https://y.org?z", "https://x.org, https://y.org"},
        {"https://x.org/@name and mail@host", "https://x.org/@name and mail@host"},
        {"://", "://"},
        {"is it so?", "is it so?"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.text);
        CHECK(without(one.text) == one.safe);
    }
}

TEST_CASE("the result is one clean line of the right length") {
    CHECK(without("two\nlines\x1b[31m\xff") == "two lines\xEF\xBF\xBD");
    CHECK(without(std::string(400, 'a')) == std::string(297, 'a') + "…");
    CHECK(redact(std::string(400, 'a'), secret(), 10) == "aaaaaaa…");
    CHECK(without(std::string(10'000'000, '-')).size() == 300);
    CHECK(without("") == "");
}
