#include "client/command_line.hpp"

#include "config/version.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace opd;

namespace {

std::variant<invocation, outcome> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "operatorctl");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

invocation asked(std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<invocation>(parsed));
    return std::get<invocation>(parsed);
}

outcome refused(std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<outcome>(parsed));
    return std::get<outcome>(parsed);
}

}  // namespace

TEST_CASE("each command is read") {
    CHECK(asked({"status"}).what == verb::status);
    CHECK(asked({"servers"}).what == verb::servers_list);
    CHECK(asked({"servers", "list"}).what == verb::servers_list);
    CHECK(asked({"models"}).what == verb::models);
    CHECK(asked({"models"}).server.empty());
    CHECK(asked({"kinds"}).what == verb::kinds);
    CHECK(asked({"health"}).what == verb::health);

    const invocation show = asked({"servers", "show", "my lab"});
    CHECK(show.what == verb::servers_show);
    CHECK(show.server == "my lab");

    const invocation models = asked({"models", "lab", "--refresh"});
    CHECK(models.what == verb::models);
    CHECK(models.server == "lab");
    CHECK(models.refresh);
    CHECK_FALSE(models.json);
}

TEST_CASE("the common options stand before or after the command") {
    const invocation before = asked({"--json", "--url", "http://a:1", "servers", "show", "x"});
    CHECK(before.json);
    CHECK(before.url == "http://a:1");
    CHECK_FALSE(before.socket.has_value());
    const invocation after = asked({"servers", "show", "x", "--json", "--socket", "/run/s"});
    CHECK(after.json);
    CHECK(after.socket == "/run/s");
    CHECK(after.what == verb::servers_show);
    CHECK(asked({"models", "--", "--odd"}).server == "--odd");
}

TEST_CASE("misuse ends with 64 and one line on what is wrong") {
    struct {
        std::vector<const char*> words;
        std::string text;
    } const cases[] = {
        {{}, "A subcommand is required"},
        {{"modles"}, "unknown command \"modles\"; did you mean \"models\"?"},
        {{"xyzzy"}, "unknown command \"xyzzy\""},
        {{"status", "--bogus"}, "The following argument was not expected: --bogus"},
        {{"servers", "show"}, "NAME is required"},
        {{"servers", "show", "kinds"}, "NAME: the name \"kinds\" is taken by the route /api/v1/model-servers/kinds"},
        {{"servers", "show", ".."}, "NAME: the name \"..\" means a folder in a URL"},
        {{"models", "a\x1b"}, "SERVER: the name \"a\xEF\xBF\xBD\" holds a control character"},
        {{"--url", "http://a", "--socket", "/s", "status"}, "--url excludes --socket"},
    };

    for (const auto& one : cases) {
        const outcome end = refused(one.words);
        CAPTURE(one.text);
        CHECK(end.exit_code == 64);
        CHECK(end.out.empty());
        CHECK(end.err == "operatorctl: " + one.text + "\nTry: operatorctl --help\n");
    }
}

TEST_CASE("the version and the help go to stdout") {
    const outcome version_text = refused({"--version"});
    CHECK(version_text.out == "operatorctl " + std::string(version()) + "\n");
    CHECK(version_text.exit_code == 0);

    const outcome help = refused({"--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    for (const char* part : {"Usage: operatorctl [OPTIONS] SUBCOMMAND", "--url URL", "--socket PATH", "--json",
                             "status", "servers", "models", "kinds", "health", "Examples:\n  operatorctl status"}) {
        CAPTURE(part);
        CHECK(help.out.find(part) != std::string::npos);
    }
    const outcome command_help = refused({"models", "--help"});
    CHECK(command_help.out.find("Usage: operatorctl models [OPTIONS] [SERVER]") != std::string::npos);
    CHECK(command_help.out.find("--refresh") != std::string::npos);
    CHECK(command_help.out.find("Examples:") == std::string::npos);
}
