#include "daemon/api/answers.hpp"
#include "tests/daemon/api/asked_api.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace opd;
using namespace opd::api;
using namespace opd::wire;
using namespace opd::test;

namespace {

const std::string bearer = "Bearer 0123456789abcdef0123456789abcdef";

/// An API that other machines may use with the token.
struct open_api : api_on {
    open_api() : api_on("[rest_api]\ncors_origins = [\"https://page.example\"]\n") {
        info.token = secret("0123456789abcdef0123456789abcdef");
        info.machine_name = "box";
    }
};

/// From another machine, which has reached us under 192.168.1.5.
request from_elsewhere(std::string_view authorization) {
    request asked{.method = "GET", .target = "/api/v1/health", .host = "192.168.1.5:7008"};
    asked.authorization = authorization;
    asked.own_address = "192.168.1.5";
    asked.own_port = 7008;
    asked.needs_token = true;
    return asked;
}

constexpr const char* no_token =
    "from other machines, the token of operatord is needed: send it as Authorization: Bearer TOKEN, or name its file "
    "with operatorctl --token-file FILE; the log of operatord says where it is";
constexpr const char* wrong_token = "this is not the token of this operatord; its log says where that is";

}  // namespace

TEST_CASE("an Authorization header carries the token as RFC 6750 says, or it does not") {
    const secret token("0123456789abcdef0123456789abcdef");
    for (const char* good : {"Bearer 0123456789abcdef0123456789abcdef", "bearer 0123456789abcdef0123456789abcdef",
                             "BEARER   0123456789abcdef0123456789abcdef"}) {
        CAPTURE(good);
        CHECK(carries_token(good, token));
    }
    for (const char* bad :
         {"", "Bearer", "Bearer ", "0123456789abcdef0123456789abcdef", "Bearer0123456789abcdef0123456789abcdef",
          "Basic 0123456789abcdef0123456789abcdef", "Bearer 0123456789abcdef0123456789abcde",
          "Bearer 0123456789abcdef0123456789abcdef0", "Bearer 0123456789abcdef0123456789abcdeF",
          "Bearer 1123456789abcdef0123456789abcdef", "Bearer \t0123456789abcdef0123456789abcdef",
          "Bearer 0123456789abcdef0123456789abcdef x", "Bearer token=0123456789abcdef0123456789abcdef"}) {
        CAPTURE(bad);
        CHECK_FALSE(carries_token(bad, token));
    }
}

TEST_CASE("an empty token is carried by nobody") {
    for (const char* header : {"", "Bearer", "Bearer ", "Bearer x"}) {
        CAPTURE(header);
        CHECK_FALSE(carries_token(header, secret()));
    }
}

TEST_CASE("other machines are answered with the token, and this one without it") {
    open_api api;
    CHECK(api.ask(from_elsewhere(bearer)).status == 200);
    CHECK(api.get("/api/v1/health").status == 200);

    const answer without = api.ask(from_elsewhere(""));
    check_error(without, 401, "unauthorized", no_token);
    CHECK(without.authenticate == R"(Bearer realm="operatord")");
    CHECK(without.close);
    for (const char* wrong : {"Bearer x", "Basic 0123456789abcdef0123456789abcdef", "Bearer"}) {
        const answer refused = api.ask(from_elsewhere(wrong));
        check_error(refused, 401, "unauthorized", wrong_token);
        CHECK(refused.authenticate == R"(Bearer realm="operatord", error="invalid_token")");
        CHECK(refused.close);
    }
}

TEST_CASE("without the token nothing is told apart: neither paths, nor methods, nor hosts") {
    open_api api;
    for (const char* target : {"/api/v1/model-servers", "/no/such/path", "/api/v1/health?x=%zz", "*"}) {
        request asked = from_elsewhere("");
        asked.target = target;
        check_error(api.ask(asked), 401, "unauthorized", no_token);
    }
    request write = from_elsewhere("");
    write.method = "DELETE";
    write.host = "evil.example";
    check_error(api.ask(write), 401, "unauthorized", no_token);
}

TEST_CASE("where there is no token, nobody on another machine is served") {
    api_on api("");
    for (const std::string& header : {std::string(), std::string("Bearer "), bearer})
        check_error(api.ask(from_elsewhere(header)), 403, "forbidden", "this operatord serves its own machine alone");
}

TEST_CASE("with the token a request may ask under any address and under the machine's name, but no other") {
    open_api api;
    for (const char* host :
         {"192.168.1.5:7008", "10.0.0.1:8080", "[fd00::5]:7008", "box:7008", "box.local", "box.lan:80"}) {
        CAPTURE(host);
        request asked = from_elsewhere(bearer);
        asked.host = host;
        CHECK(api.ask(asked).status == 200);
        asked.needs_token = false;
        CHECK((api.ask(asked).status == 200) == (asked.host == "192.168.1.5:7008"));
    }
    request rebound = from_elsewhere(bearer);
    rebound.host = "evil.example:7008";
    CHECK(api.ask(rebound).status == 403);
}

TEST_CASE("the token does not open the API to web pages") {
    open_api api;
    request page = from_elsewhere(bearer);
    page.origin = "https://evil.example";
    CHECK(api.ask(page).status == 403);
    page.origin = "https://page.example";
    CHECK(api.ask(page).status == 200);
}

TEST_CASE("a browser asks without the token whether a page may send it, and the page may read the refusal") {
    open_api api;
    request question = from_elsewhere("");
    question.method = "OPTIONS";
    question.target = "/api/v1/model-servers";
    question.origin = "https://page.example";
    question.preflight_method = "GET";
    CHECK(api.ask(question).status == 204);
    question.origin = "https://evil.example";
    CHECK(api.ask(question).status == 403);
    question.origin = "";
    check_error(api.ask(question), 401, "unauthorized", no_token);

    request page = from_elsewhere("");
    page.origin = "https://page.example";
    const answer refused = api.ask(page);
    CHECK(refused.status == 401);
    CHECK(refused.page_origin == "https://page.example");
}

TEST_CASE("a request from another machine is refused by its head alone, and logged once in a while") {
    open_api api;
    CHECK(std::holds_alternative<accepted_request>(api.api->accept(from_elsewhere(bearer))));
    for (int i = 0; i != 3; ++i) {
        const auto decided = api.api->accept(from_elsewhere("Bearer guess"));
        const auto* const refused = std::get_if<answer>(&decided);
        REQUIRE(refused != nullptr);
        CHECK(refused->status == 401);
        CHECK(refused->close);
    }
    CHECK(api.log.lines() == std::vector<std::string>{"warning refused a request from another machine with 401"});
}
