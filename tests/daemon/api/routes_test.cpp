#include "config/base/version.hpp"
#include "tests/daemon/api/asked_api.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

using namespace opd;
using namespace opd::state;
using namespace opd::wire;
using namespace opd::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr std::string_view some_servers = R"([rest_api]
cors_origins = ["https://page.example"]

[[model_servers]]
name = "ollama-local"
kind = "openai-compat"
base_url = "http://127.0.0.1:1001/v1"
extra_env = { TOKEN = "hush", REFERENCE = "${TOKEN}" }

[[model_servers]]
name = "a/b é"
kind = "openai-compat"
base_url = "http://127.0.0.1:1002/v1"

[[model_servers]]
name = "quiet"
kind = "openai-compat"
base_url = "http://127.0.0.1:1003/v1"
probe = "never"
)";

request get_of(std::string_view target) {
    request asked{};
    asked.method = "GET";
    asked.target = target;
    asked.host = "localhost:7008";
    asked.own_port = 7008;
    return asked;
}

/// Port 1001 is a server with one model, 1002 is not asked to answer.
struct asked_api : api_on {
    asked_api() : api_on(some_servers) {
        info.own_hosts = {"box.lan"};
        transport.behave = [](const held_transport::question& asked) -> std::optional<fetched> {
            if (asked.port == 1001) return listing({"m"});
            return std::nullopt;
        };
        if (!until([this] { return state("ollama-local").reachable(); })) throw std::runtime_error("not probed");
    }
};

}  // namespace

TEST_CASE("health tells of the daemon and its probes") {
    asked_api api;
    REQUIRE(api.until([&] { return api.scheduler.in_flight() == 1; }));
    CHECK(
        text_of(api.get("/api/v1/health")) ==
        fmt::format(
            R"({{"status":"ok","version":"{}","pid":{},"started_at":"2023-11-14T22:13:20.000Z",)"
            R"("config":{{"path":"{}","generation":1,"error":null}},)"
            R"("probes":{{"servers":6,"reachable":1,"in_flight":1}},"bridge":{{"active":0,"turns":0,"running":[]}}}})",
            version(), ::getpid(), api.file.string()));
    CHECK_FALSE(api.get("/api/v1/health").tagged);
}

TEST_CASE("health tells which configuration is in force, and why the file is not") {
    api_on api("");
    const auto config_of = [&] { return json_of(api.get("/api/v1/health")).at("config"); };
    api.edit("# another\n");
    CHECK(config_of().at("generation").as_int64() == 2);
    api.edit("[rest_api]\nport = 7008.5\n");
    const json::value degraded = json_of(api.get("/api/v1/health"));
    CHECK(degraded.at("status").as_string() == "degraded");
    CHECK(degraded.at("config").at("path").as_string() == api.file.string());
    CHECK(degraded.at("config").at("generation").as_int64() == 2);
    CHECK(degraded.at("config").at("error").as_string() ==
          fmt::format("{}:2:8: port must be a whole number, not a number with a fraction; write a number from 0 to "
                      "65535, without quotes",
                      api.file.string()));
    api.edit("# mended\n");
    CHECK(config_of().at("error").is_null());
}

TEST_CASE("the list, one server, its models, the kinds and a kind's models are answered") {
    asked_api api;
    const json::value list = json_of(api.get("/api/v1/model-servers"));
    CHECK(list.at("total").as_int64() == 6);
    CHECK(list.at("servers").at(0).at("name").as_string() == "ollama-local");
    CHECK(list.at("servers").at(3).at("name").as_string() == "anthropic-api");

    const answer one = api.get("/api/v1/model-servers/ollama-local");
    CHECK(one.status == 200);
    CHECK(json_of(one) == list.at("servers").at(0));

    const json::value models = json_of(api.get("/api/v1/model-servers/ollama-local/models"));
    CHECK(models.at("server").as_string() == "ollama-local");
    CHECK(models.at("models").at(0).at("id").as_string() == "m");

    CHECK(json_of(api.get("/api/v1/model-servers/kinds")).as_array().size() == 7);

    const json::value of_kind = json_of(api.get("/api/v1/model-servers/kinds/openai-compat/models"));
    CHECK(of_kind.at("server").as_string() == "openai-compat");
    CHECK(of_kind.at("models") == models.at("models"));
    const json::value builtin = json_of(api.get("/api/v1/model-servers/kinds/google-api/models"));
    CHECK(builtin.at("server").as_string() == "google-api");
    CHECK(builtin.at("status").as_string() == "key_missing");
}

