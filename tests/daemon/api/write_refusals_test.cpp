#include "tests/daemon/api/asked_api.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view some_file = R"(# mine
[[model_servers]]
name = "lab"
kind = "ollama"
base_url = "http://127.0.0.1:1001"

[[delegators]]
name = "local"
llm_tool = "codex"
model = "qwen"
)";

/// Every kind of write, with a body that would do.
struct write_request {
    std::string method;
    std::string target;
    std::string body;
};

const std::vector<write_request> writes{
    {"POST", "/api/v1/model-servers", R"({"name":"new","kind":"ollama"})"},
    {"PUT", "/api/v1/model-servers/lab", R"({"kind":"ollama"})"},
    {"POST", "/api/v1/delegators", R"({"name":"new","llm_tool":"codex","model":"m"})"},
    {"POST", "/api/v1/delegators/from-tool", R"({"tool_name":"codex"})"},
    {"PUT", "/api/v1/delegators/local", R"({"llm_tool":"codex","model":"m"})"},
    {"PUT", "/api/v1/llm-tools/default", R"({"tool":"codex","model":"m"})"},
};

/// The file is as it was, and so is what is in force.
void check_untouched(const api_on& api) {
    CHECK(api.file_text() == some_file);
    CHECK(api.configuration.current().generation == 1);
}

struct refusing : api_on {
    refusing() : api_on(some_file) {}

    ~refusing() { check_untouched(*this); }
};

}  // namespace

TEST_CASE("a write without JSON's content type is 415") {
    refusing api;
    for (const write_request& one : writes) {
        CAPTURE(one.target);
        const auto send = [&](std::string_view type) {
            return api.ask({.method = one.method, .target = one.target, .content_type = type, .body = one.body});
        };
        check_error(send(""), 415, "unsupported_media_type",
                    "the body must be JSON in UTF-8, with Content-Type: application/json");
        check_error(send("text/plain"), 415, "unsupported_media_type",
                    "the body must be JSON in UTF-8, with Content-Type: application/json, not \"text/plain\"");
        check_error(send("application/json; charset=latin1"), 415, "unsupported_media_type",
                    "the body must be JSON in UTF-8, with Content-Type: application/json, not \"application/json; "
                    "charset=latin1\"");
    }
}

TEST_CASE("a body that is not a JSON object is 400") {
    refusing api;
    for (const write_request& one : writes) {
        CAPTURE(one.target);
        const auto send = [&](std::string_view body) {
            return api.ask(
                {.method = one.method, .target = one.target, .content_type = "application/json", .body = body});
        };
        check_error(send(""), 400, "bad_request", "the request has no body; send a JSON object");
        check_error(send("{\"name\":"), 400, "bad_request",
                    "the body is not JSON: incomplete JSON at byte 9; send a JSON object");
        check_error(send("[]"), 400, "bad_request", "the body is a list; send a JSON object");
    }
}

TEST_CASE("faulty fields are 400 with all of them in details") {
    refusing api;
    const answer refused = api.post("/api/v1/model-servers", R"({"kind":"olama","base_url":"http://u:hush@h"})");
    CHECK(refused.status == 400);
    CHECK(text_of(refused) ==
          R"({"error":"validation_error","message":"3 fields are wrong: name, kind and base_url","details":[)"
          R"({"field":"name","message":"is missing"},)"
          R"({"field":"kind","message":"unknown kind \"olama\"; did you mean \"ollama\"?"},)"
          R"({"field":"base_url","message":"base_url holds a user name or password before an \"@\"; take it out; put )"
          R"(a key into a variable and its NAME into api_key_env"}]})");
    for (const write_request& one : writes) {
        CAPTURE(one.target);
        const answer empty =
            api.ask({.method = one.method, .target = one.target, .content_type = "application/json", .body = "{}"});
        CHECK(empty.status == 400);
        CHECK(json_of(empty).at("error").as_string() == "validation_error");
        CHECK_FALSE(json_of(empty).at("details").as_array().empty());
    }
}

TEST_CASE("what depends on the rest of the configuration is refused with its field, too") {
    refusing api;
    const answer masked =
        api.post("/api/v1/model-servers", R"({"name":"new","kind":"ollama","extra_env":{"A":"***"}})");
    CHECK(masked.status == 400);
    CHECK(text_of(masked) ==
          R"({"error":"validation_error","message":"extra_env.A: \"***\" stands for the stored value, and there is )"
          R"(none; give the value itself","details":[{"field":"extra_env.A","message":"\"***\" stands for the stored )"
          R"(value, and there is none; give the value itself"}]})");
    check_error(api.post("/api/v1/delegators", R"({"name":"n","llm_tool":"codex","model":"m","model_server":"lap"})"),
                400, "validation_error", "model_server: there is no model server \"lap\"; did you mean \"lab\"?");
}

TEST_CASE("a name that is taken, and a builtin, are 409") {
    refusing api;
    check_error(api.post("/api/v1/model-servers", R"({"name":"lab","kind":"ollama"})"), 409, "conflict",
                "the name \"lab\" is taken by a model server; replace it with PUT, or choose another name");
    check_error(api.post("/api/v1/model-servers", R"({"name":"openai-api","kind":"ollama"})"), 409, "conflict",
                "the name \"openai-api\" belongs to a builtin model server; choose another name, such as "
                "\"my-openai-api\"");
    for (const answer& given :
         {api.put("/api/v1/model-servers/openai-api", R"({"kind":"openai-api"})"),
          api.remove("/api/v1/model-servers/openai-api"), api.remove("/api/v1/model-servers/openai-api?force=true")}) {
        check_error(given, 409, "conflict",
                    "\"openai-api\" is a builtin server and cannot be changed; declare a server of your own with "
                    "kind = \"openai-api\"");
    }
    check_error(api.post("/api/v1/delegators", R"({"name":"local","llm_tool":"codex","model":"m"})"), 409, "conflict",
                "the name \"local\" is taken by a delegator; replace it with PUT, or choose another name");
}

