#include "daemon/http/guard.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace opd;

TEST_CASE("the daemon's own hosts: loopback names and addresses, with any port, and the configured ones") {
    const std::vector<std::string> own{"192.168.1.5", "fd00::5"};
    const std::vector<std::pair<const char*, bool>> table{
        {"localhost", true},
        {"localhost:7008", true},
        {"LocalHost:1", true},
        {"localhost.", true},
        {"app.localhost:7008", true},
        {"127.0.0.1", true},
        {"127.1.2.3:7008", true},
        {"[::1]", true},
        {"[::1]:7008", true},
        {"[0:0:0:0:0:0:0:1]:7008", true},
        {"192.168.1.5:7008", true},
        {"[FD00::5]:7008", true},
        {"192.168.1.6:7008", false},
        {"10.0.0.1", false},
        {"[::2]", false},
        {"", false},
        {":7008", false},
        {"[", false},
        {"[::1", false},
        {"[]", false},
        {"evil.example", false},
        {"evil.example:7008", false},
        {"localhost.evil.example", false},
        {"evillocalhost", false},
        {"127.0.0.1.evil.example", false},
        {"127.0.0.1@evil.example", false},
        {"printer", false},  // near by, but not us
    };
    for (const auto& [host, expected] : table) {
        CAPTURE(host);
        CHECK(is_own_host(host, own) == expected);
    }
    CHECK_FALSE(is_own_host("192.168.1.5", {}));
}

TEST_CASE("allowed origins: none, the daemon's own, and the configured ones exactly") {
    const std::vector<std::string> allowed{"https://page.example", "http://localhost:3000"};
    const std::vector<std::pair<const char*, bool>> table{
        {"", true},
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
        {"https://PAGE.example", false},
        {"https://evil.example", false},
        {"null", false},
        {" ", false},
        {"http://", false},
    };
    for (const auto& [origin, expected] : table) {
        CAPTURE(origin);
        CHECK(is_allowed_origin(origin, "localhost:7008", allowed) == expected);
    }
    CHECK_FALSE(is_allowed_origin("https://page.example", "localhost:7008", {}));
}