TEST_CASE("the models of a kind that nobody declared and that has no default are told as disabled") {
    api_on api("");
    const answer given = api.get("/api/v1/model-servers/kinds/openai-compat/models");
    CHECK(given.status == 200);
    CHECK(text_of(given) ==
          R"({"server":"openai-compat","reachable":false,"models":[],"error":"no openai-compat server is declared",)"
          R"("status":"disabled","hint":"declare one in operator.toml: [[model_servers]] with a name, )"
          R"(kind = \"openai-compat\" and its base_url","checked_at":null,"last_success_at":null,"latency_ms":null,)"
          R"("stale":false,"last_known_models":[]})");
}

TEST_CASE("names in paths are percent-decoded") {
    asked_api api;
    const answer given = api.get("/api/v1/model-servers/a%2Fb%20%C3%A9");
    CHECK(given.status == 200);
    CHECK(json_of(given).at("name").as_string() == "a/b é");
    CHECK(api.get("/api/v1/%6Dodel-servers/ollama%2dlocal").status == 200);
    check_error(api.get("/api/v1/model-servers/100%"), 400, "bad_request",
                "the request's path is not properly percent-encoded: write % as %25, and every other byte outside of "
                "letters, digits and -._~ as %XX");
}

TEST_CASE("an unknown name is 404 with the closest one, or the place where they are listed") {
    asked_api api;
    check_error(api.get("/api/v1/model-servers/olama-local"), 404, "not_found",
                R"(no model server is called "olama-local"; did you mean "ollama-local"?)");
    check_error(api.get("/api/v1/model-servers/zzz/models"), 404, "not_found",
                R"(no model server is called "zzz"; GET /api/v1/model-servers lists them)");
    check_error(api.get("/api/v1/model-servers/lmstudio"), 404, "not_found",  // a kind, but no listed server
                R"(no model server is called "lmstudio"; GET /api/v1/model-servers lists them)");
    check_error(api.get("/api/v1/model-servers/kinds/olama/models"), 404, "not_found",
                R"(no kind of model server is called "olama"; did you mean "ollama"?)");
    check_error(api.get("/api/v1/model-servers/kinds/zzz/models"), 404, "not_found",
                R"(no kind of model server is called "zzz"; GET /api/v1/model-servers/kinds lists them)");
}

TEST_CASE("a name that is not text does not make the answer something else than JSON") {
    asked_api api;
    const answer given = api.get("/api/v1/model-servers/%ff%1b%5b31m");
    CHECK(given.status == 404);
    CHECK(text_of(given).find('\xff') == std::string::npos);
    CHECK(text_of(given).find("\\u001b") == std::string::npos);
}

TEST_CASE("paths that do not exist are 404") {
    asked_api api;
    for (const char* target : {"/",
                               "/api",
                               "/api/v1",
                               "/api/v1/",
                               "/api/v2/health",
                               "/health",
                               "/api/v1/healthy",
                               "/api/v1/health/",
                               "/api/v1/health/x",
                               "/api/v1/model-servers/",
                               "/api/v1/model-servers//models",
                               "/api/v1/model-servers/x/y",
                               "/api/v1/model-servers/ollama-local/models/m",
                               "/api/v1/model-servers/kinds/ollama",
                               "/api/v1/model-servers/kinds//models",
                               "/api/v1/model-servers/kinds/models",
                               "/api/v1/delegators/",
                               "/api/v1/delegators/kinds",
                               "/api/v1/delegators/x/y",
                               "/api/v1/llm-tools/claude",
                               "/api/v1/model-servers/kinds/ollama/models/x",
                               "/favicon.ico"}) {
        CAPTURE(target);
        check_error(api.get(target), 404, "not_found",
                    "there is nothing at this path; the API starts at /api/v1/health and /api/v1/model-servers");
    }
}

