// What clients can do to have nothing left for others: many of them, slow ones, large requests, and none that are taken
// back.

#include "tests/e2e/attacks/asking.hpp"
#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/crowd.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/other_user.hpp"
#include "tests/support/without_privileges.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

#include <sys/resource.h>

namespace opd::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::string_view half_a_head = "GET /api/v1/health HTTP/1.1\r\nHo";

std::string head(arena& where, std::string_view method, std::string_view target, std::string_view lines = {}) {
    return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", method, target, where.port(), lines);
}

std::string post(arena& where, std::string_view lines) {
    return head(where, "POST", "/api/v1/launch/resolve", fmt::format("Content-Type: application/json\r\n{}", lines));
}

bool is_accepted(unsigned status) {
    return status != 0 && status != 400 && status != 413 && status != 414 && status != 431;
}

/// Whether an honest client of the user's is served. On a busy machine that can take a while; where clients are served
/// one after the other, it never is.
bool is_served(const arena& where, std::uint16_t port) {
    try {
        auto honest = http_client::over_tcp("127.0.0.1", port);
        honest.be_patient_for(std::chrono::milliseconds(where.is_stub() ? 300 : 5000));
        return honest.get("/api/v1/health").status == 200;
    } catch (const std::runtime_error&) {
        return false;
    }
}

/// More connections are held than this, after a moment in which others can be closed.
bool holds_more_than(const crowd& many, std::size_t limit) {
    return !comes_true([&] { return many.count_open() <= limit; }, std::chrono::milliseconds(400));
}

bool user_holds_too_many(arena& where, std::string_view begin) {
    const crowd many(where.port(), 400, begin);
    is_served(where, where.port());
    return holds_more_than(many, 300);
}

bool others_hold_many(arena& where) {
    if (!can_be_another_user()) throw skipped{"only root can be another user"};
    const std::uint16_t port = where.port();
    std::unique_ptr<crowd> many;
    {
        const without_privileges as_nobody;
        many = std::make_unique<crowd>(port, 400, half_a_head);
    }
    is_served(where, port);
    return holds_more_than(*many, 64);
}

bool user_is_kept_out(arena& where, std::string_view begin) {
    const crowd slow(where.port(), 300, begin);
    return !is_served(where, where.port());
}

/// The daemon has none left: an honest client must still be served, at the cost of one that says nothing.
bool descriptors_run_out(arena& where) {
    constexpr rlimit few{.rlim_cur = 48, .rlim_max = 4096};
    running_daemon daemon = where.own_daemon("");
    if (::prlimit(daemon.program().pid(), RLIMIT_NOFILE, &few, nullptr) != 0)
        throw skipped{"the limits of a running program cannot be set here"};
    const crowd idle(daemon.port(), 100, half_a_head);
    const bool served = is_served(where, daemon.port());
    if (!served && where.which() == side::real)
        throw std::runtime_error("nobody is served: " + daemon.program().standard_error());
    return !served;
}

constexpr std::array<attack, 15> resources_table{{
    {"a program of the user's holds more connections than its share",
     [](arena& where) { return user_holds_too_many(where, half_a_head); }},
    {"one does that says nothing at all", [](arena& where) { return user_holds_too_many(where, ""); }},
    {"another user holds connections that he may not have", others_hold_many},
    {"three hundred slow requests keep an honest client out",
     [](arena& where) { return user_is_kept_out(where, half_a_head); }, weakness::slow_stub},
    {"three hundred slow bodies keep an honest client out",
     [](arena& where) { return user_is_kept_out(where, post(where, "Content-Length: 100\r\n") + "{"); },
     weakness::slow_stub},
    {"three hundred clients that do not read their answers keep an honest one out",
     [](arena& where) {
         std::string many;
         for (int i = 0; i != 500; ++i) many += head(where, "GET", "/api/v1/model-servers/kinds");
         return user_is_kept_out(where, many);
     },
     weakness::slow_stub},
    {"requests are sent ahead, without end",
     [](arena& where) {
         std::string many;
         while (many.size() < 16 * mib) many += head(where, "GET", "/api/v1/model-servers/kinds");
         return bytes_taken(where.port(), many) == many.size();
     },
     weakness::greedy_stub},
    {"headers of a megabyte",
     [](arena& where) {
         return is_accepted(
             status_of(where, head(where, "GET", "/api/v1/health", "X-A: " + std::string(mib, 'a') + "\r\n")));
     }},
    {"ten thousand headers",
     [](arena& where) {
         std::string lines;
         for (int i = 0; i != 10'000; ++i) lines += fmt::format("X-{}: a\r\n", i);
         return is_accepted(status_of(where, head(where, "GET", "/api/v1/health", lines)));
     }},
    {"a target of a megabyte",
     [](arena& where) {
         return is_accepted(status_of(where, head(where, "GET", "/api/v1/health?a=" + std::string(mib, 'a'))));
     }},
    {"a body of a gigabyte is waited for",
     [](arena& where) {
         auto client = http_client::over_tcp("127.0.0.1", where.port());
         client.send(post(where, "Content-Length: 1073741824\r\nExpect: 100-continue\r\n"));
         client.finish_sending();
         return client.read_to_end().starts_with("HTTP/1.1 100");
     }},
    {"chunks without end",
     [](arena& where) {
         std::string body;
         while (body.size() < 3 * mib / 2) body += "1000\r\n" + std::string(4096, ' ') + "\r\n";
         return status_of(where, post(where, "Transfer-Encoding: chunked\r\n") + body) != 413;
     }},
    {"a chunk with an extension of a megabyte",
     [](arena& where) {
         return is_accepted(status_of(where, post(where, "Transfer-Encoding: chunked\r\n") +
                                                 "2;a=" + std::string(mib, 'b') + "\r\n{}\r\n0\r\n\r\n"));
     },
     weakness::naive_stub},
    {"brackets within brackets, as deep as a reader's stack",
     [](arena& where) {
         const std::string body(mib - 1, '[');
         return is_accepted(status_of(where, post(where, fmt::format("Content-Length: {}\r\n", body.size())) + body)) ||
                !is_served(where, where.port());
     },
     weakness::naive_stub},
    {"descriptors run out", descriptors_run_out},
}};

}  // namespace

std::span<const attack> attacks_on_resources() { return resources_table; }

}  // namespace opd::test
