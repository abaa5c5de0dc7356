#include "daemon/state/config_store.hpp"

#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace opd;
using namespace opd::loop;
using namespace opd::state;
using namespace opd::test;

namespace {

constexpr std::string_view commented = R"(# my servers
[[model_servers]]
name = "lab"      # the box under the desk
kind = "ollama"

[queue]
depth = 3
)";

model_server ollama(std::string name) {
    model_server server;
    server.name = std::move(name);
    server.kind = find_kind("ollama");
    return server;
}

config_store::change adding(std::string name) {
    return [name](const config_snapshot& now) { return with_new_server(now.loaded.values, ollama(name)); };
}

/// A store on a file in a fresh folder, in a loop that the test runs.
struct stored {
    explicit stored(std::string_view text) : file(folder.write("config/operator.toml", text)) {
        auto read = read_config_file(file);
        auto loaded = parse_config(read->text, file.string());
        const config_store::places places{.file = file, .state_folder = folder.path() / "state"};
        store = std::make_unique<config_store>(
            loop.get_executor(), workers, places, first_snapshot(std::move(*read), std::move(*loaded)),
            [this](const config_snapshot& next) { adopted.push_back(next.generation); }, log.logger());
        store->start();
    }

    ~stored() {
        store->stop();
        run(loop, store->join());
    }

    stored(const stored&) = delete;
    stored& operator=(const stored&) = delete;

    changed<config_snapshot_ptr> write(config_store::change wanted) {
        return run(loop, store->write(std::move(wanted)));
    }

    std::string text() const {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::vector<std::string> backups() const {
        std::vector<std::string> kept;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path() / "state")) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            kept.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        }
        return kept;
    }

    temp_folder folder;
    std::filesystem::path file;
    boost::asio::io_context loop{1};
    worker_threads workers;
    recorded_log log;
    std::vector<std::uint64_t> adopted;
    std::unique_ptr<config_store> store;
};

}  // namespace

TEST_CASE("a write is in the file and in force when it returns, and nothing else has moved") {
    stored all(commented);
    const auto written = all.write(adding("new"));
    REQUIRE(written.has_value());
    CHECK((*written)->generation == 2);
    CHECK(all.store->current().loaded.values.model_servers.size() == 2);
    CHECK(all.adopted == std::vector<std::uint64_t>{2});
    CHECK(all.text() == R"(# my servers
[[model_servers]]
name = "lab"      # the box under the desk
kind = "ollama"

[[model_servers]]
name = "new"
kind = "ollama"

[queue]
depth = 3
)");
}

TEST_CASE("writes that come together are all made, each on top of the one before") {
    stored all(commented);
    std::vector<std::unique_ptr<background>> writes;
    std::size_t succeeded = 0;
    const auto write_one = [&all, &succeeded](std::string name) -> boost::asio::awaitable<void> {
        auto wanted = adding(name);
        const auto outcome = co_await all.store->write(std::move(wanted));
        succeeded += outcome.has_value() ? 1U : 0U;
    };
    for (int i = 0; i != 50; ++i)
        writes.push_back(std::make_unique<background>(all.loop, write_one(fmt::format("s{}", i / 2))));
    REQUIRE(run_until(all.loop, [&] { return std::ranges::all_of(writes, [](auto& one) { return one->ended(); }); }));
    CHECK(succeeded == 25);  // each name was asked for twice
    CHECK(all.store->current().loaded.values.model_servers.size() == 26);
    CHECK(all.adopted.size() <= 2);
}

TEST_CASE("a refused change leaves the file as it is") {
    stored all(commented);
    const auto refused = all.write(adding("lab"));
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == change_refusal::reason::conflict);
    CHECK(all.text() == commented);
    CHECK(all.adopted.empty());
    CHECK_FALSE(std::filesystem::exists(all.folder.path() / "state"));
}

TEST_CASE("a change that changes nothing writes nothing") {
    stored all(commented);
    const auto before = std::filesystem::last_write_time(all.file);
    const auto same = all.write(
        [](const config_snapshot& now) { return with_replaced_server(now.loaded.values, ollama("lab"), {}); });
    REQUIRE(same.has_value());
    CHECK((*same)->generation == 1);
    CHECK(std::filesystem::last_write_time(all.file) == before);
}

