// systemd listens, and hands its sockets over (sd_listen_fds(3)).

#include "tests/e2e/running_daemon.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace opd::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using local_protocol = asio::local::stream_protocol;

namespace {

/// What a socket unit is in systemd: sockets that outlive each daemon.
struct socket_unit {
    socket_unit() {
        four.emplace(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        six.emplace(io, tcp::endpoint(asio::ip::address_v6::loopback(), 0));
        local.emplace(io, local_protocol::endpoint(path().string()));
    }

    fs::path path() const { return home.path() / "given.sock"; }

    /// Starts the daemon on these descriptors, whose names are `a:b:c`.
    std::unique_ptr<process> start(const std::vector<int>& descriptors, const std::string& names,
                                   const std::vector<std::string>& options = {}) const {
        // The pid that the sockets are meant for is known to the shell only.
        std::vector<std::string> command{"/bin/sh", "-c", R"(LISTEN_PID=$$ exec "$0" "$@")", program_path("operatord")};
        command.insert(command.end(), options.begin(), options.end());
        process::environment environment{{"HOME", home.path()},
                                         {"XDG_RUNTIME_DIR", home.path() / "run"},
                                         {"LISTEN_FDS", std::to_string(descriptors.size())}};
        if (!names.empty()) environment["LISTEN_FDNAMES"] = names;
        return std::make_unique<process>(command, environment, descriptors);
    }

    std::vector<int> all() { return {local->native_handle(), four->native_handle(), six->native_handle()}; }

    http_client over_unix_socket() const { return http_client::over_unix_socket(path()); }

    temp_folder home;
    asio::io_context io;
    std::optional<tcp::acceptor> four;
    std::optional<tcp::acceptor> six;
    std::optional<local_protocol::acceptor> local;
};

constexpr const char* health = "/api/v1/health";

}  // namespace

TEST_CASE("operatord takes over the sockets that it inherits, and serves nowhere else") {
    socket_unit unit;
    const auto daemon = unit.start(unit.all(), "rest:rest:rest");
    REQUIRE(daemon->wait_for_line("is ready"));
    CHECK(unit.over_unix_socket().get(health).status == 200);
    CHECK(http_client::over_tcp("127.0.0.1", unit.four->local_endpoint().port()).get(health).status == 200);
    CHECK(http_client::over_tcp("::1", unit.six->local_endpoint().port()).get(health).status == 200);
    CHECK_FALSE(fs::exists(unit.home.path() / "run"));
    // Those of whom the daemon starts shall not think that the sockets are meant for them.
    for (const fs::directory_entry& one : fs::directory_iterator(fmt::format("/proc/{}/fdinfo", daemon->pid()))) {
        if (one.path().filename().string().size() == 1 && one.path().filename() > "2") {
            CAPTURE(one.path().string());
            std::ifstream info(one.path());
            const std::string text{std::istreambuf_iterator<char>(info), {}};
            const auto flags = std::stoul(text.substr(text.find("flags:") + 6), nullptr, 8);
            CHECK((flags & 02000000U) != 0);  // O_CLOEXEC
        }
    }
}

TEST_CASE("clients wait for the next daemon on the same sockets, and the socket file stays") {
    socket_unit unit;
    const auto first = unit.start(unit.all(), "rest:rest:rest");
    REQUIRE(first->wait_for_line("is ready"));
    first->send_signal(SIGTERM);
    CHECK(first->wait_for_exit() == 0);
    CHECK(fs::is_socket(unit.path()));
    auto early = unit.over_unix_socket();
    early.send("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto second = unit.start(unit.all(), "rest:rest:rest");
    CHECK(early.read_answer().status == 200);
    second->send_signal(SIGKILL);
    CHECK(second->wait_for_exit() == 128 + SIGKILL);
    const auto third = unit.start(unit.all(), "rest:rest:rest");
    CHECK(unit.over_unix_socket().get(health).status == 200);
}

TEST_CASE("sockets without a name are ours, one with another's name is not") {
    socket_unit unit;
    const auto nameless = unit.start({unit.four->native_handle()}, "");
    REQUIRE(nameless->wait_for_line("is ready"));
    CHECK(http_client::over_tcp("127.0.0.1", unit.four->local_endpoint().port()).get(health).status == 200);
    nameless->send_signal(SIGTERM);
    CHECK(nameless->wait_for_exit() == 0);

    const auto named = unit.start(unit.all(), "rest:metrics:rest");
    REQUIRE(named->wait_for_line("is ready"));
    CHECK(named->wait_for_line("ignoring inherited descriptor 4 with the name \"metrics\""));
    CHECK(unit.over_unix_socket().get(health).status == 200);
    CHECK(http_client::over_tcp("::1", unit.six->local_endpoint().port()).get(health).status == 200);
}

TEST_CASE("what cannot be served on is exit 78") {
    socket_unit unit;
    const asio::local::datagram_protocol::endpoint end((unit.home.path() / "datagrams").string());
    asio::local::datagram_protocol::socket datagrams(unit.io, end);
    const auto daemon = unit.start({unit.local->native_handle(), datagrams.native_handle()}, "rest:rest");
    CHECK(daemon->wait_for_exit() == 78);
    CHECK(daemon->standard_error() ==
          "operatord: cannot serve on inherited descriptor 4: it is not a stream socket; the unit must say "
          "ListenStream=\n  correct its socket unit (systemctl --user cat operatord.socket)\n");
}

TEST_CASE("addresses that do not count are told") {
    socket_unit unit;
    const auto file = unit.home.write("operator.toml", "[rest_api]\nport = 1234\n");
    const auto daemon = unit.start(unit.all(), "rest:rest:rest", {"--config", file, "--socket", "none"});
    REQUIRE(daemon->wait_for_line("is ready"));
    CHECK(daemon->wait_for_line(fmt::format("port 1234 in [rest_api] does not count: systemd listens on port {}",
                                            unit.four->local_endpoint().port())));
    CHECK(daemon->wait_for_line("--listen and --socket do not count"));
}

TEST_CASE("systemd-socket-activate starts operatord with the first client") {
    const fs::path activate = "/usr/bin/systemd-socket-activate";
    if (!fs::exists(activate)) {
        MESSAGE("skipped: there is no systemd-socket-activate");
        return;
    }
    const temp_folder home;
    const fs::path path = home.path() / "s";
    const process activator({activate, "--fdname=rest", "--listen=" + path.string(), "-E", "HOME",
                             program_path("operatord"), "--log-level", "debug"},
                            {{"HOME", home.path()}});
    REQUIRE(activator.wait_for_line("Listening on"));
    CHECK(activator.standard_error().find("operatord") == std::string::npos);
    CHECK(http_client::over_unix_socket(path).get(health).status == 200);
    CHECK(activator.wait_for_line("listening on unix socket " + path.string() + ", inherited"));
}
