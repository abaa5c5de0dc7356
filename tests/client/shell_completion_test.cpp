// The completion scripts in the real shells, where they are installed. They ask the real operatorctl.

#include "tests/client/fake_daemon.hpp"
#include "tests/support/process.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;

namespace fs = std::filesystem;

namespace {

const std::string scripts = OPD_TEST_SCRIPTS;

/// What the shell prints, or nothing where it is not installed.
std::optional<std::string> said_by(const std::string& shell, const std::string& program) {
    if (!fs::exists(shell)) {
        MESSAGE(shell << " is not installed");
        return std::nullopt;
    }
    const opd::test::process run({shell, "-c", program},
                                 {{"PATH", OPD_TEST_BIN ":/usr/bin:/bin"}, {"HOME", "/nonexistent"}});
    REQUIRE(run.wait_for_exit() == 0);
    return run.standard_output();
}

}  // namespace

TEST_CASE("bash completes commands, options and files") {
    const std::string program = "source " + scripts + R"(/operator.bash
        try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _operator_complete "$1"; echo "${COMPREPLY[*]}"; }
        try operatorctl server
        try operatorctl servers ''
        try operatorctl launch --del
        try operatorctl launch --script /etc/hostn
        try operatord --log-level d)";
    const auto said = said_by("/bin/bash", program);
    if (said) CHECK(*said == "servers\nlist show add set remove\n--delegator\n/etc/hostname\ndebug\n");
}

TEST_CASE("fish completes with descriptions") {
    const auto said = said_by("/usr/bin/fish", "source " + scripts + R"(/operator.fish
        complete -C 'operatorctl servers r'
        complete -C 'operatord --check')");
    if (said)
        CHECK(*said ==
              "remove\tforget a model server\n--check-config\tRead the configuration, report what is "
              "wrong with it, and end\n");
}

TEST_CASE("zsh accepts its script, and gets the words from the programs") {
    // Its completion system needs a terminal, so what it would offer is caught.
    const auto said = said_by("/usr/bin/zsh", R"(_describe() { print -l "${(P)3[@]}" }; _files() { print files }
        at() { words=("$@"); CURRENT=$#; (source )" +
                                                  scripts + R"(/_operator) }
        at operatorctl servers r
        at operatorctl launch --script '')");
    if (said) CHECK(*said == "remove:forget a model server\nfiles\n");
}

TEST_CASE("names come from the daemon, and from nowhere when it does not answer") {
    fake_daemon daemon{
        .replies = {{"/api/v1/model-servers", answered(200, R"({"servers":[{"name":"lab","display_name":"The lab"},
                                        {"name":"lab two","display_name":null},{"name":"other"},{"no":1}]})")},
                    {"/api/v1/model-servers/kinds", answered(200, R"([{"slug":"ollama"}])")}}};
    const auto offered = [&daemon](std::string_view of, const char* typed) {
        const outcome end = daemon.run(command::names{.of = of, .typed = typed});
        CHECK(end.exit_code == 0);
        CHECK(end.err.empty());
        return end.out;
    };
    CHECK(offered("server", "la") == "lab\tThe lab\nlab two\t\n");
    CHECK(offered("kind", "") == "ollama\t\n");
    CHECK(offered("delegator", "").empty());
}
