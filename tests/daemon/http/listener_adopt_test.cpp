// Sockets that somebody else has made.

#include "tests/daemon/http/serving.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include <unistd.h>

using namespace opd;
using namespace opd::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

TEST_CASE("an inherited socket is served on, and left as it is") {
    const temp_folder folder;
    const fs::path path = folder.path() / "s";
    asio::io_context other;
    asio::local::stream_protocol::acceptor local(other, path.string());
    tcp::acceptor four(other, {asio::ip::address_v4::loopback(), 0});
    tcp::acceptor six(other, {asio::ip::address_v6::loopback(), 0});
    {
        serving server;
        REQUIRE(server.listening().adopt(::dup(local.native_handle())).has_value());
        REQUIRE(server.listening().adopt(::dup(four.native_handle())).has_value());
        REQUIRE(server.listening().adopt(::dup(six.native_handle())).has_value());
        CHECK(server.log.lines() ==
              std::vector<std::string>{
                  fmt::format("info listening on unix socket {}, inherited", path.string()),
                  fmt::format("info listening on http://127.0.0.1:{}, inherited", four.local_endpoint().port()),
                  fmt::format("info listening on http://[::1]:{}, inherited", six.local_endpoint().port())});
        server.start();
        CHECK(http_client::over_unix_socket(path).get("/").status == 200);
        CHECK(http_client::over_tcp("127.0.0.1", four.local_endpoint().port()).get("/").status == 200);
        CHECK(http_client::over_tcp("::1", six.local_endpoint().port()).get("/").status == 200);
        CHECK(happens(server.shut_down()));
    }
    CHECK(fs::is_socket(path));
    CHECK_FALSE(fs::exists(path.string() + ".lock"));
    // The next daemon finds clients that have come in between.
    auto early = http_client::over_unix_socket(path);
    serving next;
    REQUIRE(next.listening().adopt(::dup(local.native_handle())).has_value());
    next.start();
    CHECK(early.get("/").status == 200);
}

TEST_CASE("a descriptor that is not open is an error") {
    serving server;
    const auto adopted = server.listening().adopt(-1);
    REQUIRE(adopted.has_error());
    CHECK(adopted.error().exit_code == 70);
    CHECK(adopted.error().what.message == "cannot serve on an inherited socket: Bad file descriptor");
}
