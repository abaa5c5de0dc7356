#include "daemon/http/guard.hpp"

#include <doctest/doctest.h>

using namespace opd;

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
