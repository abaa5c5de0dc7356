#include "tests/e2e/running_daemon.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

using namespace opd::test;

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("operatord leaves no core dump, and its keys cannot be read in /proc") {
    running_daemon daemon("", {{"OPENAI_API_KEY", "sk-lab-Zq7Wm4Xr9Bt2"}});
    const std::string proc = "/proc/" + std::to_string(daemon.program().pid());
    const std::string limits = text_of(proc + "/limits");
    const std::size_t core = limits.find("Max core file size");
    REQUIRE(core != std::string::npos);
    const std::string line = limits.substr(core, limits.find('\n', core) - core);
    CHECK(line.find_first_of("123456789") == std::string::npos);
    CHECK(line.find("unlimited") == std::string::npos);
    if (::geteuid() == 0) {
        MESSAGE("skipped in part: root may read everything");
        return;
    }
    CHECK(text_of(proc + "/environ").empty());
}
