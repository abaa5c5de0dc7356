#include "config/base/completion.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using opd::complete;
using opd::completion;

namespace {

/// A program of the usual shape.
struct program {
    program() {
        app.add_option("--config", text, "the file")->type_name("FILE");
        app.add_option("--level", text, "how much")->type_name("LEVEL")->check(CLI::IsMember({"debug", "info"}));
        app.add_flag("--json", flag, "as JSON");
        app.add_flag("--secret", flag, "not shown")->group("");
        CLI::App* servers = app.add_subcommand("servers", "the servers");
        CLI::App* show = servers->add_subcommand("show", "one of them");
        show->add_option("SERVER", text, "its name")->type_name("");
        servers->add_subcommand("add", "one more")->add_option("--kind,-k", text, "what it is")->type_name("KIND");
        app.add_subcommand("hidden", "not shown")->group("");
    }

    std::vector<std::string> words(const std::vector<std::string>& typed) const {
        std::vector<std::string> out;
        for (const opd::candidate& one : complete(app, typed).candidates) out.push_back(one.word);
        return out;
    }

    CLI::App app{"for tests", "program"};
    std::string text;
    bool flag = false;
};

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("at the beginning the commands are offered, hidden ones not") {
    const program of;
    CHECK(of.words({}) == list{"servers"});
    CHECK(of.words({""}) == list{"servers"});
    CHECK(of.words({"se"}) == list{"servers"});
    CHECK(of.words({"hid"}) == list{});
}

TEST_CASE("a dash asks for options, those of the commands above included") {
    const program of;
    CHECK(of.words({"--"}) == list{"--help", "--config", "--level", "--json"});
    CHECK(of.words({"servers", "add", "--k"}) == list{"--kind"});
    CHECK(of.words({"servers", "add", "--j"}) == list{"--json"});
    CHECK(of.words({"--sec"}) == list{});
}

TEST_CASE("a command's own commands follow it, options with their values passed over") {
    const program of;
    CHECK(of.words({"servers", ""}) == list{"show", "add"});
    CHECK(of.words({"--level", "servers", "servers", "--json", "s"}) == list{"show"});
}

TEST_CASE("a value is completed by what its type says") {
    const program of;
    CHECK(of.words({"--level", ""}) == list{"debug", "info"});
    CHECK(of.words({"--level", "d"}) == list{"debug"});
    CHECK(complete(of.app, list{"--config", ""}).files);
    CHECK(complete(of.app, list{"servers", "add", "--kind", ""}).names == "kind");
    CHECK(complete(of.app, list{"servers", "add", "-k", ""}).names == "kind");
    CHECK(complete(of.app, list{"servers", "show", "l"}).names == "server");
    CHECK(complete(of.app, list{"servers", "show", "lab", ""}).names.empty());
}

TEST_CASE("nothing is offered behind --, which belongs to another program") {
    const program of;
    CHECK(of.words({"servers", "--", ""}) == list{});
}

TEST_CASE("the lines for the shell are words with their descriptions, or that files are due") {
    const program of;
    CHECK(opd::completion_lines(complete(of.app, list{"servers", ""})) == "show\tone of them\nadd\tone more\n");
    CHECK(opd::completion_lines(complete(of.app, list{"--config", ""})) == ":files\n");
    CHECK(opd::completion_lines(complete(of.app, list{"nothing", "x"})).empty());
}
