// However much servers have to say, the event loop turns: nobody holds it for more than 50 ms. Under the sanitizers,
// where everything takes several times as long, turns are counted in the place of time.
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/loop_ticker.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::size_t step = std::size_t{64} << 10;
constexpr std::size_t list_size = time_counts ? (std::size_t{8} << 20) - 100 : std::size_t{1} << 20;

/// Every server answers everything with the same body, in parts that come one in each turn of the loop.
class one_answer final : public http_transport {
public:
    explicit one_answer(std::string body) : body_(std::move(body)) {}

    std::unique_ptr<http_connection> open(http_peer, http_patience) override {
        return std::make_unique<connection>(body_);
    }

private:
    class connection final : public http_connection {
    public:
        explicit connection(std::string_view body) : body_(body) {}

        asio::awaitable<result<http_head, failure>> open_answer(const http_request&) override {
            left_ = body_;
            co_return http_head{.status = 200};
        }

        asio::awaitable<result<std::size_t, failure>> read_some(std::span<char> into) override {
            const std::size_t part = left_.copy(into.data(), into.size());
            left_.remove_prefix(part);
            const auto executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
            co_return part;
        }

    private:
        std::string_view body_;
        std::string_view left_;
    };

    std::string body_;
};

std::string random_key(std::size_t size) {
    std::mt19937_64 random(20261130);
    std::string key;
    while (key.size() != size) key += static_cast<char>('!' + random() % 94);
    return key;
}

std::string list_of(std::string_view entries) { return "{\"data\":[" + std::string(entries) + "1]}"; }

/// Entries made by `entry(number)`, as many as an answer may hold.
template <class Entry>
std::string long_list(Entry&& entry) {
    std::string entries;
    for (std::size_t number = 0; entries.size() < list_size - 1024; ++number) entries += entry(number);
    return list_of(entries);
}

std::string as_json(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

probe_order order_for(model_server server, const std::string& key) {
    probe_order order;
    order.server = std::move(server);
    order.root = *resolve_base_url(*order.server.kind, order.server.probe_base_url());
    if (!key.empty()) order.key = secret(key);
    order.timeout = 60s;
    return order;
}

struct outcome {
    std::vector<report> reports;
    std::chrono::nanoseconds longest_wait{};
    std::size_t turns = 0;
};

/// All of them at the same time.
outcome probe_all(asio::io_context& io, http_transport& transport, std::vector<probe_order> orders) {
    outcome all;
    loop_ticker ticker(io.get_executor());
    io.poll_one();  // the time until here is not the loop's
    const std::size_t wanted = orders.size();
    for (probe_order& order : orders) {
        asio::co_spawn(io, probe(transport, std::move(order)), [&](const std::exception_ptr& error, report got) {
            CHECK(error == nullptr);
            all.reports.push_back(std::move(got));
            if (all.reports.size() == wanted) ticker.stop();
        });
    }
    orders.clear();
    io.run();
    all.longest_wait = ticker.longest_wait();
    all.turns = ticker.turns();
    return all;
}

void check_turns(const outcome& all, std::size_t bytes) {
    CHECK(all.turns >= bytes / step);
    if (time_counts) CHECK(all.longest_wait < 50ms);
    MESSAGE("longest wait ", all.longest_wait.count() / 1000, " us, ", all.turns, " turns");
}

}  // namespace

TEST_CASE("a list full of pieces of a long key holds nobody up, and shows nothing of it") {
    for (const std::size_t size : {std::size_t{1000}, std::size_t{16} << 10}) {
        CAPTURE(size);
        const std::string key = random_key(size);
        const std::string body = long_list([&key](std::size_t number) {
            const std::string_view part = std::string_view(key).substr(number * 7 % (key.size() - 300), 200);
            return R"({"id":")" + std::to_string(number) + as_json(part) + R"("},)";
        });
        asio::io_context io;
        one_answer transport(body);
        const outcome all =
            probe_all(io, transport, {order_for(declared_with_key("openai-compat", "http://localhost:1/v1"), key)});
        REQUIRE(all.reports.size() == 1);
        CHECK(all.reports[0].status == probe_status::ok);
        CHECK(all.reports[0].models.size() > 1000);
        for (std::size_t at = 0; at < all.reports[0].models.size(); at += 100)
            CHECK(all.reports[0].models[at].id.find("***") != std::string::npos);
        check_turns(all, 2 * body.size());
    }
}

TEST_CASE("a text that a key's mask makes anew is given up soon") {
    const std::string key = "***aaaaa";
    const std::string body = long_list([](std::size_t number) {
        return R"({"id":")" + std::to_string(number) + "***" + std::string(450, 'a') + R"("},)";
    });
    asio::io_context io;
    one_answer transport(body);
    const outcome all =
        probe_all(io, transport, {order_for(declared_with_key("openai-compat", "http://localhost:1/v1"), key)});
    REQUIRE(all.reports.size() == 1);
    CHECK(all.reports[0].models.size() == 1);
    check_turns(all, body.size());
}

TEST_CASE("20 lists at the limits at the same time hold nobody up") {
    const std::vector<std::string> bodies{
        long_list([](std::size_t number) { return R"({"id":")" + std::to_string(number) + R"("},)"; }),
        long_list([](std::size_t) { return std::string("{},"); }),
        long_list([](std::size_t) { return std::string("1e999,"); }),
        long_list([](std::size_t) { return std::string(R"("\ud800",)"); }),
        list_of("[" + std::string(list_size, ' ') + "],"),
        R"({"x":[)" + std::string(list_size / 2, '1') + "]}",
        std::string(list_size, '['),
        long_list([](std::size_t) { return std::string(R"({"id":"a"},)"); }).substr(0, list_size - 2000),
    };
    for (const std::string& body : bodies) {
        CAPTURE(body.substr(0, 40));
        asio::io_context io;
        one_answer transport(body);
        std::vector<probe_order> orders;
        for (int i = 0; i != (time_counts ? 20 : 3); ++i)
            orders.push_back(order_for(declared("google-api", "http://localhost:1"), ""));
        const outcome all = probe_all(io, transport, std::move(orders));
        check_turns(all, 0);
        CHECK(all.turns >= all.reports.size());
    }
}

TEST_CASE("200 probes with a ca_file hold nobody up") {
    const temp_folder folder;
    const test_authority authority;
    model_server_sim server({.tls = authority.issue({.ip_addresses = {"127.0.0.1"}})});
    server.answer("/v1/models", json_answer(200, std::string(two_models)));
    asio::io_context io;
    resolver names(io.get_executor());
    const auto transport = make_beast_transport(io.get_executor(), names);
    std::vector<probe_order> orders;
    for (int i = 0; i != (time_counts ? 200 : 40); ++i) {
        model_server one = declared("openai-compat", server.base_url() + "/v1");
        // One file for each ten servers.
        one.ca_file = folder.write(std::to_string(i / 10) + ".pem", authority.certificate_pem()).string();
        orders.push_back(order_for(std::move(one), ""));
    }
    const outcome all = probe_all(io, *transport, std::move(orders));
    for (const report& one : all.reports) CHECK(one.status == probe_status::ok);
    check_turns(all, 0);
}
