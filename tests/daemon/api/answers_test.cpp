#include "daemon/api/answers.hpp"

#include "config/base/ascii.hpp"
#include "tests/daemon/api/asked_api.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::api;
using namespace opd::state;
using namespace opd::wire;
using texts = std::vector<std::string>;
using parameters = std::vector<std::pair<std::string, std::string>>;
using namespace opd::test;

namespace {

constexpr std::string_view some_file =
    "[[model_servers]]\nname = \"lab\"\nkind = \"ollama\"\nbase_url = \"http://127.0.0.1:1001\"\n\n"
    "[[model_servers]]\nname = \"other\"\nkind = \"ollama\"\nbase_url = \"http://127.0.0.1:1002\"\n\n"
    "[[delegators]]\nname = \"local\"\nllm_tool = \"codex\"\nmodel = \"qwen\"\n";

constexpr std::string_view stale =
    "If-Match names another state than the one there is; GET it again, and send the change with its ETag";

struct guarded_write {
    std::string method;
    std::string target;
    std::string body;
};

const std::vector<guarded_write> replacements{
    {"PUT", "/api/v1/model-servers/lab", R"({"kind":"ollama"})"},
    {"PUT", "/api/v1/delegators/local", R"({"llm_tool":"codex","model":"m"})"},
    {"PUT", "/api/v1/llm-tools/default", R"({"tool":"codex","model":"m"})"},
    {"DELETE", "/api/v1/model-servers/lab", ""},
    {"DELETE", "/api/v1/delegators/local", ""},
};

request guarded(const guarded_write& one, std::optional<std::string_view> if_match) {
    return {.method = one.method,
            .target = one.target,
            .content_type = "application/json",
            .if_match = if_match,
            .body = one.body};
}

}  // namespace

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
    for (int c = 1; c != 256; ++c) all += static_cast<char>(c);
    const std::string encoded = "/" + percent_encoded(all);
    const auto parsed = parse_target(encoded);
    REQUIRE(parsed.has_value());
    CHECK(parsed->path == texts{all});
    CHECK(parsed->query.empty());
}

TEST_CASE("If-Match is a list of tags, or a star") {
    using tags = std::vector<std::string>;
    const std::vector<std::pair<std::string, tags>> table{
        {R"("a")", {R"("a")"}},
        {R"( "a" )", {R"("a")"}},
        {R"("a","b")", {R"("a")", R"("b")"}},
        {R"("a" ,	"b" , "c")", {R"("a")", R"("b")", R"("c")"}},
        {R"(,"a",,"b",)", {R"("a")", R"("b")"}},
        {R"("a,b")", {R"("a,b")"}},
        {R"("")", {R"("")"}},
        {R"("*")", {R"("*")"}},
        {R"(W/"a")", {}},
        {R"(W/"a", "a")", {R"("a")"}},
    };
    for (const auto& [header, expected] : table) {
        CAPTURE(header);
        const auto asked = parse_if_match(header);
        REQUIRE(asked.has_value());
        CHECK_FALSE(asked->any);
        CHECK(asked->tags == expected);
    }
    CHECK(parse_if_match(std::nullopt)->any);
    CHECK(parse_if_match("*")->any);
}

TEST_CASE("what is not a list of tags is refused") {
    for (const char* header : {"", " ", ",", "a", "\"a", "a\"", "\"a\" \"b\"", "\"a\"b", "w/\"a\"", "W/a", "W/", "*,*",
                               "\"a\", *", "\"a b\"", "\"a\x7f\"", "'a'", "\"a\";q=1"}) {
        CAPTURE(header);
        const auto asked = parse_if_match(header);
        REQUIRE_FALSE(asked.has_value());
        CHECK(asked.error().message == "the If-Match header is not a list of tags");
        CHECK(asked.error().hint == "send one as an ETag header told it, with its quotes, or *");
    }
}

TEST_CASE("a tag is of one start of the daemon and of what it describes") {
    const config_revisions revisions{.servers = {{"a", 3}}, .delegators = {{"d", 4}}, .llm_tools = 5};
    CHECK(config_tag("x", 5) == "\"x-5\"");
    CHECK(server_tag("x", revisions, "a") == "\"x-3\"");
    CHECK(server_tag("x", revisions, "anthropic-api") == "\"x-0\"");
    CHECK_FALSE(server_tag("x", revisions, "ollama").has_value());
    CHECK_FALSE(server_tag("x", revisions, "d").has_value());
    CHECK(delegator_tag("x", revisions, "d") == "\"x-4\"");
    CHECK_FALSE(delegator_tag("x", revisions, "anthropic-api").has_value());
}

