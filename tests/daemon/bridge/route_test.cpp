#include "daemon/bridge/route.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace opd;
using namespace opd::bridge;

namespace {

using path = std::vector<std::string>;

bridge_route found(std::string_view method, const path& at) {
    auto route = find_route(method, at);
    REQUIRE(route.has_value());
    return *std::move(route);
}

no_route refused(std::string_view method, const path& at) {
    auto route = find_route(method, at);
    REQUIRE(route.has_error());
    return route.error();
}

}  // namespace

TEST_CASE("a path below the bridge names a server, a protocol, and what is asked") {
    const bridge_route turn = found("POST", {"my lab", "anthropic", "v1", "messages"});
    CHECK(turn.server == "my lab");
    CHECK(turn.from == surface::anthropic);
    CHECK(turn.what == operation::turn);
    CHECK(found("POST", {"a", "anthropic", "v1", "messages", "count_tokens"}).what == operation::count);
    CHECK(found("GET", {"a", "anthropic", "v1", "models"}).what == operation::models);
    CHECK(found("HEAD", {"a", "anthropic", "api", "hello"}).what == operation::hello);
    CHECK(found("POST", {"a", "openai", "v1", "responses"}).what == operation::turn);
    CHECK(found("POST", {"a", "openai", "v1", "chat", "completions"}).what == operation::chat);
    CHECK(found("GET", {"a", "openai", "v1", "models"}).from == surface::openai);
    for (const std::string version : {"v1beta", "v1", "v1alpha"}) {
        CHECK(found("GET", {"a", "gemini", version, "models"}).what == operation::models);
        const bridge_route one = found("POST", {"a", "gemini", version, "models", "m:generateContent"});
        CHECK(one.version == version);
        CHECK(one.model == "m");
    }
    CHECK(refused("POST", {"a", "gemini", "v2", "models", "m:generateContent"}).status == 404);
}

TEST_CASE("Gemini's path names the model, which may hold slashes and colons, and what is asked after the last colon") {
    const auto of = [](const std::string& last) { return found("POST", {"a", "gemini", "v1beta", "models", last}); };
    CHECK(of("m:generateContent").model == "m");
    CHECK_FALSE(of("m:generateContent").stream);
    CHECK(of("m:streamGenerateContent").stream);
    CHECK(of("qwen:7b:countTokens").model == "qwen:7b");
    CHECK(of("qwen:7b:countTokens").what == operation::count);
    const bridge_route deep = found("POST", {"a", "gemini", "v1beta", "models", "org", "m:q4:streamGenerateContent"});
    CHECK(deep.model == "org/m:q4");
    CHECK(of("org/m:q4:generateContent").model == "org/m:q4");  // the slash came escaped
    for (const std::string none : {"m", ":generateContent", "m:embedContent", "m:", "..:generateContent",
                                   "../x:generateContent", "a/./b:generateContent", "a//b:generateContent"})
        CHECK(refused("POST", {"a", "gemini", "v1beta", "models", none}).status == 404);
}

TEST_CASE("names of servers are data, whatever they hold") {
    using namespace std::string_literals;
    for (const std::string& name : {".."s, "."s, "a/b"s, "a%2Fb"s, "a\0b"s, "anthropic"s, "\r\n"s})
        CHECK(found("POST", {name, "anthropic", "v1", "messages"}).server == name);
    CHECK(refused("POST", {"", "anthropic", "v1", "messages"}).status == 404);
}

TEST_CASE("what is not there is told in the protocol's words, with what would be") {
    CHECK(refused("GET", {"a"}).message ==
          "the bridge is asked below /bridge/SERVER/anthropic, /bridge/SERVER/openai/v1 or /bridge/SERVER/gemini");
    CHECK(refused("GET", {"a", "ollama"}).status == 404);
    CHECK(refused("POST", {"a", "openai", "v1", "messages"}).from == surface::openai);
    const no_route wrong = refused("GET", {"a", "openai", "v1", "responses"});
    CHECK(wrong.status == 405);
    CHECK(wrong.allow == "POST");
    CHECK(wrong.message == "GET is not possible here; use POST");
    CHECK(refused("GET", {"a", "gemini", "v1beta", "models", "m:generateContent"}).allow == "POST");
}
