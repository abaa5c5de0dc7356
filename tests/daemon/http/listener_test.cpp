#include "daemon/http/listener.hpp"

#include "tests/daemon/http/serving.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

namespace {

const tcp::endpoint any_port{asio::ip::address_v4::loopback(), 0};

mode_t mode_of(const fs::path& path) {
    struct stat info{};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777U;
}

std::string own_name() {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    return fmt::format("{} (pid {})", name, ::getpid());
}

/// The listening failed with this.
template <class Result>
void check_error(const Result& got, int exit_code, const std::string& message, const std::string& hint) {
    REQUIRE(got.has_error());
    CHECK(got.error().exit_code == exit_code);
    CHECK(got.error().what.message == message);
    CHECK(got.error().what.hint == hint);
}

}  // namespace

TEST_CASE("port 0 becomes a free one, which is told and logged") {
    serving server;
    const auto bound = server.listening().listen(any_port);
    REQUIRE(bound.has_value());
    CHECK(bound->port() != 0);
    const auto second = server.listening().listen(tcp::endpoint(asio::ip::address_v6::loopback(), bound->port()));
    REQUIRE(second.has_value());
    CHECK(server.log.lines() ==
          std::vector<std::string>{fmt::format("info listening on http://127.0.0.1:{}", bound->port()),
                                   fmt::format("info listening on http://[::1]:{}", bound->port())});
    server.start();
    CHECK(client_on(bound->port()).get("/").status == 200);
    CHECK(http_client::over_tcp("::1", bound->port()).get("/").status == 200);
}

TEST_CASE("a port in use is an error that names its owner") {
    serving first;
    serving second;
    for (const auto& address :
         {asio::ip::address(asio::ip::address_v4::loopback()), asio::ip::address(asio::ip::address_v6::loopback())}) {
        const auto bound = first.listening().listen(tcp::endpoint(address, 0));
        REQUIRE(bound.has_value());
        const std::string where =
            fmt::format(fmt::runtime(address.is_v6() ? "[::1]:{}" : "127.0.0.1:{}"), bound->port());
        check_error(second.listening().listen(*bound), 69,
                    fmt::format("cannot listen on {}: {} uses this port", where, own_name()),
                    "stop it, or choose another port: port = ... below [rest_api] in operator.toml, or --listen "
                    "HOST:PORT");
    }
}

TEST_CASE("an address that this machine does not have is told apart") {
    serving server;
    const auto bound = server.listening().listen(tcp::endpoint(asio::ip::make_address("203.0.113.77"), 0));
    check_error(bound, 69, "cannot listen on 203.0.113.77:0: Cannot assign requested address",
                "give an address that this machine has");
    CHECK(bound.error().no_such_address);
}

TEST_CASE("the unix socket is its owner's alone, and goes with the daemon") {
    const temp_folder folder;
    const fs::path path = folder.path() / "deep" / "operator" / "operatord.sock";
    serving server;
    REQUIRE(server.listening().listen(path.string()).has_value());
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path.parent_path()) == 0700);
    CHECK(server.log.contains("info listening on unix socket " + path.string()));
    const mode_t mask = ::umask(0022);
    ::umask(mask);
    CHECK(mask != 0177);  // the process's own mask is as it was
    server.start();
    auto client = http_client::over_unix_socket(path);
    CHECK(client.get("/x").body == "GET /x host=localhost type= body= unix=true");
    CHECK(client.get("/y").status == 200);
    CHECK(happens(server.shut_down()));
    CHECK_FALSE(fs::exists(fs::symlink_status(path)));
}

TEST_CASE("a socket that a dead daemon left behind is replaced") {
    const temp_folder folder;
    const fs::path path = folder.path() / "s";
    {
        asio::io_context loop;
        const asio::local::stream_protocol::acceptor dead(loop, asio::local::stream_protocol::endpoint(path.string()));
    }
    REQUIRE(fs::is_socket(path));
    serving server;
    REQUIRE(server.listening().listen(path.string()).has_value());
    server.start();
    CHECK(http_client::over_unix_socket(path).get("/").status == 200);
}

TEST_CASE("a daemon that answers on the socket keeps it") {
    const temp_folder folder;
    const fs::path path = folder.path() / "s";
    serving first;
    REQUIRE(first.listening().listen(path.string()).has_value());
    first.start();
    {
        serving second;
        check_error(second.listening().listen(path.string()), 69,
                    fmt::format("another operatord (pid {}) already serves {}", ::getpid(), path.string()),
                    "use that one (operatorctl status), or give this one a socket of its own with --socket PATH");
    }
    CHECK(http_client::over_unix_socket(path).get("/").status == 200);
}

