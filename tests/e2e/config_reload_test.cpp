// The file is changed behind the daemon's back.

#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds patience{5};  // a second is the promise; sanitizers and a busy machine take their share

std::string block(std::string_view name, std::string_view base_url = "http://127.0.0.1:1") {
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", name,
                       base_url);
}

/// Names of the declared servers.
std::string names(rest_client& client) {
    std::string found;
    const json::value list = client.get("/model-servers").json;
    for (const json::value& one : list.at("servers").as_array())
        if (one.at("user_declared") == true)
            found += (found.empty() ? "" : " ") + std::string(one.at("name").as_string());
    return found;
}

bool soon(rest_client& client, std::string_view expected) {
    return comes_true([&] { return names(client) == expected; }, patience);
}

bool soon_broken(rest_client& client, std::string_view place) {
    return comes_true(
        [&] {
            const json::value health = client.get("/health").json;
            const json::value& error = health.at("config").at("error");
            return health.at("status") == "degraded" && error.is_string() &&
                   std::string_view(error.as_string()).find(place) != std::string_view::npos;
        },
        patience);
}

bool soon_sound(rest_client& client) {
    return comes_true(
        [&] {
            const json::value health = client.get("/health").json;
            return health.at("status") == "ok" && health.at("config").at("error").is_null();
        },
        patience);
}

}  // namespace

TEST_CASE("whatever way an editor saves, the daemon sees it") {
    const running_daemon daemon(block("a"));
    const auto& file = daemon.config_file();
    rest_client client(daemon.tcp());
    CHECK(names(client) == "a");
    rename_over(file, block("b"));
    CHECK(soon(client, "b"));
    write_in_place(file, block("c"));
    CHECK(soon(client, "c"));
    append_to(file, block("d"));
    CHECK(soon(client, "c d"));
    // Vim: the old file becomes the backup, a new one is written, the backup is removed.
    std::filesystem::rename(file, file.string() + "~");
    rename_over(file, block("e"));
    std::filesystem::remove(file.string() + "~");
    CHECK(soon(client, "e"));
    std::filesystem::remove(file);
    CHECK(soon(client, ""));
    CHECK(soon_sound(client));
    rename_over(file, block("f"));
    CHECK(soon(client, "f"));
    // After each change it must look again.
    for (int i = 0; i != 20; ++i) {
        rename_over(file, block(fmt::format("g{}", i)));
        REQUIRE(soon(client, fmt::format("g{}", i)));
    }
}

TEST_CASE("a hand edit is in force within a second") {
    const running_daemon daemon(block("a"));
    rest_client client(daemon.tcp());
    std::vector<std::chrono::milliseconds> delays;
    for (int i = 0; i != 21; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        rename_over(daemon.config_file(), block(fmt::format("b{}", i)));
        REQUIRE(soon(client, fmt::format("b{}", i)));
        delays.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
    }
    std::ranges::sort(delays);
    MESSAGE(fmt::format("seen after {} ms (median), {} ms at most", delays[delays.size() / 2].count(),
                        delays.back().count()));
    CHECK(delays[delays.size() / 2] < std::chrono::seconds(1));
}

TEST_CASE("a folder that is made later is noticed, too") {
    const temp_folder home;
    const auto file = home.path() / "one" / "two" / "operator.toml";
    const auto daemon = running_daemon::on_file(file);
    rest_client client(daemon.local());
    std::filesystem::create_directories(file.parent_path());
    rename_over(file, block("a"));
    CHECK(soon(client, "a"));
    std::filesystem::remove_all(home.path() / "one");
    CHECK(soon(client, ""));
    std::filesystem::create_directories(file.parent_path());
    rename_over(file, block("b"));
    CHECK(soon(client, "b"));
}

