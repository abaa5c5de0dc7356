#include "daemon/listen/listen_plan.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd;
using namespace opd::listen;
using namespace opd::test;
namespace asio = boost::asio;

namespace {

listen_plan plan_for(std::initializer_list<const char*> addresses) {
    listen_plan plan;
    for (const char* one : addresses) plan.tcp.push_back({.endpoint = {asio::ip::make_address(one), 7008}});
    return plan;
}

}  // namespace

TEST_CASE("other machines reach what is not loopback, and need a token there") {
    for (const char* open : {"0.0.0.0", "::", "192.168.1.5", "fd00::5", "fe80::1", "::ffff:0.0.0.0"}) {
        CAPTURE(open);
        const temp_folder state;
        recorded_log log;
        const auto token = token_for_other_machines(plan_for({"127.0.0.1", open}), state.path(), log.logger());
        CHECK((token && *token));
    }
}

TEST_CASE("on loopback alone there is no token, and nothing to say") {
    const temp_folder state;
    recorded_log log;
    const auto token = token_for_other_machines(plan_for({"127.0.0.1", "::1", "127.3.2.1", "::ffff:127.0.0.1"}),
                                                state.path(), log.logger());
    REQUIRE(token.has_value());
    CHECK_FALSE(token->has_value());
    CHECK(log.lines().empty());
    CHECK(std::filesystem::is_empty(state.path()));
}

TEST_CASE("where other machines can reach the API, the log says so loudly, and where the token is, not what it is") {
    const temp_folder state;
    for (const char* news : {", which is new", ""}) {
        recorded_log lines;
        const auto token = token_for_other_machines(plan_for({"127.0.0.1", "0.0.0.0"}), state.path(), lines.logger());
        REQUIRE(token.has_value());
        REQUIRE(token->has_value());
        CHECK(
            lines.lines() ==
            std::vector<std::string>{
                "warning other machines can reach the API on 0.0.0.0, over plain HTTP: whoever is on the way can read "
                "answers and token; if that is not meant, serve on 127.0.0.1 and use an ssh tunnel",
                fmt::format("warning other machines need the token in {}/token{}: operatorctl --url http://HOST:PORT "
                            "--token-file FILE, or Authorization: Bearer TOKEN",
                            state.path().string(), news)});
        for (const std::string& line : lines.lines()) CHECK(line.find((*token)->reveal()) == std::string::npos);
    }
}

TEST_CASE("without a place for the token the API is not opened to other machines") {
    recorded_log log;
    const auto none = token_for_other_machines(plan_for({"::"}), std::nullopt, log.logger());
    REQUIRE(none.has_error());
    CHECK(none.error().exit_code == 78);
    CHECK(none.error().what.message ==
          "other machines can reach the API on ::, and there is no folder for the token that they need");
    CHECK(none.error().what.hint == "set HOME, or serve on loopback alone");
    const temp_folder state;
    state.write("token", "short");
    CHECK(token_for_other_machines(plan_for({"::"}), state.path(), log.logger()).has_error());
    CHECK(log.lines().empty());
}