TEST_CASE("a write is made on top of what was edited by hand a moment ago") {
    stored all(commented);
    all.folder.write("config/operator.toml",
                     std::string(commented) + "# a note\n[[model_servers]]\nname = \"by-hand\"\nkind = \"ollama\"\n");
    REQUIRE(all.write(adding("new")).has_value());
    CHECK(all.store->current().loaded.values.model_servers.size() == 3);
    CHECK(all.text().find("# a note\n") != std::string::npos);
    CHECK(all.adopted == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("a hand edit is taken over when the store is told to look") {
    stored all(commented);
    all.folder.write("config/operator.toml", "[[model_servers]]\nname = \"other\"\nkind = \"ollama\"\n");
    all.store->reload();
    REQUIRE(run_until(all.loop, [&] { return !all.adopted.empty(); }));
    CHECK(all.store->current().loaded.values.model_servers.front().name == "other");
    CHECK(all.store->current().generation == 2);
}

TEST_CASE("looking at an unchanged file changes nothing") {
    stored all(commented);
    all.store->reload();
    CHECK(all.write(adding("lab")).has_error());  // comes after the look
    CHECK(all.adopted.empty());
    CHECK(all.store->current().generation == 1);
}

TEST_CASE("a broken file is not taken over, not overwritten, and said to be broken until it is repaired") {
    stored all(commented);
    const std::string broken = "[[model_servers]]\nname = \"lab\"\nkind = \"olama\"\n";
    all.folder.write("config/operator.toml", broken);
    const auto refused = all.write(adding("new"));
    const std::string complaint =
        fmt::format("{}:3:8: unknown kind \"olama\"; did you mean \"ollama\"?", all.file.string());
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == change_refusal::reason::conflict);
    CHECK(refused.error().message == "the configuration file is broken, and was left alone: " + complaint);
    CHECK(all.store->error() == complaint);
    CHECK(all.text() == broken);
    CHECK(all.store->current().loaded.values.model_servers.front().kind->slug == "ollama");
    CHECK(all.adopted.empty());
    all.store->reload();
    CHECK(all.write(adding("new")).has_error());
    CHECK(all.log.lines().size() == 1);  // once for the same fault
    all.folder.write("config/operator.toml", commented);
    all.store->reload();
    REQUIRE(run_until(all.loop, [&] { return all.store->error().empty(); }));
    CHECK(all.write(adding("new")).has_value());
}

TEST_CASE("a file that is removed leaves the defaults") {
    stored all(commented);
    std::filesystem::remove(all.file);
    all.store->reload();
    REQUIRE(run_until(all.loop, [&] { return !all.adopted.empty(); }));
    CHECK(all.store->current().loaded.values.model_servers.empty());
    REQUIRE(all.write(adding("first")).has_value());
    CHECK(all.text() == "[[model_servers]]\nname = \"first\"\nkind = \"ollama\"\n");
}

TEST_CASE("a file that cannot be written is a refusal, and the old state stays") {
    stored all(commented);
    REQUIRE(::chmod(all.file.c_str(), 0444) == 0);
    const auto refused = all.write(adding("new"));
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == change_refusal::reason::cannot_write);
    CHECK(refused.error().message.find(all.file.string()) != std::string::npos);
    CHECK(all.text() == commented);
    CHECK(all.store->current().generation == 1);
    REQUIRE(::chmod(all.file.c_str(), 0644) == 0);
    CHECK(all.write(adding("new")).has_value());
}

TEST_CASE("the last version before the first write of a day is kept") {
    stored all(commented);
    REQUIRE(all.write(adding("one")).has_value());
    REQUIRE(all.write(adding("two")).has_value());
    CHECK(all.backups() == std::vector<std::string>{std::string(commented)});
}

TEST_CASE("a backup that could not be made is tried again at the next write, and the log says so once") {
    stored all(commented);
    const std::filesystem::path in_the_way = all.folder.write("state", "");
    REQUIRE(all.write(adding("one")).has_value());
    REQUIRE(all.write(adding("two")).has_value());
    REQUIRE(all.log.lines().size() == 1);
    CHECK(all.log.lines()[0].starts_with("warning no backup of the configuration was made: "));
    const std::string before = all.text();
    std::filesystem::remove(in_the_way);
    REQUIRE(all.write(adding("three")).has_value());
    REQUIRE(all.write(adding("four")).has_value());
    CHECK(all.backups() == std::vector{before});
    CHECK(all.log.lines().size() == 1);
}

TEST_CASE("what is refused anyway is refused for its own reason, even beside a write that fails") {
    stored all(commented);
    REQUIRE(::chmod(all.file.c_str(), 0444) == 0);
    using reason = change_refusal::reason;
    std::vector<reason> outcomes;
    const auto ask = [&](config_store::change wanted) -> boost::asio::awaitable<void> {
        const auto outcome = co_await all.store->write(std::move(wanted));
        outcomes.push_back(outcome ? reason::shutting_down : outcome.error().why);
    };
    const auto remove_nobody = [](const config_snapshot& now) {
        return without_server(now.loaded.values, "nobody", false);
    };
    const background first(all.loop, ask(adding("new")));
    const background second(all.loop, ask(remove_nobody));
    const background third(all.loop, ask(adding("new")));  // a conflict only with the first, which is not made
    REQUIRE(run_until(all.loop, [&] { return first.ended() && second.ended() && third.ended(); }));
    std::ranges::sort(outcomes);
    CHECK(outcomes == std::vector{reason::not_found, reason::cannot_write, reason::cannot_write});
    CHECK(all.text() == commented);
}

TEST_CASE("an exception in a change is a bug that costs only that change") {
    stored all(commented);
    const auto outcome = all.write([](const config_snapshot&) -> changed<config> { throw std::logic_error("a bug"); });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().why == change_refusal::reason::cannot_write);
    CHECK(all.write(adding("new")).has_value());
}

TEST_CASE("when the store stops, what was asked before is written, and what comes after is refused") {
    stored all(commented);
    bool written = false;
    const auto write_one = [&]() -> boost::asio::awaitable<void> {
        auto wanted = adding("last");
        const auto outcome = co_await all.store->write(std::move(wanted));
        written = outcome.has_value();
    };
    const background before(all.loop, write_one());
    settle(all.loop);
    all.store->stop();
    run(all.loop, all.store->join());
    REQUIRE(run_until(all.loop, [&] { return before.ended(); }));
    CHECK(written);
    const auto refused = all.write(adding("later"));
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == change_refusal::reason::shutting_down);
}
