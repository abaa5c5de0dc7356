#include "probes/redact.hpp"

#include "tests/probes/trial.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>

using namespace opd;

namespace {

std::string without(std::string_view text, const std::string& key = {}) {
    return redact(text, key_pieces(secret(key)));
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
    CHECK(without("a #b#b, not #bc", "#b") == "a ***, not #bc");
}

TEST_CASE("no part of a key survives, wherever a text is cut") {
    const std::string key = "k3y-0123456789abcdefghijklmnopqrstuvwxyz";
    for (std::size_t before = 0; before < 60; ++before) {
        const std::string text = std::string(before, '.') + key + std::string(40, '.');
        for (const std::size_t limit : {5U, 20U, 60U, 300U}) {
            const std::string safe = redact(text, key_pieces(secret(key)), limit);
            CHECK(safe.size() <= limit);
            for (std::size_t part = 0; part + 8 <= key.size(); ++part)
                REQUIRE(safe.find(key.substr(part, 8)) == std::string::npos);
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
        {"Authorization: Basic dXNlcjpwYXNz, please", "Authorization: Basic ***, please"},
        {R"("authorization": "Token abcdef")", R"("authorization": "Token ***")"},
        {"proxy-authorization=basic abc", "proxy-authorization=basic ***"},
        {"ghp_abcdefgh1234 gho_abcdefgh1234 github_pat_abcdefgh1234 ya29.abcdefgh1234", "*** *** *** ***"},
        {"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln rejected", "jwt *** rejected"},
        {"incorrect key 4f9d2c71aa03e8b6d5f0 given", "incorrect key *** given"},
        {"the token dGhpc2lzYWtleTEyMzQ1Njc4 has expired", "the token *** has expired"},
        {"key not valid for model claude-3-5-sonnet-20241022", "key not valid for model claude-3-5-sonnet-20241022"},
        {"invalid token count 128000, see https://docs.example/keys",
         "invalid token count 128000, see https://docs.example/keys"},
        {"request 4f9d2c71aa03e8b6d5f0 failed", "request 4f9d2c71aa03e8b6d5f0 failed"},
        {"basic plan, no authorization for this project", "basic plan, no authorization for this project"},
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
    CHECK(redact(std::string(400, 'a'), key_pieces(secret()), 10) == "aaaaaaa…");
    CHECK(without(std::string(10'000'000, '-')).size() == 300);
    CHECK(without("") == "");
}

TEST_CASE("what taking something out puts together, and what cutting leaves, is taken out as well") {
    const std::string key = "abcd,efghij";
    CHECK(without("http://abcd?x,efghij!", key) == "http://***!");
    CHECK(redact("incorrect: sk-abcdefghijklmn", key_pieces(secret()), 18) == "incorrect: ***");
    CHECK(without("sk-l\xE2\x80\x8B"
                  "ab-Zq7W\x1b[0mm4Xr9Bt2",
                  "lab-Zq7Wm4Xr9Bt2") == "***");
}

TEST_CASE("random text around a random key, cut anywhere, gives nothing away, is one line, and changes no more") {
    std::mt19937_64 random(4711);
    const auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    const std::string_view words[] = {"key ",
                                      "token=",
                                      "Bearer ",
                                      "http://",
                                      "@",
                                      "?",
                                      "#",
                                      "\n",
                                      "\x1b[31m",
                                      "\xff",
                                      "sk-",
                                      "…",
                                      "***",
                                      " ",
                                      "\"",
                                      ":",
                                      "Authorization: ",
                                      "\xE2\x80\xAE",
                                      "api_key: '",
                                      "-",
                                      "x"};
    for (int round = 0; round != 2000; ++round) {
        std::string key;
        for (std::size_t size = 8 + below(50); key.size() != size;) key += static_cast<char>('!' + below(94));
        std::string text;
        for (std::size_t parts = below(12); parts != 0; --parts) {
            text += words[below(std::size(words))];
            const std::size_t begin = below(key.size());
            if (below(2) == 0) text += key.substr(begin, below(key.size() - begin + 1));
        }
        const secret kept(key);
        const key_pieces held(kept);
        const std::size_t limit = 3 + below(200);
        const std::string safe = redact(text, held, limit);
        CAPTURE(key);
        CAPTURE(text);
        CAPTURE(limit);
        REQUIRE_FALSE(opd::test::gives_away(safe, key));
        REQUIRE(safe.size() <= limit);
        REQUIRE(safe.find_first_of("\n\r\t\x1b\x7f") == safe.npos);
        REQUIRE(redact(safe, held, limit) == safe);
    }
}

TEST_CASE("a long hostile text costs no more than a short one") {
    const std::string key = "abababababababababababababababab";
    for (const std::string_view part :
         {"key=", "bearer x ", "http://a@b?c ", "ab", "abababa", "authorization: ", "sk-", "\x1b]", "\xff"}) {
        std::string text;
        while (text.size() < 1 << 20) text += part;
        const auto before = std::chrono::steady_clock::now();
        const std::string safe = redact(text, key_pieces(secret(key)));
        CAPTURE(part);
        CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(2));
        CHECK(safe.size() <= 300);
        CHECK_FALSE(opd::test::gives_away(safe, key));
    }
}

TEST_CASE("a key that each mask makes anew leaves no text at all") {
    const secret kept("*}");
    const key_pieces held(kept);
    const std::string safe = redact("e*}" + std::string(40, '}') + " 0 ", held);
    CHECK(safe == "***");
    CHECK(redact(safe, held) == safe);
}
