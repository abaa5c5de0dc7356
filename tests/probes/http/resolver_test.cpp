#include "probes/http/resolver.hpp"

#include "tests/probes/run_coroutine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <system_error>
#include <thread>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using answer = result<resolver::addresses, failure>;

namespace {

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

resolver::addresses parsed(std::initializer_list<const char*> texts) {
    resolver::addresses all;
    for (const char* text : texts) all.push_back(asio::ip::make_address(text));
    return all;
}

resolver::addresses addresses_of(asio::io_context& io, resolver& names, const std::string& host) {
    const answer got = run_coroutine(io, names.resolve(host, in(10s)));
    REQUIRE(got.has_value());
    return *got;
}

/// A look-up that waits until it is let go, and counts.
struct gate {
    std::counting_semaphore<1000> open{0};
    std::counting_semaphore<1000> arrived{0};
    std::atomic<int> calls{0};

    static resolver::look_up guarded_by(const std::shared_ptr<gate>& by) {
        return [by](const std::string&) -> answer {
            ++by->calls;
            by->arrived.release();
            by->open.acquire();
            return parsed({"192.0.2.1"});
        };
    }
};

resolver::look_up never() {
    return [](const std::string& host) -> answer {
        FAIL_CHECK("looked up ", host);
        return parsed({});
    };
}

/// Starts a look-up whose answer goes to `into`.
void start(asio::io_context& io, resolver& names, const std::string& host, std::chrono::milliseconds patience,
           std::vector<answer>& into) {
    asio::co_spawn(io, names.resolve(host, in(patience)), [&into](std::exception_ptr error, answer got) {
        CHECK(error == nullptr);
        into.push_back(std::move(got));
    });
}

}  // namespace

TEST_CASE("literal addresses and localhost cost no look-up") {
    asio::io_context io;
    resolver names(io.get_executor(), never());
    const auto ask = [&](const std::string& host) { return addresses_of(io, names, host); };
    CHECK(ask("192.0.2.7") == parsed({"192.0.2.7"}));
    CHECK(ask("::1") == parsed({"::1"}));
    CHECK(ask("2001:db8::7") == parsed({"2001:db8::7"}));
    CHECK(ask("localhost") == parsed({"127.0.0.1", "::1"}));
    CHECK(ask("models.localhost") == parsed({"127.0.0.1", "::1"}));
}

TEST_CASE("the system's look-up knows this machine, and why a name has no address") {
    const auto here = resolver::system_look_up("localhost");
    REQUIRE(here.has_value());
    REQUIRE_FALSE(here->empty());
    for (const auto& address : *here) CHECK(address.is_loopback());
    const auto nowhere = resolver::system_look_up("nosuch.invalid");
    REQUIRE(nowhere.has_error());
    CHECK(nowhere.error().at == stage::resolve);
    CHECK_FALSE(nowhere.error().detail.empty());
}

TEST_CASE("addresses come in the order of the look-up, and a failure as it was told") {
    asio::io_context io;
    resolver names(io.get_executor(), [](const std::string& host) -> answer {
        if (host == "good.test") return parsed({"2001:db8::1", "192.0.2.1"});
        return failure{.why = failure::reason::unknown_host, .at = stage::resolve, .detail = "no " + host};
    });
    CHECK(addresses_of(io, names, "good.test") == parsed({"2001:db8::1", "192.0.2.1"}));
    const answer bad = run_coroutine(io, names.resolve("bad.test", in(10s)));
    REQUIRE(bad.has_error());
    CHECK(bad.error().why == failure::reason::unknown_host);
    CHECK(bad.error().detail == "no bad.test");
}

TEST_CASE("callers that ask for one name at the same time share one look-up, later ones start another") {
    asio::io_context io;
    const auto by = std::make_shared<gate>();
    resolver names(io.get_executor(), gate::guarded_by(by));
    std::vector<answer> answers;
    for (int i = 0; i < 5; ++i) start(io, names, "shared.test", 20s, answers);
    asio::post(io, [&] {
        by->arrived.acquire();
        by->open.release();
    });
    io.run();
    CHECK(by->calls == 1);
    REQUIRE(answers.size() == 5);
    for (const answer& one : answers) CHECK(one.has_value());

    by->open.release();
    CHECK(run_coroutine(io, names.resolve("shared.test", in(20s))).has_value());
    CHECK(by->calls == 2);
}

