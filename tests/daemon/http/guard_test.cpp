#include "daemon/http/guard.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::http;
using namespace std::string_view_literals;

TEST_CASE("the daemon's own hosts: loopback names and addresses and its own, each with its port") {
    const std::vector<std::string> names{"box.lan"};
    const own_names own{.address = "192.168.1.5", .port = 7008, .names = names};
    const std::vector<std::pair<std::string_view, bool>> table{
        {"localhost:7008", true},
        {"LocalHost:7008", true},
        {"localhost.:7008", true},
        {"app.localhost:7008", true},
        {"a_b-c.App.localhost.:7008", true},
        {"127.0.0.1:7008", true},
        {"127.1.2.3:7008", true},
        {"[::1]:7008", true},
        {"[0:0:0:0:0:0:0:1]:7008", true},
        {"192.168.1.5:7008", true},
        {"BOX.lan:7008", true},
        // Another port is another origin.
        {"localhost", false},
        {"localhost:80", false},
        {"localhost:7009", false},
        {"localhost:", false},
        {"localhost:07008", false},
        {"localhost:+7008", false},
        {"localhost:7008 ", false},
        {"localhost:7008/", false},
        {"localhost:7008:7008", false},
        {"localhost:70080", false},
        {"localhost:72544", false},  // 7008 + 2^16
        {"[::1]", false},
        {"[::1]7008", false},
        {"[::1]x:7008", false},
        {"[::1]]:7008", false},
        {"[[::1]]:7008", false},
        {"::1:7008", false},
        // Not ours.
        {"", false},
        {":7008", false},
        {".:7008", false},
        {"[", false},
        {"[]", false},
        {"[::1", false},
        {"[]:7008", false},
        {"[::2]:7008", false},
        {"[127.0.0.1]:7008", false},
        {"[localhost]:7008", false},
        {"[fe80::1%lo]:7008", false},
        {"10.0.0.1:7008", false},
        {"0.0.0.0:7008", false},
        {"192.168.1.6:7008", false},
        {"printer:7008", false},
        {"evil.example:7008", false},
        {"localhost.evil.example:7008", false},
        {"evillocalhost:7008", false},
        {".localhost:7008", false},
        {"e vil.localhost:7008", false},
        {"evil@x.localhost:7008", false},
        {"evil/.localhost:7008", false},
        {"user@localhost:7008", false},
        {"127.0.0.1.evil.example:7008", false},
        {"127.0.0.1@evil.example:7008", false},
        {"127.1:7008", false},
        {"2130706433:7008", false},
        {"0x7f000001:7008", false},
        {"0177.0.0.1:7008", false},
        {"127.0.0.1\0:7008"sv, false},
        {"127.0.0.1, evil.example:7008", false},
        {"127.0.0.1:7008, evil.example", false},
    };
    for (const auto& [host, expected] : table) {
        CAPTURE(host);
        CHECK(is_own_host(host, own) == expected);
    }
}

TEST_CASE("an address of IPv6 is the own one however it is written, and a port that is left out is 80") {
    const own_names own{.address = "fd00::5", .port = 80, .names = {}};
    for (const char* host : {"[FD00::5]", "[fd00:0:0::5]:80", "localhost", "127.0.0.1:80", "[::1]"}) {
        CAPTURE(host);
        CHECK(is_own_host(host, own));
    }
    for (const char* host : {"[fd00::6]", "fd00::5", "localhost:7008", "", "box.lan", "[]"}) {
        CAPTURE(host);
        CHECK_FALSE(is_own_host(host, own));
    }
    CHECK_FALSE(is_own_host("", {.address = "", .port = 80, .names = {}}));
    CHECK_FALSE(is_own_host("10.0.0.1", {.address = "", .port = 80, .names = {}}));
}

TEST_CASE("allowed origins: the daemon's own, and the configured ones exactly") {
    const std::vector<std::string> allowed{"https://page.example", "http://localhost:3000"};
    const std::vector<std::pair<const char*, bool>> table{
        {"http://localhost:7008", true},
        {"HTTP://LOCALHOST:7008", true},
        {"https://page.example", true},
        {"http://localhost:3000", true},
        {"https://localhost:7008", false},
        {"http://localhost", false},
        {"http://127.0.0.1:7008", false},  // another origin than the one that was asked
        {"http://page.example", false},
        {"https://page.example:8443", false},
        {"https://page.example/", false},
        {"https://page.example.evil.example", false},
        {"https://PAGE.example", false},
        {"https://page.example, https://evil.example", false},
        {"https://evil.example", false},
        {"*", false},
        {"null", false},
        {"", false},
        {" ", false},
        {"http://", false},
    };
    for (const auto& [origin, expected] : table) {
        CAPTURE(origin);
        CHECK(is_allowed_origin(origin, "localhost:7008", allowed) == expected);
    }
    CHECK_FALSE(is_allowed_origin("https://page.example", "localhost:7008", {}));
    CHECK_FALSE(is_allowed_origin("http://", "", allowed));
    CHECK(is_allowed_origin("https://page.example", "", allowed));
}

TEST_CASE("a fetch is foreign when another origin had the browser do it") {
    CHECK(is_foreign_fetch("cross-site"));
    CHECK(is_foreign_fetch("same-site"));
    for (const char* site : {"", "none", "same-origin", "something-new"}) CHECK_FALSE(is_foreign_fetch(site));
}

TEST_CASE("the content type of a write is JSON in UTF-8") {
    for (const char* good :
         {"application/json", "Application/JSON", " application/json ", "application/json;charset=utf-8",
          "application/json; charset=UTF-8", "application/json; charset=\"utf-8\"", "application/json;",
          "application/json; profile=x; Charset=utf-8", "application/json ; x=y;;"}) {
        CAPTURE(good);
        CHECK(is_json_type(good));
    }
    for (const char* bad :
         {"", "text/plain", "application/jsonp", "application/json x", "application/json, text/plain", "json",
          "application/json; charset=latin1", "application/json; charset=", "application/json; charset",
          "application/json; charset=utf-8; charset=utf-16", "application/merge-patch+json",
          "application/x-www-form-urlencoded", "multipart/form-data; boundary=application/json"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_json_type(bad));
    }
}

TEST_CASE("other machines ask under an address, or under the machine's name") {
    for (const char* host : {"192.168.1.5", "192.168.1.5:7008", "10.0.0.1:80", "[fd00::5]:7008", "[::1]", "box:7008",
                             "BOX", "box.local:8080", "box.lan.example.com", "127.0.0.1:1"}) {
        CAPTURE(host);
        CHECK(may_be_this_machine(host, "box"));
        CHECK(may_be_this_machine(host, "Box.lan.example.com"));
    }
    for (const char* host : {"", ":7008", "evil.example", "boxer", "box1", "xbox", ".box", "evil.box", "[box]", "[",
                             "[]", "192.168.1", "192.168.1.5.evil.example", "1.2.3.4@evil.example", "fd00::5"}) {
        CAPTURE(host);
        CHECK_FALSE(may_be_this_machine(host, "box"));
    }
    CHECK_FALSE(may_be_this_machine("", ""));
    CHECK_FALSE(may_be_this_machine(".", ""));
}
