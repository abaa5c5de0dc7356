#include "client/connection.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("a URL names a host and a port") {
    struct {
        std::string url;
        const char* host;
        std::uint16_t port;
        const char* authority;
    } const cases[] = {
        {"http://127.0.0.1:7008", "127.0.0.1", 7008, "127.0.0.1:7008"},
        {"http://127.0.0.1:7008/", "127.0.0.1", 7008, "127.0.0.1:7008"},
        {"HTTP://localhost:9", "localhost", 9, "localhost:9"},
        {"http://[::1]:7008", "::1", 7008, "[::1]:7008"},
        {"http://box", "box", 80, "box"},
        {"http://box:", "box", 80, "box"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.url);
        const auto address = url_address(one.url);
        REQUIRE(address.has_value());
        CHECK(address->socket_path.empty());
        CHECK(address->host == one.host);
        CHECK(address->port == one.port);
        CHECK(address->authority() == one.authority);
        CHECK(address->shown == std::string("http://") + one.authority);
    }
}

TEST_CASE("what is no address of a daemon is refused in words") {
    for (const std::string url :
         {"", "localhost:7008", "127.0.0.1:7008", "https://localhost:7008", "http://", "http://:7008", "http://box:0",
          "http://box:70000", "http://u:p@box", "http://box/api", "http://box?x", "http://box#x", "http://b ox",
          "/run/operatord.sock"}) {
        CAPTURE(url);
        const auto address = url_address(url);
        REQUIRE_FALSE(address.has_value());
        CHECK(address.error().message == std::string("--url ") + url + ": not the address of a daemon");
        CHECK(address.error().hint == "write it as http://HOST:PORT, for example http://127.0.0.1:7008");
    }
}

TEST_CASE("a socket is named by its path") {
    const daemon_address address = socket_address("/run/x.sock");
    CHECK(address.socket_path == "/run/x.sock");
    CHECK(address.shown == "/run/x.sock");
    CHECK(address.authority() == "localhost");
}

TEST_CASE("without a socket the daemon is looked for on loopback, and messages name both places") {
    const daemon_address address = fallback_address("/run/x.sock");
    CHECK(address.socket_path.empty());
    CHECK(address.host == "127.0.0.1");
    CHECK(address.port == 7008);
    CHECK(address.shown == "/run/x.sock or http://127.0.0.1:7008");
    CHECK(fallback_address("").shown == "http://127.0.0.1:7008");
}
