// operatord as a unit of a real user manager. The first test runs this program again inside of one, where the others
// find theirs.

#include "tests/e2e/rest.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <signal.h>

using namespace opd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

const bool inside = !variable("OPD_MANAGER_BIN").empty();

/// The output of a program of the system.
std::string output_of(std::vector<std::string> command) {
    const process program(command, {{"HOME", variable("HOME")},
                                    {"XDG_RUNTIME_DIR", variable("XDG_RUNTIME_DIR")},
                                    {"PATH", variable("PATH")},
                                    {"LC_ALL", "C"}});
    program.wait_for_exit();
    std::string text = program.standard_output();
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string systemctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/systemctl", "--user"});
    return output_of(arguments);
}

/// A property of the service.
std::string shown(const std::string& property) {
    return systemctl({"show", "--value", "--property", property, "operatord.service"});
}

pid_t main_pid() { return static_cast<pid_t>(std::stol("0" + shown("MainPID"))); }

/// The entries of the service in the journal.
std::vector<json::value> entries(std::vector<std::string> matches) {
    matches.insert(matches.begin(), {"/usr/bin/journalctl", "--output=json", "--user-unit=operatord"});
    std::vector<json::value> found;
    std::string text = output_of(matches);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        found.push_back(json::parse(text.substr(at, end - at)));
        at = end + 1;
    }
    return found;
}

/// One of these entries has this text, before long: the journal takes its time.
bool is_told(const std::vector<std::string>& matches, std::string_view text) {
    return comes_true([&] {
        return std::ranges::any_of(entries(matches), [&](const json::value& one) {
            return std::string_view(one.at("MESSAGE").as_string()).find(text) != std::string_view::npos;
        });
    });
}

fs::path home() { return variable("HOME"); }

void write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

fs::path dotfile() { return home() / "dotfiles" / "operator.toml"; }

constexpr std::string_view one_server =
    "[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\nbase_url = \"http://127.0.0.1:1\"\n";

/// The units as they are installed, for this build's program; and a configuration that is a link to elsewhere.
void install() {
    const fs::path units = home() / ".config" / "systemd" / "user";
    std::string service = read_file(fs::path(OPD_UNITS) / "operatord.service");
    const std::string program = "/usr/bin/operatord";
    for (auto at = service.find(program); at != std::string::npos; at = service.find(program))
        service.replace(at, program.size(), variable("OPD_MANAGER_BIN") + "/operatord");
    write(units / "operatord.service", service);
    write(units / "operatord.socket", read_file(fs::path(OPD_UNITS) / "operatord.socket"));
    // Not the user's patience, but the test's.
    write(units / "operatord.service.d" / "hurry.conf", "[Service]\nWatchdogSec=1\nRestartSec=100ms\n");
    write(dotfile(), one_server);
    write(home() / ".config/operator/operatord.env", "ASAN_OPTIONS=detect_leaks=0\nPATH=" + variable("PATH"));
    fs::create_symlink(dotfile(), home() / ".config/operator/operator.toml");
    write(home() / ".ssh/id_ed25519", "secret");
    const fs::path agent = home() / ".local/bin/claude";
    write(agent, fs::exists("/usr/bin/node") ? "#!/usr/bin/node\nconsole.log('2.1.0 (Claude Code)')\n"
                                             : "#!/bin/sh\necho '2.1.0 (Claude Code)'\n");
    fs::permissions(agent, fs::perms::owner_all);
    systemctl({"daemon-reload"});
    systemctl({"enable", "operatord.service"});
    systemctl({"start", "operatord.socket"});
}

http_client local() { return http_client::over_unix_socket(variable("XDG_RUNTIME_DIR") + "/operator/operatord.sock"); }

json::value health() { return json::parse(local().get("/api/v1/health").body); }

bool is_serving() { return shown("ActiveState") == "active" && health().at("pid").to_number<pid_t>() == main_pid(); }

/// Another process than this one serves, before long.
bool comes_back(pid_t before) {
    return comes_true([&] { return shown("ActiveState") == "active" && main_pid() != before; }) && is_serving();
}

/// Runs the tests of a suite inside; what they say is told if they fail.
void run_inside(const std::string& suite, process::environment environment = {}) {
    if (inside) return;
    environment.insert({{"PATH", variable("PATH")}, {"HOME", "/"}});
    const process manager({OPD_IN_USER_MANAGER, OPD_TEST_BIN, "e2e_tests", "--test-suite=" + suite}, environment);
    const auto code = manager.wait_for_exit(60s);
    if (code == 77) {
        MESSAGE(manager.standard_error());
        return;
    }
    INFO(manager.standard_output());
    INFO(manager.standard_error());
    CHECK(code == 0);
    CHECK(manager.standard_output().find("| 0 passed") == std::string::npos);
}

}  // namespace

TEST_CASE("operatord lives in a real user manager") { run_inside("user manager"); }

TEST_CASE("operatord lives in a user manager without namespaces") {
    run_inside("user manager without namespaces", {{"WITHOUT_NAMESPACES", "1"}});
}