TEST_CASE("what is not there is 404 with the closest name") {
    refusing api;
    for (const answer& given :
         {api.put("/api/v1/model-servers/lap", R"({"kind":"ollama"})"), api.remove("/api/v1/model-servers/lap")}) {
        check_error(given, 404, "not_found", "no model server is called \"lap\"; did you mean \"lab\"?");
    }
    for (const answer& given : {api.put("/api/v1/delegators/zzz", R"({"llm_tool":"codex","model":"m"})"),
                                api.remove("/api/v1/delegators/zzz"), api.get("/api/v1/delegators/zzz")}) {
        check_error(given, 404, "not_found", "no delegator is called \"zzz\"; GET /api/v1/delegators lists them");
    }
    CHECK(api.put("/api/v1/model-servers/kinds/ollama", R"({"kind":"ollama"})").status == 404);
}

TEST_CASE("the catalog of kinds is not somebody's name") {
    refusing api;
    for (const char* method : {"PUT", "DELETE", "POST"}) {
        const answer given = api.ask({.method = method,
                                      .target = "/api/v1/model-servers/kinds",
                                      .content_type = "application/json",
                                      .body = "{}"});
        check_error(given, 405, "method_not_allowed", fmt::format("{} is not possible here; use GET, HEAD", method));
        CHECK(given.allow == "GET, HEAD");
    }
}

TEST_CASE("web pages of others cannot write, nor can who comes under another name") {
    refusing api;
    for (write_request one : writes) {
        CAPTURE(one.target);
        for (const bool removal : {false, true}) {
            if (removal) one.method = "DELETE";
            request asked{.method = one.method,
                          .target = one.target,
                          .origin = "https://evil.example",
                          .content_type = "application/json",
                          .body = one.body};
            CHECK(api.ask(asked).status == 403);
            asked.origin = "null";
            CHECK(api.ask(asked).status == 403);
            asked.origin = {};
            asked.host = "evil.example";
            CHECK(api.ask(asked).status == 403);
        }
    }
}

TEST_CASE("a file that would become too large is 413") {
    api_on api(some_file);
    const std::string before = api.file_text();
    const std::string value(max_config_bytes - before.size(), 'x');
    const answer given = api.post("/api/v1/model-servers",
                                  fmt::format(R"({{"name":"new","kind":"ollama","extra_env":{{"A":"{}"}}}})", value));
    CHECK(given.status == 413);
    CHECK(json_of(given).at("error").as_string() == "payload_too_large");
    CHECK(api.file_text() == before);
}

TEST_CASE("a broken file is not overwritten: 409 with its fault, until it is mended") {
    api_on api(some_file);
    const std::string broken = std::string(some_file) + "[[model_servers]]\nname = 5\n";
    api.folder.write("operator.toml", broken);
    for (const write_request& one : writes) {
        if (one.target.ends_with("from-tool")) continue;  // there is no such tool here
        CAPTURE(one.target);
        const answer given =
            api.ask({.method = one.method, .target = one.target, .content_type = "application/json", .body = one.body});
        CHECK(given.status == 409);
        CHECK(json_of(given).at("error").as_string() == "conflict");
        const std::string message(json_of(given).at("message").as_string());
        CHECK(message.starts_with(fmt::format(
            "the configuration file is broken, and was left alone: {}:12:8: name must be a text", api.file.string())));
    }
    CHECK(api.remove("/api/v1/model-servers/lab").status == 409);
    CHECK(api.file_text() == broken);
    CHECK(api.configuration.current().generation == 1);
    api.folder.write("operator.toml", some_file);
    CHECK(api.remove("/api/v1/model-servers/lab").status == 200);
}

TEST_CASE("a file that cannot be written is 500 with the reason, and nothing has changed") {
    refusing api;
    std::filesystem::permissions(api.file, std::filesystem::perms(0444));
    for (const write_request& one : writes) {
        if (one.target.ends_with("from-tool")) continue;
        CAPTURE(one.target);
        check_error(
            api.ask({.method = one.method, .target = one.target, .content_type = "application/json", .body = one.body}),
            500, "internal_error",
            fmt::format("cannot write {0}: it is read-only; make it writable: chmod u+w {0}; nothing was changed",
                        api.file.string()));
    }
    CHECK(api.remove("/api/v1/model-servers/lab").status == 500);
    CHECK(api.get("/api/v1/model-servers/new").status == 404);
    CHECK(api.get("/api/v1/model-servers/lab").status == 200);
}

TEST_CASE("while the daemon stops, writes are 503 and reads go on") {
    refusing api;
    api.configuration.stop();
    for (const write_request& one : writes) {
        if (one.target.ends_with("from-tool")) continue;
        check_error(
            api.ask({.method = one.method, .target = one.target, .content_type = "application/json", .body = one.body}),
            503, "unavailable", "operatord is stopping; nothing was changed");
    }
    check_error(api.remove("/api/v1/model-servers/lab"), 503, "unavailable",
                "operatord is stopping; nothing was changed");
    CHECK(api.get("/api/v1/model-servers/lab").status == 200);
}
