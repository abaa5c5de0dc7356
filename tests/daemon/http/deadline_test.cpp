#include "daemon/http/session_socket.hpp"
#include "tests/daemon/event_loop.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace opd;
using namespace opd::http;
using namespace opd::test;
using namespace std::chrono_literals;

TEST_CASE("a deadline calls once when it has passed, and only the last one counts") {
    boost::asio::io_context loop;
    int calls = 0;
    deadline one(loop.get_executor(), [&] { ++calls; });
    const auto now = deadline::clock::now();
    one.expire_at(now + 1h);
    one.expire_at(now + 5ms);
    one.expire_at(now + 15ms);
    one.expire_at(now + 10ms);
    CHECK_FALSE(one.passed());
    REQUIRE(run_until(loop, [&] { return calls != 0; }));
    CHECK(deadline::clock::now() >= now + 10ms);
    CHECK(one.passed());
    settle(loop);
    CHECK(calls == 1);

    one.expire_at(deadline::clock::now() + 1h);
    CHECK_FALSE(one.passed());
    one.expire_at(deadline::clock::now() + 1ms);
    REQUIRE(run_until(loop, [&] { return calls == 2; }));
}

TEST_CASE("a deadline that was moved away or has gone does not call") {
    boost::asio::io_context loop;
    int calls = 0;
    deadline cleared(loop.get_executor(), [&] { ++calls; });
    cleared.expire_at(deadline::clock::now());
    cleared.clear();
    deadline later(loop.get_executor(), [&] { ++calls; });
    later.expire_at(deadline::clock::now());
    later.expire_at(deadline::clock::now() + 1h);
    auto gone = std::make_unique<deadline>(loop.get_executor(), [&] { ++calls; });
    gone->expire_at(deadline::clock::now());
    gone.reset();
    bool marked = false;
    deadline mark(loop.get_executor(), [&] { marked = true; });
    mark.expire_at(deadline::clock::now() + 5ms);
    REQUIRE(run_until(loop, [&] { return marked; }));
    CHECK(calls == 0);
}
