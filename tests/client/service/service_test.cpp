#include "client/service/service.hpp"

#include "tests/client/service/fake_user.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace opd;
using opd::test::fake_user;

namespace fs = std::filesystem;

namespace {

constexpr const char* service_file = ".config/systemd/user/operatord.service";
constexpr const char* socket_file = ".config/systemd/user/operatord.socket";

constexpr const char* installed_calls =
    "systemctl --user daemon-reload\n"
    "systemctl --user enable --now operatord.socket\n";

}  // namespace

TEST_CASE("install writes the units, has systemd read them and listen") {
    fake_user user;
    const outcome end = user.run(command::service_install());
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(user.readable(end.out) ==
          "~/.config/systemd/user/operatord.service written\n"
          "~/.config/systemd/user/operatord.socket written\n"
          "operatord.socket is enabled and listens; the first connection starts ~/bin/operatord\n"
          "lingering is off: operatord ends with your last session; to keep it: loginctl enable-linger\n");
    CHECK(user.text("calls") == installed_calls);
    CHECK(user.text(service_file) == *service_unit_for(user.path("bin/operatord")));
    CHECK(user.text(socket_file) == socket_unit());
    CHECK(fs::status(user.path(service_file)).permissions() == fs::perms(0644));

    user.environment.emplace_back("LINGER=yes");
    CHECK(user.readable(user.run(command::service_install()).out) ==
          "operatord.socket is enabled and listens; the first connection starts ~/bin/operatord\n"
          "lingering is on: operatord stays when you log out\n");

    user.folder.write(service_file, *service_unit_for("/old/operatord"));
    CHECK(user.readable(user.run(command::service_install()).out) ==
          "~/.config/systemd/user/operatord.service written\n"
          "an operatord that runs goes on as it is until: systemctl --user restart operatord.service\n"
          "operatord.socket is enabled and listens; the first connection starts ~/bin/operatord\n"
          "lingering is on: operatord stays when you log out\n");
    CHECK(user.text(service_file) == *service_unit_for(user.path("bin/operatord")));
}

TEST_CASE("install leaves the units of somebody else alone, unless it is forced") {
    const fake_user user;
    user.folder.write(socket_file, "[Socket]\n");
    const outcome end = user.run(command::service_install());
    CHECK(end.exit_code == 1);
    CHECK(end.out.empty());
    CHECK(user.readable(end.err) ==
          "~/.config/systemd/user/operatord.socket is there, and not from operatorctl service install; --force "
          "replaces it\n");
    CHECK(user.text("calls").empty());
    CHECK(user.text(socket_file) == "[Socket]\n");
    CHECK(user.text(service_file).empty());

    CHECK(user.run(command::service_install{.force = true}).exit_code == 0);
    CHECK(user.text(socket_file) == socket_unit());
}

TEST_CASE("where a package has the units of this operatord, install only enables them") {
    const fake_user user;
    user.folder.write("data/systemd/user/operatord.service",
                      "[Service]\nExecStart=" + user.path("bin/operatord") + "\n");
    const outcome end = user.run(command::service_install());
    CHECK(end.exit_code == 0);
    CHECK(user.readable(end.out) ==
          "~/data/systemd/user/operatord.service starts this operatord already\n"
          "operatord.socket is enabled and listens; the first connection starts ~/bin/operatord\n"
          "lingering is off: operatord ends with your last session; to keep it: loginctl enable-linger\n");
    CHECK(user.text("calls") == installed_calls);
    CHECK_FALSE(fs::exists(user.path(".config")));

    // Another operatord than the package's is meant.
    user.folder.write("data/systemd/user/operatord.service", "[Service]\nExecStart=/bin/true\n");
    CHECK(user.run(command::service_install()).exit_code == 0);
    CHECK(user.text(service_file) == *service_unit_for(user.path("bin/operatord")));
}

TEST_CASE("what systemd refuses is told in its words") {
    fake_user user;
    user.folder.write("failing", "enable");
    const outcome end = user.run(command::service_install());
    CHECK(end.exit_code == 1);
    CHECK(end.err == "systemctl --user enable --now operatord.socket failed with exit code 5: Unit is odd.\n");
    CHECK(user.readable(end.out) ==
          "~/.config/systemd/user/operatord.service written\n"
          "~/.config/systemd/user/operatord.socket written\n");
    user.daemon_runs = true;
    CHECK(user.readable(user.run(command::service_install()).err) ==
          "systemctl --user enable --now operatord.socket failed with exit code 5: Unit is odd.\n"
          "an operatord runs already at ~/run/operator/operatord.sock: end it, and try again\n");
}

TEST_CASE("lingering is told where there is somebody who knows") {
    fake_user user;
    const auto last_line = [&user] {
        const std::string out = user.run(command::service_install()).out;
        return out.substr(out.rfind('\n', out.size() - 2) + 1);
    };
    const std::string off =
        "lingering is off: operatord ends with your last session; to keep it: loginctl enable-linger\n";
    const std::string nothing =
        "operatord.socket is enabled and listens; the first connection starts " + user.path("bin/operatord") + "\n";
    CHECK(last_line() == off);
    user.script("path/loginctl", "echo 'Could not get user: User ID 7 is not logged in or lingering' >&2; exit 1");
    CHECK(last_line() == off);
    user.script("path/loginctl", "echo 'Failed to connect to bus' >&2; exit 1");
    CHECK(last_line() == nothing);
    fs::remove(user.path("path/loginctl"));
    user.environment[1] = "PATH=" + user.path("path");
    CHECK(last_line() == nothing);
}

