// Many writers at once, by REST and by hand.

#include "tests/e2e/rest.hpp"
#include "tests/support/toml_lines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd::test;
namespace json = boost::json;

namespace {

/// Runs the work in so many threads at once, each told its number.
void at_once(std::size_t threads, const std::function<void(std::size_t)>& work) {
    std::vector<std::thread> running;
    for (std::size_t number = 0; number != threads; ++number)
        running.emplace_back([&work, number] {
            try {
                work(number);
            } catch (const std::exception& error) {
                FAIL_CHECK(error.what());
            }
        });
    for (std::thread& thread : running) thread.join();
}

json::object named(std::string_view name) {
    json::object made = simple_server(name);
    made["extra_env"] = {{"A", name}};
    return made;
}

constexpr int edits_by_hand = 100;
constexpr std::size_t writes_of_each = 25;

/// A new server; while somebody else writes all the time, which the daemon must say, it is tried again.
void create_in_the_end(rest_client& client, const std::string& name) {
    rest_answer answer = client.post("/model-servers", named(name));
    while (answer.status() == 500 && answer.message().find("another program") != std::string::npos)
        answer = client.post("/model-servers", named(name));
    CHECK_MESSAGE(answer.status() == 201, answer.http.body);
}

constexpr std::size_t writers_at_once = 4;

/// How often was written by REST, for the editor by hand: it saves once between two of these.
class write_counter {
public:
    void add() {
        ++done_;
        done_.notify_one();
    }

    void wait_for_next() const {
        const std::size_t seen = done_;
        if (seen != writers_at_once * writes_of_each) done_.wait(seen);
    }

private:
    std::atomic<std::size_t> done_ = 0;
};

bool has_line(const std::string& text, const std::string& line) {
    const auto lines = lines_of(text);
    return std::ranges::find(lines, line) != lines.end();
}

}  // namespace

TEST_CASE("of fifty writes at once none is lost") {
    const running_daemon daemon("# mine\n[git]\nsign = true\n");
    std::vector<unsigned> statuses(50);
    at_once(statuses.size(), [&](std::size_t number) {
        rest_client client(number % 2 == 0 ? daemon.tcp() : daemon.local());
        statuses[number] = client.post("/model-servers", named(fmt::format("s{}", number))).status();
    });
    CHECK(std::ranges::count(statuses, 201U) == 50);
    rest_client client(daemon.local());
    CHECK(client.get("/model-servers").json.at("total") == 53);
    at_once(statuses.size(), [&](std::size_t number) {
        rest_client own(daemon.tcp());
        const std::string path = server_path(fmt::format("s{}", number));
        statuses[number] = number % 2 == 0 ? own.remove(path).status() : own.put(path, named("again")).status();
    });
    CHECK(std::ranges::count(statuses, 200U) == 50);
    CHECK(client.get("/model-servers").json.at("total") == 28);
    const std::string text = read_file(daemon.config_file());
    CHECK(text.starts_with("# mine\n[git]\nsign = true\n"));
    CHECK(count_elements(lines_of(text), "model_servers") == 25);
    CHECK(check_config(daemon.config_file()) == 0);
}

TEST_CASE("of fifty that want the same name one gets it, and the others are told") {
    const running_daemon daemon("");
    std::vector<rest_answer> answers(50);
    at_once(answers.size(), [&](std::size_t number) {
        rest_client client(daemon.tcp());
        json::object wanted = simple_server("s");
        wanted["display_name"] = std::to_string(number);
        answers[number] = client.post("/model-servers", wanted);
    });
    rest_client client(daemon.tcp());
    const json::value winner = client.get("/model-servers/s").json.at("display_name");
    for (std::size_t number = 0; number != answers.size(); ++number) {
        CAPTURE(answers[number].http.body);
        const bool won = winner == json::value(std::to_string(number));
        CHECK(answers[number].status() == (won ? 201 : 409));
        if (!won) CHECK(answers[number].error() == "conflict");
    }
}

TEST_CASE("of fifty that change what they have read one succeeds") {
    const running_daemon daemon("");
    rest_client first(daemon.tcp());
    CHECK(first.post("/model-servers", simple_server("s")).status() == 201);
    const std::string tag = first.get("/model-servers/s").http.header("ETag").value_or("");
    std::vector<unsigned> statuses(50);
    at_once(statuses.size(), [&](std::size_t number) {
        rest_client client(daemon.tcp());
        json::object wanted = simple_server("s");
        wanted["display_name"] = std::to_string(number);
        statuses[number] = client.put("/model-servers/s", wanted, {{"If-Match", tag}}).status();
    });
    CHECK(std::ranges::count(statuses, 200U) == 1);
    CHECK(std::ranges::count(statuses, 412U) == 49);
}

TEST_CASE("lines that somebody appends while others write by REST stay") {
    const running_daemon daemon("# mine\n");
    const auto& file = daemon.config_file();
    write_counter written;
    std::thread editor([&] {
        for (int number = 0; number != edits_by_hand; ++number) {
            append_to(file, fmt::format("# appended {}\n", number));
            written.wait_for_next();
        }
    });
    at_once(writers_at_once, [&](std::size_t writer) {
        rest_client client(daemon.local());
        for (std::size_t i = 0; i != writes_of_each; ++i) {
            create_in_the_end(client, fmt::format("s{}-{}", writer, i));
            written.add();
        }
    });
    editor.join();
    const std::string text = read_file(file);
    for (int number = 0; number != edits_by_hand; ++number) {
        CAPTURE(number);
        CHECK(has_line(text, fmt::format("# appended {}\n", number)));
    }
    CHECK(count_elements(lines_of(text), "model_servers") == writers_at_once * writes_of_each);
    CHECK(text.starts_with("# mine\n"));
    rest_client client(daemon.local());
    CHECK(client.get("/model-servers").json.at("total") == writers_at_once * writes_of_each + 3);
}

TEST_CASE("what an editor renames over the file while others write by REST stays") {
    const running_daemon daemon("# mine\n");
    const auto& file = daemon.config_file();
    std::vector<std::string> lost;
    // The editor may undo what was written by REST since it has read the file, but nobody may undo what it does.
    write_counter written;
    std::thread editor([&] {
        std::string last;
        for (int number = 0; number != edits_by_hand; ++number) {
            const std::string text = read_file(file);
            if (!last.empty() && !has_line(text, last)) lost.push_back(last);
            last = fmt::format("# edited {}\n", number);
            rename_over(file, text + last);
            written.wait_for_next();
        }
    });
    at_once(writers_at_once, [&](std::size_t writer) {
        rest_client client(daemon.local());
        for (std::size_t i = 0; i != writes_of_each; ++i) {
            create_in_the_end(client, fmt::format("s{}-{}", writer, i));
            written.add();
        }
    });
    editor.join();
    CHECK(lost == std::vector<std::string>());
    CHECK(check_config(file) == 0);
}