TEST_CASE("who waits for a look-up that hangs leaves at his own deadline, and the others are served meanwhile") {
    asio::io_context io;
    const auto by = std::make_shared<gate>();
    const auto slow = gate::guarded_by(by);
    resolver names(io.get_executor(), [slow](const std::string& host) -> answer {
        if (host == "hangs.test") return slow(host);
        return parsed({"192.0.2.2"});
    });
    std::vector<answer> hanging;
    std::vector<answer> served;
    start(io, names, "hangs.test", 100ms, hanging);
    start(io, names, "hangs.test", 150ms, hanging);
    for (int i = 0; i < 20; ++i) start(io, names, "good" + std::to_string(i) + ".test", 20s, served);
    const auto before = std::chrono::steady_clock::now();
    io.run();
    CHECK(std::chrono::steady_clock::now() - before < 10s);
    CHECK(served.size() == 20);
    REQUIRE(hanging.size() == 2);
    for (const answer& one : hanging) {
        REQUIRE(one.has_error());
        CHECK(one.error().why == failure::reason::timed_out);
        CHECK(one.error().at == stage::resolve);
    }
    by->open.release();
}

TEST_CASE("no more look-ups run at once than there may be threads, and the rest get their turn") {
    asio::io_context io;
    const auto by = std::make_shared<gate>();
    resolver names(io.get_executor(), gate::guarded_by(by), 2);
    std::vector<answer> answers;
    for (int i = 0; i < 6; ++i) start(io, names, "name" + std::to_string(i) + ".test", 20s, answers);
    asio::post(io, [&] {
        by->arrived.acquire();
        by->arrived.acquire();
        CHECK_FALSE(by->arrived.try_acquire_for(20ms));
        by->open.release(6);
    });
    io.run();
    CHECK(by->calls == 6);
    REQUIRE(answers.size() == 6);
    for (const answer& one : answers) CHECK(one.has_value());
}

TEST_CASE("a wait that is called off says so") {
    asio::io_context io;
    const auto by = std::make_shared<gate>();
    resolver names(io.get_executor(), gate::guarded_by(by));
    asio::cancellation_signal signal;
    std::optional<answer> got;
    asio::co_spawn(io, names.resolve("hangs.test", in(20s)),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error, answer told) {
                       CHECK(error == nullptr);
                       got = std::move(told);
                   }));
    asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });
    io.run();
    REQUIRE(got.has_value());
    REQUIRE(got->has_error());
    CHECK(got->error().why == failure::reason::cancelled);
    by->open.release();
}

TEST_CASE("a resolver may go while a look-up is under way") {
    const auto by = std::make_shared<gate>();
    std::vector<answer> answers;
    {
        asio::io_context io;
        resolver names(io.get_executor(), gate::guarded_by(by), 1);
        start(io, names, "hangs.test", 30ms, answers);
        start(io, names, "queued.test", 30ms, answers);
        io.run();
        by->arrived.acquire();
    }
    by->open.release();
    CHECK(answers.size() == 2);
    CHECK(by->calls == 1);
    // The thread lets go of what it shares when it ends.
    const auto patience = in(10s);
    while (by.use_count() > 1 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    CHECK(by.use_count() == 1);
}

TEST_CASE("where no thread can be had, who asks is told so at once, and is served when there are threads again") {
    asio::io_context io;
    bool threads = false;
    const auto starter = [&threads](std::function<void()> work) {
        if (!threads) throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
        resolver::start_thread(std::move(work));
    };
    resolver names(io.get_executor(), [](const std::string&) -> answer { return parsed({"192.0.2.1"}); }, 2, starter);
    for (int i = 0; i < 2; ++i) {
        const answer got = run_coroutine(io, names.resolve("name.test", in(20s)));
        REQUIRE(got.has_error());
        CHECK(got.error().why == failure::reason::resolver);
        CHECK(got.error().at == stage::resolve);
        CHECK(got.error().detail == "Resource temporarily unavailable");
    }
    threads = true;
    CHECK(addresses_of(io, names, "name.test") == parsed({"192.0.2.1"}));
}

TEST_CASE("a name that gets no thread of its own waits for one of those that are there") {
    asio::io_context io;
    const auto by = std::make_shared<gate>();
    int started = 0;
    const auto only_one = [&started](std::function<void()> work) {
        if (started++ != 0) throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
        resolver::start_thread(std::move(work));
    };
    resolver names(io.get_executor(), gate::guarded_by(by), 8, only_one);
    std::vector<answer> answers;
    start(io, names, "a.test", 20s, answers);
    start(io, names, "b.test", 20s, answers);
    asio::post(io, [&] { by->open.release(2); });
    io.run();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].has_value());
    CHECK(answers[1].has_value());
    CHECK(started == 2);
}
