#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

const fs::path analyze = "/usr/bin/systemd-analyze";

std::string text_of(const std::string& unit) {
    std::ifstream file(fs::path(OPD_UNITS) / unit);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Both units, with a program that is there.
void copy_units(const temp_folder& folder) {
    const std::string program = "/usr/bin/operatord";
    std::string service = text_of("operatord.service");
    const auto at = service.find("ExecStart=" + program);
    REQUIRE(at != std::string::npos);
    folder.write("operatord.service", service.replace(at, 10 + program.size(), "ExecStart=/bin/true"));
    folder.write("operatord.socket", text_of("operatord.socket"));
}

/// What `systemd-analyze --user` says of our units.
std::string analysis(const temp_folder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {analyze, "--user", "--no-pager"});
    arguments.push_back(folder.path() / "operatord.service");
    const process program(arguments, {{"XDG_RUNTIME_DIR", folder.path()}, {"HOME", folder.path()}, {"LC_ALL", "C"}});
    CHECK(program.wait_for_exit() == 0);
    return program.standard_output() + program.standard_error();
}

bool can_analyze() {
    if (fs::exists(analyze)) return true;
    MESSAGE("skipped: there is no systemd-analyze");
    return false;
}

}  // namespace

TEST_CASE("systemd finds no fault with the units") {
    if (!can_analyze()) return;
    const temp_folder folder;
    copy_units(folder);
    // It ends with 0 even for unknown keys: what it says counts.
    CHECK(analysis(folder, {"verify", "--man=no"}).empty());
    folder.write("operatord.service", "[Service]\nExecStart=/bin/true\nWatchdogSecs=3\n");
    CHECK_FALSE(analysis(folder, {"verify", "--man=no"}).empty());
}

TEST_CASE("the service is hardened as far as systemd reckons") {
    if (!can_analyze()) return;
    const temp_folder folder;
    copy_units(folder);
    const std::string said = analysis(folder, {"security", "--offline=yes"});
    std::smatch level;
    REQUIRE(std::regex_search(said, level, std::regex("Overall exposure level for operatord.service: ([0-9.]+)")));
    CHECK(std::stod(level[1]) < 3.0);
}

TEST_CASE("the units agree with the program") {
    const std::string socket = text_of("operatord.socket");
    for (const char* line :
         {"FileDescriptorName=rest\n", "ListenStream=%t/operator/operatord.sock\n", "ListenStream=127.0.0.1:7008\n",
          "ListenStream=[::1]:7008\n", "SocketMode=0600\n", "DirectoryMode=0700\n"}) {
        CAPTURE(line);
        CHECK(socket.find(line) != std::string::npos);
    }
    CHECK(text_of("operatord.service").find("\nEnvironmentFile=-%E/operator/operatord.env\n") != std::string::npos);
}
