#include "tests/daemon/api/asked_api.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

#include <stdlib.h>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view some_file = R"([[model_servers]]
name = "lab"
kind = "openai-compat"
base_url = "http://127.0.0.1:1001/v1"
api_key_env = "LAB_KEY"

[[model_servers]]
name = "open"
kind = "openai-compat"
base_url = "http://127.0.0.1:1002/v1"

[[model_servers]]
name = "twin"
kind = "openai-compat"
base_url = "http://127.0.0.1:1003/v1"
api_key_env = "LAB_KEY"
)";

/// Its servers take the key `right`. The vendors' keys are nowhere to be found.
struct keys_api : api_on {
    keys_api() : api_on(some_file) {
        for (const char* name : {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "LAB_KEY"}) ::unsetenv(name);
        transport.behave = [](const held_transport::question& asked) {
            return std::optional(asked.key == "right" ? listing({"m"}) : error_answer(401));
        };
        until([this] { return state("lab").status == probe_status::key_missing; });
    }

    answer local(std::string_view method, std::string_view target, std::string_view body = {}) {
        return ask({.method = method,
                    .target = target,
                    .content_type = "application/json",
                    .body = body,
                    .over_unix_socket = true});
    }

    answer push(std::string_view body) { return local("PUT", "/api/v1/keys/LAB_KEY", body); }

    json::value key_listed(std::string_view name) {
        const json::value list = json_of(local("GET", "/api/v1/keys"));
        for (const json::value& one : list.at("keys").as_array())
            if (one.at("name").as_string() == name) return one;
        return nullptr;
    }
};

void check_invalid(const answer& given, std::string_view field, std::string_view message) {
    CAPTURE(text_of(given));
    CHECK(given.status == 400);
    CHECK(json_of(given) == json::value{{"error", "validation_error"},
                                        {"message", fmt::format("{} {}", field, message)},
                                        {"details", {json::value{{"field", field}, {"message", message}}}}});
}

}  // namespace

TEST_CASE("keys are listed by name, with where they are found and who uses them") {
    keys_api api;
    const answer given = api.local("GET", "/api/v1/keys");
    REQUIRE(given.status == 200);
    const json::value list = json_of(given);
    CHECK(list.at("total") == 4);
    CHECK(list.at("keys_file").is_null());
    CHECK(list.at("keys").at(0).at("name") == "ANTHROPIC_API_KEY");
    CHECK(list.at("keys").at(2) == json::value{{"name", "LAB_KEY"},
                                               {"source", nullptr},
                                               {"found", false},
                                               {"error", nullptr},
                                               {"servers",
                                                {json::value{{"name", "lab"}, {"status", "key_missing"}},
                                                 json::value{{"name", "twin"}, {"status", "key_missing"}}}}});
    CHECK(json_of(api.local("GET", "/api/v1/keys/LAB_KEY")) == list.at("keys").at(2));
}

TEST_CASE("a key that is pushed reaches the servers that wait for it, and no answer tells it") {
    keys_api api;
    const answer given = api.push(R"({"value":" right\n","more":1})");
    REQUIRE(given.status == 200);
    CHECK(json_of(given).at("source") == "pushed");
    CHECK(json_of(given).at("found") == true);
    CHECK(text_of(given).find("right") == std::string::npos);
    REQUIRE(api.until([&] { return api.state("lab").reachable() && api.state("twin").reachable(); }));
    const json::value listed = api.key_listed("LAB_KEY");
    CHECK(listed.at("source") == "pushed");
    CHECK(listed.at("servers").at(1).at("status") == "ok");
    CHECK(text_of(api.local("GET", "/api/v1/keys")).find("right") == std::string::npos);
    for (const std::string& line : api.log.lines()) CHECK(line.find("right") == std::string::npos);

    const answer forgotten = api.local("DELETE", "/api/v1/keys/LAB_KEY");
    CHECK(forgotten.status == 200);
    CHECK(json_of(forgotten).at("source").is_null());
    CHECK(api.until([&] { return api.state("lab").status == probe_status::key_missing; }));
}

TEST_CASE("a pushed key stays when the configuration changes") {
    keys_api api;
    REQUIRE(api.push(R"({"value":"right"})").status == 200);
    api.edit(R"([[model_servers]]
name = "late"
kind = "openai-compat"
base_url = "http://127.0.0.1:1004/v1"
api_key_env = "LAB_KEY"
)");
    CHECK(api.until([&] { return api.entry("late") && api.state("late").reachable(); }));
}

