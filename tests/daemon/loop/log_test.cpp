#include "daemon/loop/log.hpp"

#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;

namespace {

/// What a piece of code writes to the real stderr, as lines.
template <class Code>
std::vector<std::string> lines_on_stderr(Code code) {
    const temp_folder folder;
    const auto file = folder.path() / "stderr";
    const int real = ::dup(STDERR_FILENO);
    const int kept = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(::dup2(kept, STDERR_FILENO) == STDERR_FILENO);
    code();
    ::dup2(real, STDERR_FILENO);
    ::close(real);
    ::close(kept);
    std::ifstream written(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(written, line);) lines.push_back(line);
    return lines;
}

void say_everything(spdlog::logger& log) {
    log.trace("one");
    log.debug("two");
    log.info("three");
    log.warn("four");
    log.error("five");
    log.critical("six");
}

}  // namespace

TEST_CASE("in the journal each line begins with its syslog priority and nothing else") {
    const auto lines = lines_on_stderr([] { say_everything(*make_log("trace", log_form::prefixed)); });
    CHECK(lines == std::vector<std::string>{"<7>one", "<7>two", "<6>three", "<4>four", "<3>five", "<2>six"});
}

TEST_CASE("elsewhere each line has its time and level, without colours") {
    const auto lines = lines_on_stderr([] { say_everything(*make_log("debug", log_form::plain)); });
    const std::vector<std::string> expected{"debug   two", "info    three", "warning four", "error   five",
                                            "critical six"};
    REQUIRE(lines.size() == expected.size());
    const std::regex time(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )");
    for (std::size_t i = 0; i != lines.size(); ++i) {
        std::smatch found;
        REQUIRE(std::regex_search(lines[i], found, time, std::regex_constants::match_continuous));
        CHECK(found.suffix().str() == expected[i]);
    }
}

TEST_CASE("every level that the command line takes cuts off what is below it") {
    const std::vector<std::size_t> kept{6, 5, 4, 3, 2, 0};
    REQUIRE(std::size(log_levels) == kept.size());
    for (std::size_t i = 0; i != kept.size(); ++i) {
        CAPTURE(log_levels[i]);
        const auto lines = lines_on_stderr([&] { say_everything(*make_log(log_levels[i], log_form::prefixed)); });
        CHECK(lines.size() == kept[i]);
    }
}

TEST_CASE("a message is written before the call returns") {
    const auto log = make_log("info", log_form::prefixed);
    const auto lines = lines_on_stderr([&] {
        log->info("now");
        // not flushed by anyone else: the logger is still there
    });
    CHECK(lines == std::vector<std::string>{"<6>now"});
}

TEST_CASE("where the log goes is told by JOURNAL_STREAM") {
    ::unsetenv("JOURNAL_STREAM");
    CHECK(log_form_of_stderr() == log_form::plain);
    ::setenv("JOURNAL_STREAM", "1:2", 1);
    CHECK(log_form_of_stderr() == log_form::prefixed);
    struct stat facts{};
    REQUIRE(::fstat(STDERR_FILENO, &facts) == 0);
    ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", facts.st_dev, facts.st_ino).c_str(), 1);
    CHECK(log_form_of_stderr() == log_form::journal);
    ::unsetenv("JOURNAL_STREAM");
}
