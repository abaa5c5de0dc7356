#include "config/ascii.hpp"
#include "daemon/api/answers.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace opd;

using texts = std::vector<std::string>;
using parameters = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("paths are cut at slashes and then percent-decoded") {
    const std::vector<std::pair<std::string, texts>> table{
        {"/", {""}},
        {"/a", {"a"}},
        {"/a/b", {"a", "b"}},
        {"/a/", {"a", ""}},
        {"//a", {"", "a"}},
        {"/a%2Fb/c", {"a/b", "c"}},
        {"/a%20b+c", {"a b+c"}},
        {"/%C3%A9%c3%a9", {"éé"}},
        {"/100%25", {"100%"}},
        {"/%2e%2E/x", {"..", "x"}},
    };
    for (const auto& [target, path] : table) {
        CAPTURE(target);
        const auto parsed = parse_target(target);
        REQUIRE(parsed.has_value());
        CHECK(parsed->path == path);
        CHECK(parsed->query.empty());
    }
}

TEST_CASE("queries are names with values, and a plus is a space") {
    const std::vector<std::pair<std::string, parameters>> table{
        {"/?", {}},
        {"/?a", {{"a", ""}}},
        {"/?a=", {{"a", ""}}},
        {"/?a=1&b=2", {{"a", "1"}, {"b", "2"}}},
        {"/?a=1&a=2", {{"a", "1"}, {"a", "2"}}},
        {"/?a=b=c", {{"a", "b=c"}}},
        {"/?a+b=c+%2B", {{"a b", "c +"}}},
        {"/?a=%26%3D", {{"a", "&="}}},
        {"/?a=x/y?z", {{"a", "x/y?z"}}},
    };
    for (const auto& [target, query] : table) {
        CAPTURE(target);
        const auto parsed = parse_target(target);
        REQUIRE(parsed.has_value());
        CHECK(parsed->path == texts{""});
        CHECK(parsed->query == query);
    }
}

TEST_CASE("what is not properly encoded is refused") {
    for (const char* target : {"/%", "/%4", "/a%zz", "/%+1", "/%-1", "/% 1", "/%00", "/a?b=%0", "/a?%=b", "/a?b=%00"}) {
        CAPTURE(target);
        const auto parsed = parse_target(target);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().message == "the request's path is not properly percent-encoded");
        CHECK(parsed.error().hint == "write % as %25, and every other byte outside of letters, digits and -._~ as %XX");
    }
}

TEST_CASE("what is not a path is refused") {
    for (const char* target : {"", "*", "api/v1", "localhost:7008", "https://localhost/", "http://localhost"}) {
        CAPTURE(target);
        const auto parsed = parse_target(target);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().message == "the request's target is not a path");
        CHECK(parsed.error().hint == "ask for /api/v1/...");
    }
}

TEST_CASE("a name becomes a segment of a path, and comes back from it") {
    CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encoded("a/b é%?#+") == "a%2Fb%20%C3%A9%25%3F%23%2B");
    std::string all;
    for (int c = 1; c != 256; ++c)
        all += static_cast<char>(c);
    const std::string encoded = "/" + percent_encoded(all);
    const auto parsed = parse_target(encoded);
    REQUIRE(parsed.has_value());
    CHECK(parsed->path == texts{all});
    CHECK(parsed->query.empty());
}