TEST_CASE("HEAD is answered as GET is; other methods are 405 with Allow") {
    asked_api api;
    const std::vector<std::pair<std::string, std::string>> table{
        {"/api/v1/health", "GET, HEAD"},
        {"/api/v1/model-servers", "GET, HEAD, POST"},
        {"/api/v1/model-servers/kinds", "GET, HEAD"},
        {"/api/v1/model-servers/kinds/openai-compat/models", "GET, HEAD"},
        {"/api/v1/model-servers/ollama-local", "GET, HEAD, PUT, DELETE"},
        {"/api/v1/model-servers/ollama-local/models", "GET, HEAD"},
        {"/api/v1/delegators", "GET, HEAD, POST"},
        {"/api/v1/llm-tools", "GET, HEAD"},
        {"/api/v1/llm-tools/default", "GET, HEAD, PUT"},
    };
    for (const auto& [target, allow] : table) {
        CAPTURE(target);
        const answer head = api.ask({.method = "HEAD", .target = target});
        CHECK(head.status == 200);
        CHECK(head.body->etag == api.get(target).body->etag);
        for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"}) {
            if (allow.find(method) != allow.npos) continue;
            const answer given = api.ask({.method = method, .target = target});
            check_error(given, 405, "method_not_allowed",
                        fmt::format("{} is not possible here; use {}", method, allow));
            CHECK(given.allow == allow);
        }
    }
    check_error(api.ask({.method = "DELETE", .target = "/nowhere"}), 404, "not_found",
                "there is nothing at this path; the API starts at /api/v1/health and /api/v1/model-servers");
}

TEST_CASE("from-tool is a route for POST, and somebody's name for all else") {
    api_on api("[[delegators]]\nname = \"from-tool\"\nllm_tool = \"claude\"\nmodel = \"opus\"\n");
    const char* const target = "/api/v1/delegators/from-tool";
    CHECK(json_of(api.get(target)).at("model").as_string() == "opus");
    check_error(api.post(target, "{}"), 400, "validation_error", "tool_name: is missing");
    CHECK(api.ask({.method = "PATCH", .target = target}).allow == "POST, GET, HEAD, PUT, DELETE");
    CHECK(api.remove(target).status == 200);
    CHECK(api.get(target).status == 404);
}

TEST_CASE("the list, the kinds and the models are not sent again to who has them") {
    asked_api api;
    for (const char* target :
         {"/api/v1/model-servers", "/api/v1/model-servers/kinds", "/api/v1/model-servers/ollama-local/models",
          "/api/v1/model-servers/kinds/openai-compat/models"}) {
        CAPTURE(target);
        const answer first = api.get(target);
        REQUIRE(first.status == 200);
        CHECK(first.tagged);
        const std::string& tag = first.body->etag;
        for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")})
            CHECK(api.ask({.target = target, .if_none_match = known}).status == 304);
        CHECK(api.ask({.method = "HEAD", .target = target, .if_none_match = tag}).status == 304);
        CHECK(api.ask({.target = target, .if_none_match = "\"other\""}).status == 200);
    }
    const answer list = api.get("/api/v1/model-servers");
    const std::string before = list.body->etag;
    const auto entry = api.entry("a/b é");
    server_state changed = entry->state;
    changed.error = "something else";
    api.servers.update(*entry, std::move(changed));
    const answer after = api.ask({.target = "/api/v1/model-servers", .if_none_match = before});
    CHECK(after.status == 200);
    CHECK(after.body->etag != before);
    CHECK(api.ask({.target = "/api/v1/model-servers/zzz", .if_none_match = "*"}).status == 404);
}

TEST_CASE("refresh=true probes once, and says what it found") {
    asked_api api;
    const std::size_t before = api.transport.asked(1001);
    for (const char* query : {"?refresh=true", "?refresh=1", "?refresh", "?x=y&refresh=%74rue"}) {
        CAPTURE(query);
        CHECK(api.get(fmt::format("/api/v1/model-servers/ollama-local/models{}", query)).status == 200);
    }
    CHECK(api.transport.asked(1001) == before + 4);
    for (const char* query : {"", "?refresh=false", "?refresh=0", "?Refresh=true"})
        CHECK(api.get(fmt::format("/api/v1/model-servers/ollama-local/models{}", query)).status == 200);
    CHECK(api.transport.asked(1001) == before + 4);

    api.transport.behave = [](const auto&) { return std::optional(refused()); };
    const json::value now = json_of(api.get("/api/v1/model-servers/kinds/openai-compat/models?refresh=true"));
    CHECK(now.at("status").as_string() == "refused");
    CHECK(now.at("models").as_array().empty());
    CHECK(now.at("last_known_models").at(0).at("id").as_string() == "m");
    CHECK(now.at("stale").as_bool());
}

