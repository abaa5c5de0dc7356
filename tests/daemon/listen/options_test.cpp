#include "config/base/version.hpp"
#include "daemon/listen/listen_plan.hpp"

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::listen;

namespace {

/// What a command line means, and what was printed about it.
struct outcome {
    parsed_options parsed;
    std::string out;
    std::string err;
};

outcome parse(std::vector<const char*> words) {
    words.insert(words.begin(), "operatord");
    std::ostringstream out;
    std::ostringstream err;
    auto* const real_out = std::cout.rdbuf(out.rdbuf());
    auto* const real_err = std::cerr.rdbuf(err.rdbuf());
    parsed_options parsed = parse_options(static_cast<int>(words.size()), words.data());
    std::cout.rdbuf(real_out);
    std::cerr.rdbuf(real_err);
    return {std::move(parsed), out.str(), err.str()};
}

}  // namespace

TEST_CASE("without options everything has its default") {
    const outcome got = parse({});
    CHECK_FALSE(got.parsed.exit_code);
    const daemon_options& options = got.parsed.options;
    CHECK_FALSE(options.config_file);
    CHECK(options.listen.empty());
    CHECK_FALSE(options.socket);
    CHECK_FALSE(options.check_config);
    CHECK(options.log_level == "info");
    CHECK(got.out.empty());
    CHECK(got.err.empty());
}

TEST_CASE("every option is read, --listen as often as it is given") {
    const outcome got = parse({"--config", "a.toml", "--listen", "127.0.0.1:1", "--listen=none", "--socket", "none",
                               "--check-config", "--json", "--log-level", "debug"});
    REQUIRE_FALSE(got.parsed.exit_code);
    const daemon_options& options = got.parsed.options;
    CHECK(options.config_file == "a.toml");
    CHECK(options.listen == std::vector<std::string>{"127.0.0.1:1", "none"});
    CHECK(options.socket == "none");
    CHECK(options.check_config);
    CHECK(options.json);
    CHECK(options.log_level == "debug");
}

TEST_CASE("every level of the log is taken") {
    for (const char* level : {"trace", "debug", "info", "warn", "error", "off"}) {
        CAPTURE(level);
        const outcome got = parse({"--log-level", level});
        CHECK_FALSE(got.parsed.exit_code);
        CHECK(got.parsed.options.log_level == level);
    }
}

TEST_CASE("--version and --help print and end with 0") {
    const outcome version_of = parse({"--version"});
    CHECK(version_of.parsed.exit_code == 0);
    CHECK(version_of.out == "operatord " + std::string(version()) + "\n");
    const outcome help = parse({"--help"});
    CHECK(help.parsed.exit_code == 0);
    CHECK(help.err.empty());
    for (const char* word : {"--config FILE", "--listen HOST:PORT", "--socket PATH", "--check-config",
                             "--log-level LEVEL", "--version", "Exit status: 0 ok, 64 wrong usage"}) {
        CAPTURE(word);
        CHECK(help.out.find(word) != std::string::npos);
    }
}

TEST_CASE("a wrong usage is 64, said on the error output") {
    const std::vector<std::vector<const char*>> table{
        {"--what"}, {"word"}, {"--config"}, {"--socket"}, {"--listen"}, {"--log-level", "loud"}, {"-x"}};
    for (const auto& words : table) {
        CAPTURE(words.front());
        const outcome got = parse(words);
        CHECK(got.parsed.exit_code == 64);
        CHECK(got.out.empty());
        CHECK(got.err.find("--help") != std::string::npos);
    }
    CHECK(parse({"--what"}).err.find("--what") != std::string::npos);
    CHECK(parse({"--log-level", "loud"}).err.find("loud") != std::string::npos);
}