TEST_SUITE("user manager" * doctest::skip(!inside || !variable("WITHOUT_NAMESPACES").empty())) {
    TEST_CASE("the first client starts it, and is answered") {
        install();
        CHECK(systemctl({"is-enabled", "operatord.socket"}) == "enabled");
        CHECK(systemctl({"is-active", "operatord.socket"}) == "active");
        REQUIRE(shown("ActiveState") == "inactive");
        CHECK(http_client::over_tcp("127.0.0.1", 7008).get("/api/v1/health").status == 200);
        CHECK(http_client::over_tcp("::1", 7008).get("/api/v1/health").status == 200);
        CHECK(is_serving());
        CHECK(comes_true([] { return shown("StatusText") == "4 servers, 0 reachable"; }));
        CHECK(fs::status(variable("XDG_RUNTIME_DIR") + "/operator/operatord.sock").permissions() == fs::perms(0600));
    }

    TEST_CASE("it works in its sandbox") {
        const std::string status = read_file(fmt::format("/proc/{}/status", main_pid()));
        CHECK(status.find("NoNewPrivs:\t1\n") != std::string::npos);
        CHECK(status.find("Seccomp:\t2\n") != std::string::npos);
        CHECK(status.find("CapBnd:\t0000000000000000\n") != std::string::npos);
        const std::string mounts = read_file(fmt::format("/proc/{}/mountinfo", main_pid()));
        CHECK(mounts.find(" " + (home() / ".ssh").string() + " ro,") != std::string::npos);
        CHECK(mounts.find(" /usr ro,") != std::string::npos);

        rest_client client(local());
        CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
        CHECK(read_file(dotfile()).starts_with(one_server));
        CHECK(read_file(dotfile()).find("\"b\"") != std::string::npos);
        CHECK(fs::exists(home() / ".local/state/operator/backups"));
        CHECK(comes_true([&] {
            const json::value tools = client.get("/llm-tools").json.at("tools");
            return !tools.as_array().empty() && tools.as_array().front().at("version") == "2.1.0";
        }));
    }

    TEST_CASE("the journal has its words with priority, server and status") {
        CHECK(comes_true([] { return !entries({"OPERATOR_SERVER=a"}).empty(); }));
        const auto found = entries({"OPERATOR_SERVER=a"});
        REQUIRE(found.size() == 1);
        CHECK(found[0].at("PRIORITY") == "4");
        CHECK(found[0].at("OPERATOR_STATUS") == "refused");
        CHECK(found[0].at("SYSLOG_IDENTIFIER") == "operatord");
        CHECK(found[0].at("MESSAGE") ==
              "a: pending -> refused: http://127.0.0.1:1 refused the connection: nothing "
              "listens there");
        CHECK(comes_true([] { return entries({"OPERATOR_STATUS=key_missing"}).size() == 3; }));
        CHECK(entries({"OPERATOR_SERVER=none"}).empty());
    }

    TEST_CASE("killed, it comes back") {
        const pid_t before = main_pid();
        ::kill(before, SIGKILL);
        CHECK(health().at("pid").to_number<pid_t>() != before);  // its clients wait for it
        CHECK(comes_back(before));
        CHECK(shown("NRestarts") == "1");
    }

    TEST_CASE("stuck, it is started anew by the watchdog") {
        const pid_t before = main_pid();
        ::kill(before, SIGSTOP);
        CHECK(comes_back(before));
        CHECK(shown("NRestarts") == "2");
        CHECK(is_told({}, "Watchdog timeout"));
    }

    TEST_CASE("a reload of a broken file leaves it as it is, and is seen everywhere") {
        const pid_t before = main_pid();
        rename_over(dotfile(), "[[model_servers]]\nname = \"a\"\nkind = \"olama\"\n");
        systemctl({"reload", "operatord.service"});
        CHECK(is_serving());
        CHECK(main_pid() == before);
        const std::string place = ".config/operator/operator.toml:3:8: unknown kind \"olama\"";
        CHECK(shown("StatusText").find(place) != std::string::npos);
        CHECK(health().at("status") == "degraded");
        CHECK(is_told({"PRIORITY=3"}, place));
        rename_over(dotfile(), one_server);
        systemctl({"reload", "operatord.service"});
        CHECK(shown("StatusText") == "4 servers, 0 reachable");
        CHECK(health().at("status") == "ok");
    }

    TEST_CASE("stopped, it has ended well, and the next client starts it again") {
        systemctl({"stop", "operatord.service"});
        CHECK(shown("ActiveState") == "inactive");
        CHECK(shown("Result") == "success");
        CHECK(shown("ExecMainStatus") == "0");
        CHECK(health().at("status") == "ok");
        CHECK(is_serving());
    }

    TEST_CASE("a start with a broken file is an error in the journal, and not tried again and again") {
        systemctl({"stop", "operatord.socket", "operatord.service"});
        rename_over(dotfile(), "[[");
        systemctl({"start", "operatord.service"});
        CHECK(shown("ActiveState") == "failed");
        CHECK(shown("ExecMainStatus") == "78");
        CHECK(shown("NRestarts") == "0");
        CHECK(is_told({"PRIORITY=3"}, "operator.toml:1:"));
    }
}

TEST_SUITE("user manager without namespaces" * doctest::skip(!inside || variable("WITHOUT_NAMESPACES").empty())) {
    TEST_CASE("it runs with less of a sandbox, and says so") {
        install();
        CHECK(health().at("status") == "ok");
        CHECK(is_serving());
        CHECK(shown("PrivateUsers") == "no");
        CHECK(shown("NoNewPrivileges") == "yes");
        // This journal does not know the unit of a shell.
        CHECK(comes_true([] {
            return output_of({"/usr/bin/journalctl", "--output=cat", "--identifier=sh"}) ==
                   "there are no namespaces here: operatord runs without, in less of a sandbox";
        }));
        systemctl({"restart", "operatord.service"});
        CHECK(is_serving());
    }
}
