// What the programs accept and what their manual pages tell are written in two places: here they are compared.

#include "tests/support/process.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using opd::test::process;

namespace {

const std::string root = OPD_TEST_SCRIPTS "/../..";

std::string page(const std::string& name) {
    std::ifstream file(root + name);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The words that may follow these, as the shell is told.
std::vector<std::string> words_after(const std::string& program, std::vector<std::string> typed) {
    typed.insert(typed.begin(), {OPD_TEST_BIN "/" + program, "__complete"});
    const process run(typed, {{"PATH", "/usr/bin:/bin"}});
    REQUIRE(run.wait_for_exit() == 0);
    std::istringstream lines(run.standard_output());
    std::vector<std::string> out;
    for (std::string line; std::getline(lines, line);) out.push_back(line.substr(0, line.find('\t')));
    REQUIRE_FALSE(out.empty());
    return out;
}

void check_told(const std::string& text, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word == "--help") continue;
        CAPTURE(word);
        CHECK(text.find(word) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("operatord(8) tells every option") {
    check_told(page("/daemon/operatord.8.scd"), words_after("operatord", {"--"}));
}

TEST_CASE("operatorctl(1) tells every command and every option") {
    const std::string text = page("/client/operatorctl.1.scd");
    for (const std::string& command : words_after("operatorctl", {""})) {
        check_told(text, {'*' + command});
        check_told(text, words_after("operatorctl", {command, "--"}));
        if (command == "servers" || command == "delegators" || command == "keys" || command == "service") {
            for (const std::string& sub : words_after("operatorctl", {command, ""})) {
                check_told(text, {sub});
                check_told(text, words_after("operatorctl", {command, sub, "--"}));
            }
        }
    }
}
