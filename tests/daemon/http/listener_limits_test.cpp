#include "tests/daemon/http/serving.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace opd;
using namespace opd::http;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::string_view half_a_request = "GET / HTTP/1.1\r\nHost: h\r\nX: ";

listener_settings with_limits(connection_limits limits) { return {.each = {}, .all = limits}; }

bool says(const recorded_log& log, std::string_view line) {
    asio::io_context waiting;
    const auto work = asio::make_work_guard(waiting);
    return run_until(waiting, [&] { return log.contains(line); });
}

/// Takes descriptors until there are no more; gives them back when it goes.
class descriptor_hog {
public:
    explicit descriptor_hog(rlim_t limit) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit narrow = before_;
        narrow.rlim_cur = limit;
        ::setrlimit(RLIMIT_NOFILE, &narrow);
        for (int taken = ::dup(STDERR_FILENO); taken >= 0; taken = ::dup(STDERR_FILENO)) taken_.push_back(taken);
    }

    descriptor_hog(const descriptor_hog&) = delete;
    descriptor_hog& operator=(const descriptor_hog&) = delete;

    ~descriptor_hog() {
        while (!taken_.empty()) free_one();
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

    void take_one() { taken_.push_back(::dup(STDERR_FILENO)); }

    void free_one() {
        ::close(taken_.back());
        taken_.pop_back();
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

}  // namespace

TEST_CASE("above the limit, the connection that has waited for its client the longest makes room") {
    serving server(with_limits({.of_one_user = 3}));
    const std::uint16_t port = server.start_on_tcp();
    auto oldest = client_on(port);
    CHECK(oldest.get("/").status == 200);
    auto slow = client_on(port);
    slow.send(half_a_request);
    auto third = client_on(port);
    CHECK(third.get("/").status == 200);
    CHECK(oldest.get("/").status == 200);  // now the slow one has waited the longest
    auto fourth = client_on(port);
    CHECK(fourth.get("/").status == 200);
    CHECK(slow.read_to_end().empty());
    CHECK(oldest.get("/").status == 200);
    CHECK(third.get("/").status == 200);
    CHECK(server.log.contains(
        "warning too many connections: those that have waited the longest for their client are closed"));
}

TEST_CASE("where all connections are being answered, a further client is told to come back") {
    serving server(with_limits({.of_one_user = 1}));
    const std::uint16_t port = server.start_on_tcp();
    auto entered = server.handler.entered();
    auto busy = client_on(port);
    busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(happens(entered));
    auto further = client_on(port);
    const http_answer told = further.get("/");
    CHECK(told.status == 503);
    CHECK(told.body == R"({"error":"unavailable","message":"operatord has too many connections; try again later"})");
    CHECK(told.header("Connection") == "close");
    CHECK(further.read_to_end().empty());
    server.on_loop([&] { server.handler.release(); });
    CHECK(busy.read_answer().status == 200);
    CHECK(client_on(port).get("/").status == 200);
}

TEST_CASE("300 slow clients neither lock an honest one out nor slow it down") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    std::vector<http_client> slow;
    for (int i = 0; i != 300; ++i) {
        slow.push_back(client_on(port));
        slow.back().send(half_a_request);
    }
    auto quickest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i != 5; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(client_on(port).get("/").status == 200);
        quickest = std::min(quickest, std::chrono::steady_clock::now() - begin);
        for (std::size_t last = slow.size() - 200; last != slow.size(); ++last) slow[last].send("x");
    }
    CHECK(quickest < 100ms);
}

// While there are no descriptors nothing is checked: the sanitizer needs one to look at memory.

TEST_CASE("out of descriptors, an idle connection is given up for the client that waits") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto idle = client_on(port);
    CHECK(idle.get("/").status == 200);
    unsigned status = 0;
    std::string rest;
    {
        descriptor_hog hog(256);
        hog.free_one();
        auto client = client_on(port);  // takes the last one
        status = client.get("/during").status;
        rest = idle.read_to_end();
    }
    CHECK(status == 200);
    CHECK(rest.empty());
    CHECK(client_on(port).get("/after").status == 200);
    CHECK(server.log.contains("warning cannot accept connections: Too many open files; trying again"));
    CHECK(server.log.contains("info accepting connections again"));
}

TEST_CASE("out of descriptors and with nothing to give up, clients are told, and served again as soon as possible") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto entered = server.handler.entered();
    auto busy = client_on(port);
    busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(happens(entered));
    std::vector<std::string> told;
    unsigned status = 0;
    {
        descriptor_hog hog(256);
        for (int i = 0; i != 3; ++i) {
            hog.free_one();
            told.push_back(client_on(port).get("/").body);  // the client takes the last one
            hog.take_one();
        }
        hog.free_one();
        hog.free_one();
        status = client_on(port).get("/").status;
    }
    const char* no_descriptors =
        R"({"error":"unavailable","message":"operatord is out of file descriptors; try again later"})";
    CHECK(told == std::vector<std::string>(3, no_descriptors));
    CHECK(status == 200);
    server.on_loop([&] { server.handler.release(); });
    CHECK(busy.read_answer().status == 200);
    CHECK(says(server.log, "info accepting connections again"));
}