TEST_CASE("a refresh that is neither true nor false is refused with the field's name") {
    asked_api api;
    for (const char* path : {"ollama-local", "kinds/ollama"}) {
        const answer given = api.get(fmt::format("/api/v1/model-servers/{}/models?refresh=maybe", path));
        CHECK(given.status == 400);
        CHECK(text_of(given) ==
              R"({"error":"validation_error","message":"the query parameter refresh must be true or false",)"
              R"("details":[{"field":"refresh","message":"must be true or false"}]})");
    }
}

TEST_CASE("models whose first result is pending are waited for") {
    asked_api api;
    bool answered = false;
    answer given;
    const request asked = get_of("/api/v1/model-servers/a%2Fb%20%C3%A9/models");
    const auto ask = [&]() -> boost::asio::awaitable<void> {
        given = co_await api.handle(asked);
        answered = true;
    };
    background asking(api.loop, ask());
    settle(api.loop);
    CHECK_FALSE(answered);
    CHECK(api.get("/api/v1/model-servers").status == 200);  // nobody else waits
    REQUIRE(api.transport.answer(1002, listing({"late"})));
    REQUIRE(api.until([&] { return asking.ended(); }));
    CHECK(json_of(given).at("models").at(0).at("id").as_string() == "late");
}

TEST_CASE("over TCP only the daemon's own names are answered") {
    asked_api api;
    for (const char* host : {"LOCALHOST:7008", "127.0.0.1:7008", "[::1]:7008", "box.lan:7008"}) {
        CAPTURE(host);
        CHECK(api.ask({.target = "/api/v1/health", .host = host}).status == 200);
    }
    for (const char* host : {"evil.example", "evil.example:7008", "localhost", "localhost:7009", ":7008", "[::1"}) {
        CAPTURE(host);
        check_error(api.ask({.target = "/api/v1/health", .host = host}), 403, "forbidden",
                    "this Host is not the daemon's; ask under localhost:7008, 127.0.0.1:7008 or [::1]:7008");
    }
    CHECK(api.ask({.target = "/api/v1/health", .host = "10.0.0.5:7008", .own_address = "10.0.0.5"}).status == 200);
    request nameless = get_of("/api/v1/health");
    nameless.host = {};
    check_error(run(api.loop, api.handle(nameless)), 400, "bad_request", "the request has no Host header");
    for (const char* host : {"", "evil.example"}) {
        request over_socket = get_of("/api/v1/health");
        over_socket.host = host;
        over_socket.over_unix_socket = true;
        CHECK(run(api.loop, api.handle(over_socket)).status == 200);
    }
}

TEST_CASE("a target that is no path is refused") {
    asked_api api;
    check_error(api.get("*"), 400, "bad_request", "the request's target is not a path: ask for /api/v1/...");
}

TEST_CASE("web pages of others are refused, the own ones and the configured ones are not") {
    asked_api api;
    for (const char* origin : {"http://localhost:7008", "https://page.example"}) {
        CAPTURE(origin);
        CHECK(api.ask({.target = "/api/v1/health", .origin = origin}).status == 200);
    }
    // Only a foreign page that is allowed needs to be told so.
    CHECK(api.ask({.target = "/api/v1/health", .origin = "https://page.example"}).page_origin ==
          "https://page.example");
    CHECK(api.ask({.target = "/api/v1/health", .origin = "http://localhost:7008"}).page_origin.empty());
    CHECK(api.get("/api/v1/health").page_origin.empty());
    // Whoever reads the answer may read why there is none.
    CHECK(api.ask({.target = "/nowhere", .origin = "https://page.example"}).page_origin == "https://page.example");
    CHECK(api.ask({.method = "POST", .target = "/api/v1/health", .origin = "https://page.example"}).page_origin ==
          "https://page.example");
    for (const char* origin : {"http://evil.example", "null", "https://localhost:7008", "http://localhost:7009",
                               "http://page.example", "https://page.example.evil.example"}) {
        CAPTURE(origin);
        check_error(
            api.ask({.target = "/api/v1/health", .origin = origin}), 403, "forbidden",
            "web pages of this origin may not ask; allow it with cors_origins below [rest_api] in operator.toml");
    }
}