TEST_CASE("links of dotfile managers are followed and stay") {
    const temp_folder dotfiles;
    const auto first = dotfiles.write("first/operator.toml", "# first\n" + block("a"));
    const auto second = dotfiles.write("second/operator.toml", "# second\n" + block("b"));
    const auto folder = dotfiles.path() / "current";
    std::filesystem::create_directory_symlink("first", folder);
    const auto link = dotfiles.path() / "home" / "operator.toml";
    std::filesystem::create_directory(link.parent_path());
    std::filesystem::create_symlink("../current/operator.toml", link);
    std::filesystem::permissions(first, std::filesystem::perms(0640));

    const auto daemon = running_daemon::on_file(link);
    rest_client client(daemon.local());
    CHECK(names(client) == "a");
    CHECK(client.post("/model-servers", simple_server("c")).status() == 201);
    CHECK(std::filesystem::read_symlink(link) == "../current/operator.toml");
    CHECK(std::filesystem::is_symlink(folder));
    CHECK(read_file(first).starts_with("# first\n" + block("a")));
    CHECK(read_file(first).find("\"c\"") != std::string::npos);
    CHECK(std::filesystem::status(first).permissions() == std::filesystem::perms(0640));

    // An edit of what the link leads to, and a link that leads elsewhere.
    append_to(first, block("d"));
    CHECK(soon(client, "a c d"));
    std::filesystem::create_directory_symlink("second", folder.string() + "~");
    std::filesystem::rename(folder.string() + "~", folder);
    CHECK(soon(client, "b"));
    append_to(second, block("e"));
    CHECK(soon(client, "b e"));
    CHECK(client.post("/model-servers", simple_server("f")).status() == 201);
    CHECK(read_file(second).find("\"f\"") != std::string::npos);
    CHECK(read_file(first).find("\"f\"") == std::string::npos);
}

TEST_CASE("SIGHUP has the file read again") {
    running_daemon daemon(block("a"));
    rest_client client(daemon.tcp());
    rename_over(daemon.config_file(), block("b"));
    daemon.program().send_signal(SIGHUP);
    CHECK(soon(client, "b"));
    daemon.program().send_signal(SIGHUP);
    daemon.program().send_signal(SIGHUP);
    CHECK(client.post("/model-servers", simple_server("c")).status() == 201);
    CHECK(names(client) == "b c");
    daemon.program().send_signal(SIGTERM);
    CHECK(daemon.program().wait_for_exit() == 0);
}

TEST_CASE("a broken file leaves the configuration in force, is told everywhere, and is not overwritten") {
    running_daemon daemon(block("a"));
    const auto& file = daemon.config_file();
    rest_client client(daemon.tcp());
    const std::string broken = block("a") + "[[model_servers]]\nname = \"b\"\nkind = \"olama\"\n";
    const std::string place = file.string() + ":7:8";
    rename_over(file, broken);
    CHECK(soon_broken(client, place));
    CHECK(names(client) == "a");
    CHECK(daemon.program().wait_for_line(place).has_value());

    const json::object replacement = without_name(simple_server("a"));
    const json::object delegator{{"name", "d"}, {"llm_tool", "codex"}, {"model", "m"}};
    for (const rest_answer& answer :
         {client.post("/model-servers", simple_server("c")), client.put("/model-servers/a", replacement),
          client.remove("/model-servers/a"), client.post("/delegators", delegator),
          client.put("/llm-tools/default", {{"tool", "claude"}, {"model", "opus"}})}) {
        CAPTURE(answer.http.body);
        CHECK(answer.status() == 409);
        CHECK(answer.error() == "conflict");
        CHECK(answer.message().find(place) != std::string::npos);
    }
    CHECK(read_file(file) == broken);
    CHECK(names(client) == "a");

    write_in_place(file, block("a") + "half = \"");
    CHECK(soon_broken(client, file.string() + ":5:8"));
    write_in_place(file, block("a") + "# good again\n");
    CHECK(soon_sound(client));
    CHECK(client.post("/model-servers", simple_server("c")).status() == 201);
    CHECK(names(client) == "a c");
}

TEST_CASE("a file that was broken and repaired between two looks is no trouble to a writer") {
    const running_daemon daemon(block("a"));
    rest_client client(daemon.tcp());
    write_in_place(daemon.config_file(), "[[");
    CHECK(client.post("/model-servers", simple_server("b")).status() == 409);
    write_in_place(daemon.config_file(), block("c"));
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
    CHECK(names(client) == "c b");
    CHECK(client.get("/health").json.at("status") == "ok");
}

