#include "daemon/listen/listen_plan.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::listen;

namespace {

/// `127.0.0.1:7008 [::1]:7008 (same) SOCKET`
std::string show(const listen_plan& plan) {
    std::string text;
    for (const listen_plan::address& one : plan.tcp) {
        const std::string address = one.endpoint.address().to_string();
        text += fmt::format(fmt::runtime(one.endpoint.address().is_v6() ? "[{}]:{} " : "{}:{} "), address,
                            one.endpoint.port());
        if (one.same_port_as_first) text += "(same) ";
    }
    return text + plan.socket.value_or("-");
}

std::string planned(const daemon_options& options, const config& values = {},
                    std::optional<std::string> socket = "/run/s") {
    const auto plan = plan_listening(options, values, std::move(socket));
    return plan ? show(*plan) : fmt::format("{} | {}", plan.error().message, plan.error().hint);
}

daemon_options listening_on(std::vector<std::string> listen) {
    daemon_options options;
    options.listen = std::move(listen);
    return options;
}

}  // namespace

TEST_CASE("by default both loopback families and the socket are served") {
    CHECK(planned({}) == "127.0.0.1:7008 [::1]:7008 (same) /run/s");
    CHECK(planned({}, {}, std::nullopt) == "127.0.0.1:7008 [::1]:7008 (same) -");
}

TEST_CASE("the configuration's host and port count where the command line is silent") {
    const std::vector<std::pair<const char*, const char*>> table{
        {"127.0.0.1", "127.0.0.1:99 [::1]:99 (same) /run/s"},
        {"localhost", "127.0.0.1:99 [::1]:99 (same) /run/s"},
        {"::1", "[::1]:99 /run/s"},
        {"0.0.0.0", "0.0.0.0:99 /run/s"},
        {"192.168.1.5", "192.168.1.5:99 /run/s"},
    };
    for (const auto& [host, expected] : table) {
        CAPTURE(host);
        config values;
        values.rest_api.host = host;
        values.rest_api.port = 99;
        CHECK(planned({}, values) == expected);
        CHECK(planned(listening_on({"127.0.0.1:1"}), values) == "127.0.0.1:1 /run/s");
    }
}

TEST_CASE("--listen takes literal addresses and localhost") {
    const std::vector<std::pair<std::vector<std::string>, const char*>> table{
        {{"127.0.0.1:0"}, "127.0.0.1:0 /run/s"},
        {{"[::1]:7008"}, "[::1]:7008 /run/s"},
        {{"localhost:0"}, "127.0.0.1:0 [::1]:0 (same) /run/s"},
        {{"0.0.0.0:65535"}, "0.0.0.0:65535 /run/s"},
        {{"127.0.0.1:1", "127.0.0.2:2"}, "127.0.0.1:1 127.0.0.2:2 /run/s"},
        {{"none"}, "/run/s"},
        {{"none", "127.0.0.1:1"}, "127.0.0.1:1 /run/s"},
    };
    for (const auto& [listen, expected] : table) {
        CAPTURE(expected);
        CHECK(planned(listening_on(listen)) == expected);
    }
}

TEST_CASE("--listen refuses anything else, with an example") {
    for (const char* wrong :
         {"", "7008", ":7008", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70080", "127.0.0.1:-1",
          "127.0.0.1:80 ", "box.lan:7008", "http://localhost:7008", "[::1:7008", "None"}) {
        CAPTURE(wrong);
        CHECK(planned(listening_on({wrong})) ==
              fmt::format("--listen {} is not an address to serve on | write HOST:PORT with a literal address or "
                          "localhost, such as 127.0.0.1:7008, [::1]:7008 or localhost:0",
                          wrong));
    }
}

TEST_CASE("--socket replaces the default one, and `none` turns it off") {
    daemon_options options;
    options.socket = "/run/mine";
    CHECK(planned(options) == "127.0.0.1:7008 [::1]:7008 (same) /run/mine");
    CHECK(planned(options, {}, std::nullopt) == "127.0.0.1:7008 [::1]:7008 (same) /run/mine");
    options.socket = "none";
    CHECK(planned(options) == "127.0.0.1:7008 [::1]:7008 (same) -");
}

TEST_CASE("a daemon that would serve nowhere does not start") {
    daemon_options options = listening_on({"none"});
    const std::string nowhere =
        "there is nothing to serve on: neither a TCP address nor a unix socket | leave out --listen none or --socket "
        "none";
    CHECK(planned(options, {}, std::nullopt) == nowhere);
    options.socket = "none";
    CHECK(planned(options) == nowhere);
}