TEST_CASE("over the unix socket no page is the daemon's own, and the configured ones may ask") {
    asked_api api;
    const auto status = [&](const char* origin) {
        return api.ask({.target = "/api/v1/health", .origin = origin, .over_unix_socket = true}).status;
    };
    CHECK(status("https://page.example") == 200);
    CHECK(status("http://localhost:7008") == 403);
    CHECK(status("http://evil.example") == 403);
    CHECK(api.ask({.target = "/api/v1/health", .fetch_site = "cross-site", .over_unix_socket = true}).status == 403);
}

TEST_CASE("a page of another site cannot have a browser ask without saying who it is") {
    asked_api api;
    const auto ask = [&](const char* site, const char* origin) {
        return api.ask({.target = "/api/v1/health", .origin = origin, .fetch_site = site});
    };
    for (const char* site : {"", "none", "same-origin", "something-new"}) CHECK(ask(site, "").status == 200);
    for (const char* site : {"cross-site", "same-site"}) {
        CAPTURE(site);
        check_error(
            ask(site, ""), 403, "forbidden",
            "a web page of another origin had the browser ask, and did not say which; type the address instead");
        CHECK(ask(site, "https://page.example").status == 200);
    }
}

TEST_CASE("a page that may ask is told what it may send, others are told nothing") {
    asked_api api;
    const auto ask = [&](std::string_view target, std::string_view origin, std::string_view network = {}) {
        return api.ask({.method = "OPTIONS",
                        .target = target,
                        .origin = origin,
                        .fetch_site = "cross-site",
                        .preflight_method = "PUT",
                        .preflight_network = network});
    };
    const answer told = ask("/api/v1/model-servers/x", "https://page.example", "true");
    CHECK(told.status == 204);
    CHECK(told.page_origin == "https://page.example");
    REQUIRE(told.permits.has_value());
    CHECK(told.permits->methods == "GET, HEAD, PUT, DELETE");
    CHECK(told.permits->private_network);
    CHECK_FALSE(ask("/api/v1/health", "https://page.example").permits->private_network);
    CHECK(ask("/nowhere", "https://page.example").status == 404);
    const answer foreign = ask("/api/v1/health", "https://evil.example", "true");
    CHECK(foreign.status == 403);
    CHECK(foreign.page_origin.empty());
    CHECK_FALSE(foreign.permits);
    // OPTIONS that asks for no such thing is a method as any other.
    CHECK(api.ask({.method = "OPTIONS", .target = "/api/v1/health", .origin = "https://page.example"}).status == 405);
    CHECK(api.ask({.method = "OPTIONS", .target = "/api/v1/health", .preflight_method = "GET"}).status == 405);
}

TEST_CASE("what writes takes JSON alone") {
    asked_api api;
    const auto ask = [&](const char* method, const char* target, const char* type, std::string_view body) {
        return api.ask({.method = method, .target = target, .content_type = type, .body = body}).status;
    };
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
        CAPTURE(type);
        CHECK(ask("POST", "/api/v1/model-servers", type, "{}") == 415);
        CHECK(ask("PUT", "/api/v1/model-servers/quiet", type, "") == 415);
        CHECK(ask("DELETE", "/api/v1/model-servers/quiet", type, "{}") == 415);
        CHECK(ask("GET", "/api/v1/model-servers/quiet", type, "{}") == 200);
    }
    CHECK(ask("DELETE", "/api/v1/model-servers/nobody", "", "") == 404);
}

TEST_CASE("values of extra_env are answered over the unix socket alone") {
    asked_api api;
    const auto env_of = [](const json::value& server) { return json::serialize(server.at("extra_env")); };
    const char* const one = "/api/v1/model-servers/ollama-local";
    const char* const all = "/api/v1/model-servers";
    const std::string masked = R"({"TOKEN":"***","REFERENCE":"${TOKEN}"})";
    const std::string revealed = R"({"TOKEN":"hush","REFERENCE":"${TOKEN}"})";
    CHECK(env_of(json_of(api.get(one))) == masked);
    CHECK(env_of(json_of(api.get(all)).at("servers").at(0)) == masked);
    CHECK(env_of(json_of(api.ask({.target = one, .over_unix_socket = true}))) == revealed);
    CHECK(env_of(json_of(api.ask({.target = all, .over_unix_socket = true})).at("servers").at(0)) == revealed);
    CHECK(env_of(json_of(api.get(all)).at("servers").at(0)) == masked);
}