TEST_CASE("only what changed is probed again") {
    model_server_sim kept;
    model_server_sim moved;
    kept.answer_everything(simulated_openai_compat({.models = 2}));
    moved.answer_everything(simulated_openai_compat({.models = 3}));
    const running_daemon daemon("[probes]\ninterval = \"1h\"\n" + block("kept", kept.base_url()) +
                                block("moved", kept.base_url() + "/elsewhere"));
    rest_client client(daemon.tcp());
    const json::value before = daemon.wait_for_status("kept", "ok");
    // It asks there, too, and on more than one path: its probe has to be over before its requests can be told apart.
    daemon.wait_for_status("moved", "no_listing");
    const std::size_t asked = kept.requests().size();

    CHECK(client.put("/model-servers/moved", {{"kind", "openai-compat"}, {"base_url", moved.base_url()}}).status() ==
          200);
    daemon.wait_for_status("moved", "ok");
    rename_over(daemon.config_file(),
                "# by hand\n" + block("new", moved.base_url("localhost")) + read_file(daemon.config_file()));
    CHECK(soon(client, "new kept moved"));
    daemon.wait_for_status("new", "ok");
    CHECK(client.remove("/model-servers/new").status() == 200);

    CHECK(client.get("/model-servers/kept").json.at("probe") == before.at("probe"));
    CHECK(kept.requests().size() == asked);
    CHECK(moved.requests().size() == 2);

    // Another name for people is no reason to ask, either.
    json::object described = without_name(client.get("/model-servers/kept").json.as_object());
    described["display_name"] = "Kept";
    CHECK(client.put("/model-servers/kept", described).status() == 200);
    const json::value after = client.get("/model-servers/kept").json;
    CHECK(after.at("display_name") == "Kept");
    CHECK(after.at("probe") == before.at("probe"));
    CHECK(kept.requests().size() == asked);
}

TEST_CASE("a late answer of a server as it was before does not count") {
    model_server_sim old;
    model_server_sim fresh;
    script late = json_answer(200, R"({"object":"list","data":[{"id":"late"}]})");
    late.delay = std::chrono::milliseconds(500);
    old.answer_everything(late);
    fresh.answer_everything(json_answer(200, R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})"));
    const running_daemon daemon(block("s", old.base_url()));
    rest_client client(daemon.tcp());
    REQUIRE(old.wait_for_requests(1));
    CHECK(client.put("/model-servers/s", {{"kind", "openai-compat"}, {"base_url", fresh.base_url()}}).status() == 200);
    CHECK(client.get("/model-servers/s/models").json.at("models").as_array().size() == 2);
    // A third server's first result comes after the late answer.
    model_server_sim third;
    late.delay = std::chrono::milliseconds(700);
    third.answer_everything(late);
    json::object wanted = simple_server("t");
    wanted["base_url"] = third.base_url();
    CHECK(client.post("/model-servers", wanted).status() == 201);
    CHECK(client.get("/model-servers/t/models").json.at("models").as_array().size() == 1);
    CHECK(client.get("/model-servers/s/models").json.at("models").as_array().size() == 2);
}

TEST_CASE("settings of the file follow it") {
    model_server_sim server;
    server.answer_everything(simulated_openai_compat({.models = 1}));
    const running_daemon daemon("[probes]\ninterval = \"1h\"\n" + block("s", server.base_url()));
    rest_client client(daemon.tcp());
    daemon.wait_for_status("s", "ok");
    CHECK(server.requests().size() == 1);
    rename_over(daemon.config_file(),
                "[probes]\ninterval = \"50ms\"\n[rest_api]\ncors_origins = [\"http://page.example\"]\n" +
                    block("s", server.base_url()));
    CHECK(server.wait_for_requests(4));
    const rest_answer answer = client.ask("GET", "/health", {{"Origin", "http://page.example"}}, {});
    CHECK(answer.status() == 200);
}