TEST_CASE("what is not a socket at that path stays") {
    const temp_folder folder;
    const fs::path file = folder.write("s", "precious");
    const fs::path link = folder.path() / "link";
    fs::create_symlink(file, link);
    serving server;
    for (const fs::path& path : {file, link, folder.path()}) {
        check_error(server.listening().listen(path.string()), 69,
                    fmt::format("cannot listen on the unix socket {}: this is not a socket, and it is not replaced",
                                path.string()),
                    "move it away, or give another path with --socket PATH");
    }
    CHECK(fs::file_size(file) == 8);
}

TEST_CASE("a socket of another type, whose owner lives, is not replaced") {
    const temp_folder folder;
    const fs::path path = folder.path() / "s";
    asio::io_context loop;
    const asio::local::datagram_protocol::socket theirs(loop, asio::local::datagram_protocol::endpoint(path.string()));
    serving server;
    check_error(server.listening().listen(path.string()), 70,
                fmt::format("cannot listen on the unix socket {}: Protocol wrong type for socket", path.string()),
                "give a path that you may write to with --socket PATH, or --socket none");
    CHECK(fs::is_socket(path));
}

TEST_CASE("a path that is too long for a socket, and a folder that cannot be, are errors") {
    const temp_folder folder;
    serving server;
    const std::string path = "/" + std::string(107, 'x');
    check_error(server.listening().listen(path), 69,
                "the path of the unix socket is too long (108 bytes, at most 107): " + path,
                "give a shorter one with --socket PATH");
    const fs::path file = folder.write("file", "");
    check_error(server.listening().listen((file / "s").string()), 70,
                fmt::format("cannot listen on the unix socket {}/s: Not a directory", file.string()),
                "give a path that you may write to with --socket PATH, or --socket none");
}

TEST_CASE("shutting down ends idle connections at once") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto used = client_on(port);
    CHECK(used.get("/").status == 200);
    auto unused = client_on(port);
    auto half = client_on(port);
    half.send("GET / HTTP/1.1\r\nHo");
    CHECK(client_on(port).get("/").status == 200);  // by now the others have been accepted
    CHECK(happens(server.shut_down()));
    CHECK(used.read_to_end().empty());
    CHECK(unused.read_to_end().empty());
    CHECK(half.read_to_end().empty());
    CHECK_THROWS(client_on(port));
}

TEST_CASE("a request under way when the daemon shuts down gets its whole answer") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto entered = server.handler.entered();
    auto client = client_on(port);
    client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(happens(entered));
    const auto ended = server.shut_down();
    server.catch_up();
    CHECK_THROWS(client_on(port));
    CHECK(ended.wait_for(0s) == std::future_status::timeout);
    server.on_loop([&] { server.handler.release(); });
    const http_answer given = client.read_answer();
    CHECK(given.body == "GET /slow host=h type= body= unix=false");
    CHECK(given.header("Connection") == "close");
    CHECK(client.read_to_end().empty());
    CHECK(happens(ended));
}

TEST_CASE("an answer that is being sent when the daemon shuts down is sent to its end") {
    serving server;
    asio::io_context loop;
    tcp::socket client(loop);
    client.connect({asio::ip::address_v4::loopback(), server.start_on_tcp()});
    asio::write(client, asio::buffer(std::string("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")));
    std::string got;
    asio::read_until(client, asio::dynamic_buffer(got), "\r\n\r\n");
    const auto ended = server.shut_down();
    server.catch_up();
    boost::system::error_code end;
    asio::read(client, asio::dynamic_buffer(got), end);
    CHECK(end == asio::error::eof);
    CHECK(got.size() == got.find("\r\n\r\n") + 4 + 2 * echo::big_piece);
    CHECK(happens(ended));
}

TEST_CASE("a client that is accepted while the daemon shuts down does not keep it from ending") {
    for (int steps = 0; steps != 8; ++steps) {
        CAPTURE(steps);
        serving server;
        const auto bound = server.listening().listen(any_port);
        REQUIRE(bound.has_value());
        auto client = client_on(bound->port());  // in the backlog
        std::promise<void> done;
        std::function<void(int)> shut_down_after = [&](int left) {
            if (left != 0) return server.on_loop([&shut_down_after, left] { shut_down_after(left - 1); });
            server.shut_down_now();
            done.set_value();
        };
        shut_down_after(steps + 1);
        server.start();
        REQUIRE(happens(done.get_future()));
        CHECK(happens(server.shut_down()));
        CHECK(client.read_to_end().empty());
    }
}

TEST_CASE("cancelling cuts off what is inside a request, too") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto entered = server.handler.entered();
    auto client = client_on(port);
    client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(happens(entered));
    const auto ended = server.shut_down();
    server.on_loop([&] { server.listening().cancel(); });
    CHECK(happens(ended));
    CHECK(client.read_to_end().empty());
}
