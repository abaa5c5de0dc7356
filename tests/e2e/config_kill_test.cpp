// SIGKILL at random moments under concurrent writers. OPD_KILL_ROUNDS says how often; the default is as often as a few
// seconds allow.

#include "tests/e2e/config_model.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/standstill.hpp"
#include "tests/support/toml_lines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::size_t writers_at_once = 4;
constexpr std::size_t names_of_each = 3;
constexpr std::size_t fewest_rounds = 3;
constexpr std::chrono::seconds usual_time{5};
constexpr std::size_t most_writes_of_a_round = 12;

/// Tells whether there is to be another round.
class round_counter {
public:
    round_counter() {
        const char* text = std::getenv("OPD_KILL_ROUNDS");
        if (text != nullptr) std::from_chars(text, text + std::strlen(text), wanted_);
    }

    bool next() {
        const bool time_is_left = std::chrono::steady_clock::now() - begin_ < usual_time;
        if (wanted_ == 0 ? !time_is_left && done_ >= fewest_rounds : done_ >= wanted_) return false;
        ++done_;
        return true;
    }

    std::size_t done() const { return done_; }

private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::size_t wanted_ = 0;
    std::size_t done_ = 0;
};

/// A server as a writer wants it, or nullopt: it is to be deleted.
using wish = std::optional<json::object>;

/// A client that creates, replaces and deletes servers of its own, until the daemon is gone.
class writer {
public:
    explicit writer(std::size_t number) : number_(number), random_(static_cast<unsigned>(number)) {}

    void write_to(http_client connection, std::atomic<std::size_t>& acknowledged) {
        rest_client client(std::move(connection));
        in_flight_.reset();
        try {
            for (;;) {
                const std::string name = fmt::format("writer {} server {}", number_, random_() % names_of_each);
                wish wanted = next(name);
                in_flight_.emplace(name, wanted);
                const rest_answer answer = send(client, name, wanted);
                if (answer.status() != 200 && answer.status() != 201) {
                    refusal_ = answer.http.body;
                    return;
                }
                acknowledged_[name] = std::move(wanted);
                in_flight_.reset();
                ++acknowledged;
            }
        } catch (const std::exception&) {
            // Killed. What was under way may have been done or not.
        }
    }

    /// What is wrong with the servers that are there now; empty: nothing. Takes the outcome of the request that was
    /// under way as the new state.
    std::string check(const std::map<std::string, json::object>& servers) {
        if (!refusal_.empty()) return "refused: " + refusal_;
        for (auto& [name, expected] : acknowledged_) {
            const auto found = servers.find(name);
            const wish there = found == servers.end() ? wish() : wish(found->second);
            if (there == expected) continue;
            if (!in_flight_ || in_flight_->first != name || there != in_flight_->second)
                return fmt::format("{}: acknowledged {}, found {}", name, shown(expected), shown(there));
            expected = there;
        }
        if (in_flight_ && !acknowledged_.contains(in_flight_->first) && servers.contains(in_flight_->first)) {
            acknowledged_[in_flight_->first] = servers.at(in_flight_->first);
            if (acknowledged_[in_flight_->first] != in_flight_->second) return in_flight_->first + " is half done";
        }
        return {};
    }

private:
    static std::string shown(const wish& server) { return server ? json::serialize(*server) : "nothing"; }

    bool exists(const std::string& name) const {
        const auto found = acknowledged_.find(name);
        return found != acknowledged_.end() && found->second.has_value();
    }

    wish next(const std::string& name) {
        if (exists(name) && random_() % 3 == 0) return std::nullopt;
        json::object made = simple_server(name);
        made["api_key_env"] = nullptr;
        made["extra_env"] = {{"REVISION", std::to_string(++revision_)}};
        made["display_name"] = std::string(1 + random_() % 2000, 'x');
        add_defaults(made);
        return made;
    }

    rest_answer send(rest_client& client, const std::string& name, const wish& wanted) const {
        if (!wanted) return client.remove(server_path(name));
        if (exists(name)) return client.put(server_path(name), without_name(*wanted));
        return client.post("/model-servers", *wanted);
    }

    std::size_t number_;
    std::minstd_rand random_;
    std::size_t revision_ = 0;
    std::map<std::string, wish> acknowledged_;
    std::optional<std::pair<std::string, wish>> in_flight_;
    std::string refusal_;
};

std::map<std::string, json::object> declared_servers(const running_daemon& daemon) {
    rest_client client(daemon.local());
    std::map<std::string, json::object> found;
    const json::value list = client.get("/model-servers").json;
    for (const json::value& one : list.at("servers").as_array()) {
        json::object server = one.as_object();
        if (server.at("user_declared") == false) continue;
        server.erase("user_declared");
        server.erase("probe");
        found.emplace(std::string(server.at("name").as_string()), std::move(server));
    }
    return found;
}

/// Whether all lines are there, in their order, whatever stands between them.
std::string lost_line(const std::vector<std::string>& lines, const std::string& text) {
    const auto now = lines_of(text);
    auto at = now.begin();
    for (const std::string& line : lines) {
        at = std::find(at, now.end(), line);
        if (at == now.end()) return line;
        ++at;
    }
    return {};
}

std::size_t files_beside(const std::filesystem::path& file) {
    const std::filesystem::directory_iterator entries(file.parent_path());
    return static_cast<std::size_t>(
        std::count_if(begin(entries), end(entries), [](const auto& entry) { return entry.is_regular_file(); }));
}

}  // namespace

TEST_CASE("a daemon that is killed while many write loses nothing that it has acknowledged") {
    const std::string original = read_file(OPD_TEST_DATA "/config/hostile.toml");
    const auto original_lines = lines_of(original);
    running_daemon daemon(original, {}, {"--listen", "none"});
    std::vector<writer> writers;
    for (std::size_t i = 0; i != writers_at_once; ++i) writers.emplace_back(i);
    std::minstd_rand random(7);
    std::size_t writes = 0;
    round_counter rounds;
    while (rounds.next()) {
        CAPTURE(rounds.done());
        std::atomic<std::size_t> acknowledged = 0;
        std::vector<std::thread> threads;
        for (writer& one : writers)
            threads.emplace_back([&, connection = std::make_shared<http_client>(daemon.local())]() mutable {
                one.write_to(std::move(*connection), acknowledged);
            });
        // A random moment: after some writes, and some of the steps of the next ones.
        const std::size_t enough = random() % most_writes_of_a_round;
        const std::size_t more = random() % 80;
        comes_true([&] { return acknowledged >= enough; });
        CHECK(folder_events(daemon.config_file().parent_path()).wait(more));
        daemon.program().send_signal(SIGKILL);
        REQUIRE(daemon.program().wait_for_exit() == 128 + SIGKILL);
        for (std::thread& thread : threads) thread.join();
        writes += acknowledged;

        const std::string text = read_file(daemon.config_file());
        REQUIRE(lost_line(original_lines, text) == "");
        CHECK(files_beside(daemon.config_file()) <= 2);
        REQUIRE_NOTHROW(daemon.start());
        const auto servers = declared_servers(daemon);
        CHECK(servers.size() >= 5);
        for (writer& one : writers) REQUIRE(one.check(servers) == "");
    }
    rest_client client(daemon.local());
    CHECK(client.post("/model-servers", simple_server("the last")).status() == 201);
    CHECK(files_beside(daemon.config_file()) == 1);
    CHECK(check_config(daemon.config_file()) == 0);
    MESSAGE(fmt::format("{} kills, {} acknowledged writes", rounds.done(), writes));
    CHECK(writes > 0);
}