TEST_CASE("a write with another tag is 412, and the file is untouched") {
    api_on api(some_file);
    for (const guarded_write& one : replacements) {
        for (const char* tag : {"\"i-2\"", "\"i-0\"", "W/\"i-1\"", "\"j-1\", \"i-11\""}) {
            CAPTURE(one.target);
            CAPTURE(tag);
            check_error(api.ask(guarded(one, tag)), 412, "precondition_failed", stale);
        }
        check_error(api.ask(guarded(one, "i-1")), 400, "bad_request",
                    "the If-Match header is not a list of tags; send one as an ETag header told it, with its quotes, "
                    "or *");
        CHECK(api.ask(guarded(one, "")).status == 400);
    }
    CHECK(api.file_text() == some_file);
}

TEST_CASE("a write with the present tag, or any, goes through") {
    for (const char* tag : {"\"i-1\"", "\"x\", \"i-1\"", "*"}) {
        CAPTURE(tag);
        for (const guarded_write& one : replacements) {
            CAPTURE(one.target);
            api_on api(some_file);
            CHECK(api.ask(guarded(one, tag)).status == 200);
            CHECK(api.file_text() != some_file);
        }
    }
}

TEST_CASE("of two clients that have seen the same, the second one is refused") {
    api_on api(some_file);
    const std::string seen = api.get("/api/v1/model-servers/lab").etag;
    CHECK(seen == "\"i-1\"");
    request first = guarded(replacements[0], seen);
    first.over_unix_socket = true;
    request second = first;
    second.body = R"({"kind":"ollama","display_name":"second"})";
    answer to_first;
    answer to_second;
    const auto ask = [&](const request& what, answer& given) -> boost::asio::awaitable<void> {
        given = co_await api.handle(what);
    };
    background one(api.loop, ask(first, to_first));  // both in the same write
    background two(api.loop, ask(second, to_second));
    REQUIRE(api.until([&] { return one.ended() && two.ended(); }));
    CHECK(to_first.status == 200);
    check_error(to_second, 412, "precondition_failed", stale);
    CHECK(api.get("/api/v1/model-servers/lab").etag == to_first.etag);
    CHECK(api.ask(guarded(replacements[0], to_first.etag)).status == 200);
}

TEST_CASE("an edit by hand changes the tag of what it is about, and of nothing else") {
    api_on api(some_file);
    const std::string other = api.get("/api/v1/model-servers/other").etag;
    std::string edited(some_file);
    edited.replace(edited.find("1001"), 4, "1009");
    api.edit(edited);
    check_error(api.ask(guarded(replacements[0], "\"i-1\"")), 412, "precondition_failed", stale);
    CHECK(api.get("/api/v1/model-servers/lab").etag == "\"i-2\"");
    CHECK(api.get("/api/v1/model-servers/other").etag == other);
    CHECK(api.get("/api/v1/delegators/local").etag == "\"i-1\"");
}

TEST_CASE("what probes find does not change the tag") {
    api_on api(some_file);
    const std::string before = api.get("/api/v1/model-servers/lab").etag;
    server_state found = api.state("lab");
    found.error = "something";
    api.servers.update(*api.entry("lab"), std::move(found));
    CHECK(api.get("/api/v1/model-servers/lab").etag == before);
}

TEST_CASE("nothing that is new has a tag: a POST fits a star alone") {
    api_on api(some_file);
    const guarded_write creation{"POST", "/api/v1/model-servers", R"({"name":"n","kind":"ollama"})"};
    const guarded_write delegation{"POST", "/api/v1/delegators", R"({"name":"n","llm_tool":"codex","model":"m"})"};
    for (const guarded_write& one : {creation, delegation}) {
        check_error(api.ask(guarded(one, "\"i-1\"")), 412, "precondition_failed", stale);
        check_error(api.ask(guarded(one, "\"\"")), 412, "precondition_failed", stale);
        CHECK(api.ask(guarded(one, "x")).status == 400);
    }
    CHECK(api.file_text() == some_file);
    for (const guarded_write& one : {creation, delegation}) CHECK(api.ask(guarded(one, "*")).status == 201);
}

TEST_CASE("of what is not there, and of builtins, the tag is not the first thing to be told") {
    api_on api(some_file);
    const guarded_write missing{"PUT", "/api/v1/model-servers/zzz", R"({"kind":"ollama"})"};
    CHECK(api.ask(guarded(missing, "\"i-1\"")).status == 404);
    const guarded_write builtin{"DELETE", "/api/v1/model-servers/openai-api", ""};
    CHECK(api.get("/api/v1/model-servers/openai-api").etag == "\"i-0\"");
    CHECK(api.ask(guarded(builtin, "\"i-0\"")).status == 409);
    CHECK(api.ask(guarded(builtin, "\"i-1\"")).status == 412);
}