TEST_CASE("a key that no server uses is kept, too, since the configuration may follow") {
    keys_api api;
    const answer given = api.local("PUT", "/api/v1/keys/NEW_KEY", R"({"value":"k"})");
    CHECK(given.status == 200);
    CHECK(json_of(given).at("servers").as_array().empty());
    CHECK(api.key_listed("NEW_KEY").at("source") == "pushed");
}

TEST_CASE("a key may have the name that no server can have") {
    keys_api api;
    CHECK(api.local("PUT", "/api/v1/keys/kinds", R"({"value": "right"})").status == 200);
    CHECK(json_of(api.local("GET", "/api/v1/keys/kinds")).at("found").as_bool());
    CHECK(api.local("DELETE", "/api/v1/keys/kinds").status == 200);
    check_error(api.get("/api/v1/delegators/kinds"), 404, "not_found",
                "there is nothing at this path; the API starts at /api/v1/health and /api/v1/model-servers");
}

TEST_CASE("keys are spoken of over the unix socket alone") {
    keys_api api;
    constexpr std::string_view why = "keys are only spoken of over the unix socket; use: operatorctl keys";
    check_error(api.get("/api/v1/keys"), 403, "forbidden", why);
    check_error(api.get("/api/v1/keys/LAB_KEY"), 403, "forbidden", why);
    check_error(api.put("/api/v1/keys/LAB_KEY", R"({"value":"right"})"), 403, "forbidden", why);
    check_error(api.remove("/api/v1/keys/LAB_KEY"), 403, "forbidden", why);
    CHECK(api.state("lab").status == probe_status::key_missing);
    CHECK(api.store.names().empty());
}

TEST_CASE("what is no key is refused, and not repeated") {
    keys_api api;
    check_invalid(api.push("{}"), "value", "is missing");
    check_invalid(api.push(R"({"value":null})"), "value", "must be a text, not null");
    check_invalid(api.push(R"({"value":["hush"]})"), "value", "must be a text, not a list");
    check_invalid(api.push(R"({"value":" \n"})"), "value", "is empty");
    check_invalid(api.push(R"({"value":"hu\r\nsh"})"), "value", "holds a control character, which no HTTP header can");
    check_invalid(api.push(fmt::format(R"({{"value":"{}"}})", std::string(16385, 'k'))), "value",
                  "has more than 16384 bytes");
    CHECK(api.push(fmt::format(R"({{"value":"{}"}})", std::string(16384, 'k'))).status == 200);
    check_error(api.push(R"({"value":"hush)"), 400, "bad_request",
                "the body is not JSON: incomplete JSON at byte 15; send a JSON object");
    check_error(api.push(R"("hush")"), 400, "bad_request", "the body is a text; send a JSON object");
}

TEST_CASE("a path that names no key is refused, and not repeated") {
    keys_api api;
    for (const char* name : {"sk-hush", "sk_hush", "A%20B", "1A", "%24A", "a.b"}) {
        CAPTURE(name);
        const std::string target = fmt::format("/api/v1/keys/{}", name);
        constexpr std::string_view why = "is not the NAME of a key; use letters, digits and \"_\", as in api_key_env";
        check_invalid(api.local("PUT", target, R"({"value":"k"})"), "name", why);
        check_invalid(api.local("DELETE", target), "name", why);
        check_invalid(api.local("GET", target), "name", why);
    }
    check_error(api.local("GET", "/api/v1/keys/LAB_KEI"), 404, "not_found",
                "no key is called \"LAB_KEI\"; did you mean \"LAB_KEY\"?");
    check_error(api.local("DELETE", "/api/v1/keys/LAB_KEY"), 404, "not_found",
                "no key called \"LAB_KEY\" was pushed; GET /api/v1/keys lists them");
}

TEST_CASE("only so many keys can be pushed") {
    keys_api api;
    for (int i = 0; i != 256; ++i)
        REQUIRE(api.local("PUT", fmt::format("/api/v1/keys/K{}", i), R"({"value":"k"})").status == 200);
    check_error(api.push(R"({"value":"right"})"), 409, "conflict",
                "256 pushed keys are held already; forget one with DELETE /api/v1/keys/NAME");
    CHECK(api.local("PUT", "/api/v1/keys/K0", R"({"value":"other"})").status == 200);
}
