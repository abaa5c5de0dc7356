#include "daemon/listen/listen_plan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace opd;
using namespace opd::listen;
namespace asio = boost::asio;

namespace {

listen_plan tcp_on(std::uint16_t port) {
    listen_plan plan;
    plan.tcp.push_back({.endpoint = {asio::ip::address_v4::loopback(), port}, .inherited = 3});
    plan.tcp.push_back({.endpoint = {asio::ip::address_v6::loopback(), port}, .inherited = 4});
    return plan;
}

}  // namespace

TEST_CASE("who asks for other addresses than those that systemd has made is told that they do not count") {
    CHECK(doubts_about_inherited(tcp_on(7008), {}, {}).empty());
    CHECK(doubts_about_inherited({}, {}, {}).empty());
    config moved;
    moved.rest_api.port = 8000;
    CHECK(doubts_about_inherited(tcp_on(7008), {}, moved) ==
          std::vector<std::string>{"port 8000 in [rest_api] does not count: systemd listens on port 7008; change it in "
                                   "the socket unit (systemctl --user edit operatord.socket)"});
    CHECK(doubts_about_inherited(tcp_on(8000), {}, moved).empty());
    const std::string options =
        "--listen and --socket do not count: systemd has made the sockets to serve on; change them in the socket unit "
        "(systemctl --user edit operatord.socket)";
    CHECK(doubts_about_inherited(tcp_on(7008), {.listen = {"127.0.0.1:0"}}, {}) == std::vector<std::string>{options});
    CHECK(doubts_about_inherited(tcp_on(7008), {.socket = "/x"}, {}) == std::vector<std::string>{options});
}
