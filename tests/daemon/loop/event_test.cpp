#include "daemon/loop/event.hpp"

#include "tests/daemon/event_loop.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> wait(event& what, steady_clock::time_point deadline, std::optional<bool>& woken) {
    woken = co_await what.wait_until(deadline);
}

}  // namespace

TEST_CASE("everybody who waits is woken, once") {
    asio::io_context loop{1};
    event happened;
    std::optional<bool> one;
    std::optional<bool> other;
    background first(loop, wait(happened, steady_clock::time_point::max(), one));
    background second(loop, wait(happened, steady_clock::time_point::max(), other));
    settle(loop);
    CHECK_FALSE(one);
    happened.notify_all();
    happened.notify_all();
    REQUIRE(run_until(loop, [&] { return first.ended() && second.ended(); }));
    CHECK(one == true);
    CHECK(other == true);
}

TEST_CASE("a notification before the wait is not remembered") {
    asio::io_context loop{1};
    event happened;
    happened.notify_all();
    CHECK_FALSE(run(loop, happened.wait_until(steady_clock::now() + 5ms)));
}

TEST_CASE("a deadline ends one wait and not the others") {
    asio::io_context loop{1};
    event happened;
    std::optional<bool> patient;
    background waiting(loop, wait(happened, steady_clock::time_point::max(), patient));
    const auto start = steady_clock::now();
    CHECK_FALSE(run(loop, happened.wait_until(start + 20ms)));
    CHECK(steady_clock::now() - start >= 20ms);
    CHECK_FALSE(waiting.ended());
    happened.notify_all();
    REQUIRE(run_until(loop, [&] { return waiting.ended(); }));
    CHECK(patient == true);
}

TEST_CASE("a deadline that has passed is no wait, and what happens in the same moment counts") {
    asio::io_context loop{1};
    event happened;
    CHECK_FALSE(run(loop, happened.wait_until(steady_clock::now() - 1s)));

    std::optional<bool> woken;
    background waiting(loop, wait(happened, steady_clock::now() - 1s, woken));
    loop.restart();
    loop.run_one();  // it waits, and its timer has expired
    happened.notify_all();
    REQUIRE(run_until(loop, [&] { return waiting.ended(); }));
    CHECK(woken == true);
}