TEST_CASE("install needs an operatord beside operatorctl") {
    const fake_user user;
    fs::remove(user.path("bin/operatord"));
    const outcome end = user.run(command::service_install());
    CHECK(end.exit_code == 1);
    CHECK(user.readable(end.err) ==
          "there is no operatord in ~/bin, where this operatorctl is; put both into one folder: cmake --install build "
          "--prefix ~/.local\n");
    CHECK_FALSE(fs::exists(user.path(".config")));
}

TEST_CASE("uninstall stops the service, and removes what install wrote") {
    const fake_user user;
    const fs::path config = user.folder.write(".config/operator/operator.toml", "# mine\n");
    user.run(command::service_install());
    fs::remove(user.path("calls"));
    const outcome end = user.run(command::service_uninstall());
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(user.readable(end.out) ==
          "operatord.socket and operatord.service are stopped and disabled\n"
          "~/.config/systemd/user/operatord.service removed\n"
          "~/.config/systemd/user/operatord.socket removed\n");
    CHECK(user.text("calls") ==
          "systemctl --user disable --now operatord.socket operatord.service\n"
          "systemctl --user daemon-reload\n");
    CHECK_FALSE(fs::exists(user.path(service_file)));
    CHECK_FALSE(fs::exists(user.path(socket_file)));
    CHECK(fs::exists(config));

    CHECK(user.run(command::service_uninstall()).out == "operatord is not installed as a service: nothing was done\n");
}

TEST_CASE("uninstall leaves what it did not write") {
    const fake_user user;
    user.run(command::service_install());
    user.folder.write(socket_file, "[Socket]\n");
    CHECK(user.readable(user.run(command::service_uninstall()).out) ==
          "operatord.socket and operatord.service are stopped and disabled\n"
          "~/.config/systemd/user/operatord.service removed\n"
          "~/.config/systemd/user/operatord.socket stays: it is not from operatorctl service install\n");
    CHECK(user.text(socket_file) == "[Socket]\n");

    fs::remove(user.path(socket_file));
    user.folder.write("data/systemd/user/operatord.service", "[Service]\n");
    CHECK(user.readable(user.run(command::service_uninstall()).out) ==
          "operatord.socket and operatord.service are stopped and disabled\n"
          "~/data/systemd/user/operatord.service stays: it belongs to a package\n");
}

TEST_CASE("status and logs become the programs of systemd") {
    const fake_user user;
    const outcome status = user.run(command::service_status());
    REQUIRE(status.becomes.has_value());
    CHECK(status.becomes->path == user.path("path/systemctl"));
    CHECK(status.becomes->argv ==
          std::vector<std::string>{"systemctl", "--user", "status", "operatord.service", "operatord.socket"});
    CHECK(status.becomes->environment == user.environment);

    const auto logs = [&user](command::service_logs asked) { return user.run(asked).becomes.value().argv; };
    CHECK(logs({}) == std::vector<std::string>{"journalctl", "--user", "-u", "operatord"});
    CHECK(logs({.server = "my lab", .follow = true}) ==
          std::vector<std::string>{"journalctl", "--user", "-u", "operatord", "OPERATOR_SERVER=my lab", "-f"});
}

TEST_CASE("without a systemd user manager the service commands say why") {
    fake_user user;
    const auto said = [&user](const command::any& what) {
        const outcome end = user.run(what);
        CHECK(end.exit_code == 1);
        CHECK_FALSE(end.becomes.has_value());
        return user.readable(end.err);
    };
    fs::remove_all(user.path("run/systemd"));
    const std::string none =
        "no systemd user manager runs: ~/run/systemd/private is not there; without systemd, start operatord by hand: "
        "operatord &\n";
    CHECK(said(command::service_install()) == none);
    CHECK(said(command::service_uninstall()) == none);
    CHECK(said(command::service_status()) == none);

    user.unset("XDG_RUNTIME_DIR");
    CHECK(said(command::service_install())
              .starts_with("the systemd user manager cannot be found: XDG_RUNTIME_DIR is not set to an absolute path; "
                           "log in as this "
                           "user (su and sudo do not do that), or: export XDG_RUNTIME_DIR=/run/user/"));

    user.unset("PATH");
    user.environment.emplace_back("PATH=/nowhere");
    CHECK(said(command::service_install()) ==
          "there is no systemd here: systemctl is not on PATH; without systemd, start operatord by hand: operatord "
          "&\n");
    CHECK(said(command::service_logs()) == "there is no systemd here: journalctl is not on PATH\n");
    CHECK_FALSE(fs::exists(user.path(".config")));
}

TEST_CASE("status tells what systemd says of a daemon that does not run") {
    const fake_user user;
    const auto said = [&user] {
        const outcome end = user.run(command::status());
        CHECK(end.exit_code == 69);
        return user.readable(end.err);
    };
    const std::string down =
        "operatord is not running at ~/run/operator/operatord.sock; start it with: systemctl --user start operatord   "
        "(or: operatord &)\n";
    CHECK(said() == down +
                        "service: operatord.service not installed; operatord.socket not installed\n"
                        "install it with: operatorctl service install\n");
    user.folder.write("units",
                      "Id=operatord.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"
                      "Result=exit-code\nUnitFileState=enabled\n\n"
                      "Id=operatord.socket\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n");
    CHECK(said() == down +
                        "service: operatord.service failed (exit-code), enabled; operatord.socket inactive (dead), not "
                        "enabled\n"
                        "see why with: operatorctl service logs\n");
    fs::remove_all(user.path("run/systemd"));
    CHECK(said() == down);
}
