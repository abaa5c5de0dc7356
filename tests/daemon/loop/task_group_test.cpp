#include "daemon/loop/task_group.hpp"

#include "daemon/loop/event.hpp"
#include "tests/daemon/event_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;
namespace asio = boost::asio;

namespace {

constexpr auto never = std::chrono::steady_clock::time_point::max();

/// A group that writes down what its tasks die of.
struct watched_group {
    asio::io_context loop{1};
    std::vector<std::string> deaths;
    task_group tasks{loop.get_executor(), [this](std::exception_ptr error) {
                         try {
                             std::rethrow_exception(error);
                         } catch (const std::exception& bug) {
                             deaths.emplace_back(bug.what());
                         } catch (...) {
                             deaths.emplace_back("unknown");
                         }
                     }};
};

asio::awaitable<void> wait_for(event& what, int& ended) {
    co_await what.wait_until(never);
    ++ended;
}

asio::awaitable<void> die(std::string words) {
    throw std::runtime_error(words);
    co_return;
}

asio::awaitable<void> die_of_a_number() {
    throw 42;
    co_return;
}

asio::awaitable<void> die_of_cancellation() {
    throw boost::system::system_error(asio::error::operation_aborted);
    co_return;
}

asio::awaitable<void> wait_twice(event& what, int& first, int& second) {
    co_await what.wait_until(never);
    ++first;
    co_await what.wait_until(never);
    ++second;
}

}  // namespace

TEST_CASE("joining waits for the last task") {
    watched_group group;
    event go_on;
    int ended = 0;
    group.tasks.spawn(wait_for(go_on, ended));
    group.tasks.spawn(wait_for(go_on, ended));
    settle(group.loop);
    CHECK(group.tasks.size() == 2);

    background joining(group.loop, group.tasks.join());
    settle(group.loop);
    CHECK_FALSE(joining.ended());
    go_on.notify_all();
    REQUIRE(run_until(group.loop, [&] { return joining.ended(); }));
    CHECK(ended == 2);
    CHECK(group.tasks.size() == 0);
}

TEST_CASE("two may join the same group, and an empty one is joined at once") {
    watched_group group;
    event go_on;
    int ended = 0;
    run(group.loop, group.tasks.join());
    group.tasks.spawn(wait_for(go_on, ended));
    background one(group.loop, group.tasks.join());
    background other(group.loop, group.tasks.join());
    settle(group.loop);
    go_on.notify_all();
    CHECK(run_until(group.loop, [&] { return one.ended() && other.ended(); }));
}

TEST_CASE("cancelling ends what runs, not what is spawned later, and is no failure") {
    watched_group group;
    event go_on;
    int first = 0;
    int second = 0;
    int ended = 0;
    group.tasks.spawn(wait_twice(go_on, first, second));
    settle(group.loop);
    group.tasks.cancel();
    group.tasks.spawn(wait_for(go_on, ended));
    settle(group.loop);
    CHECK(group.tasks.size() == 1);
    CHECK(first == 1);   // the wait under way ended without having been notified
    CHECK(second == 0);  // and the next one threw
    go_on.notify_all();
    run(group.loop, group.tasks.join());
    CHECK(ended == 1);
    CHECK(group.deaths.empty());
}

TEST_CASE("a task that is cancelled before it began does not begin to wait") {
    watched_group group;
    event go_on;
    int ended = 0;
    for (int i = 0; i != 100; ++i) group.tasks.spawn(wait_for(go_on, ended));
    group.tasks.cancel();
    run(group.loop, group.tasks.join());
    CHECK(group.tasks.size() == 0);
    CHECK(group.deaths.empty());
}

TEST_CASE("what a task dies of is told, but for cancellation") {
    watched_group group;
    group.tasks.spawn(die("one"));
    group.tasks.spawn(die_of_cancellation());
    group.tasks.spawn(die_of_a_number());
    run(group.loop, group.tasks.join());
    CHECK(group.deaths == std::vector<std::string>{"one", "unknown"});
}
