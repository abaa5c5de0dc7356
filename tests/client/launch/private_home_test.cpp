#include "client/launch/launch.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include <pwd.h>
#include <unistd.h>

using namespace opd;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

json::object object(const char* text) { return json::parse(text).as_object(); }

std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
}

const private_home wanted{.variable = "GEMINI_CLI_HOME",
                          .folder = ".gemini",
                          .file = "settings.json",
                          .settings = {{"security", {{"auth", {{"selectedType", "gemini-api-key"}}}}}}};

/// A user with a home and a place for states.
struct user {
    test::temp_folder folder;
    fs::path home = folder.path() / "home";
    fs::path ours = folder.path() / "state/operator/gemini-home";
    environment variables{"HOME=" + home.string(), "XDG_STATE_HOME=" + (folder.path() / "state").string()};

    void write(const fs::path& name, std::string_view text) const { folder.write(home / name, text); }

    fs::path prepare() const {
        const auto path = prepare_home(wanted, "gemini", variables);
        REQUIRE(path.has_value());
        return path->path;
    }

    json::object settings() const { return object(content(ours / ".gemini/settings.json").c_str()); }
};

}  // namespace

TEST_CASE("settings are merged member by member, and ours win") {
    CHECK(merged_settings(object(R"({"a":{"b":1,"c":{"d":2}},"l":[1,2],"x":{"y":1},"z":7})"),
                          object(R"({"a":{"c":{"e":3}},"l":[3],"x":5,"z":{"n":null}})")) ==
          object(R"({"a":{"b":1,"c":{"d":2,"e":3}},"l":[3],"x":5,"z":{"n":null}})"));
    CHECK(merged_settings({}, object(R"({"a":1})")) == object(R"({"a":1})"));
    CHECK(merged_settings(object(R"({"a":1})"), {}) == object(R"({"a":1})"));
}

TEST_CASE("a user without settings gets a home with ours alone") {
    const user someone;
    CHECK(someone.prepare() == someone.ours);
    CHECK(someone.settings() == wanted.settings);
    CHECK(fs::status(someone.ours).permissions() == fs::perms::owner_all);
    CHECK(fs::status(someone.ours / ".gemini/settings.json").permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK_FALSE(fs::exists(someone.home));
}

TEST_CASE("the user's own things are there, with our settings on top of theirs") {
    const user someone;
    const std::string theirs =
        "\xEF\xBB\xBF// mine\n{\"security\": {\"auth\": {\"selectedType\": \"oauth-personal\"}, \"x\": true}, /* why "
        "*/ "
        "\"ui\": {\"theme\": \"dark\",},}\n";
    someone.write(".gemini/settings.json", theirs);
    someone.write(".gemini/oauth_creds.json", "{}");
    someone.write(".gemini/commands/hello.toml", "x");
    const fs::path ours = someone.prepare();
    CHECK(someone.settings() ==
          object(R"({"security":{"auth":{"selectedType":"gemini-api-key"},"x":true},"ui":{"theme":"dark"}})"));
    CHECK(fs::read_symlink(ours / ".gemini/oauth_creds.json") == someone.home / ".gemini/oauth_creds.json");
    CHECK(content(ours / ".gemini/commands/hello.toml") == "x");
    CHECK_FALSE(fs::is_symlink(ours / ".gemini/settings.json"));
    CHECK(content(someone.home / ".gemini/settings.json") == theirs);
}

TEST_CASE("a later launch brings the home up to date and leaves what the agent made") {
    const user someone;
    someone.write(".gemini/settings.json", R"({"a":1})");
    someone.write(".gemini/gone", "");
    someone.write(".gemini/shadowed", "users");
    const fs::path folder = someone.prepare() / ".gemini";
    fs::permissions(someone.ours, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
    fs::remove(someone.home / ".gemini/gone");
    fs::remove(folder / "shadowed");
    someone.folder.write(folder / "shadowed", "agents");
    someone.folder.write(folder / "history", "agents");
    fs::create_symlink("/nowhere", folder / "agents-own-link");
    someone.write(".gemini/settings.json", R"({"b":2})");
    someone.write(".gemini/new", "");
    someone.prepare();
    CHECK(fs::status(someone.ours).permissions() == fs::perms::owner_all);
    CHECK_FALSE(fs::is_symlink(folder / "gone"));
    CHECK(content(folder / "shadowed") == "agents");
    CHECK(content(folder / "history") == "agents");
    CHECK(fs::is_symlink(folder / "agents-own-link"));
    CHECK(fs::is_symlink(folder / "new"));
    CHECK(someone.settings().contains("b"));
    CHECK_FALSE(someone.settings().contains("a"));
}

TEST_CASE("what the agent has changed in its copy comes into the user's file, which stays as it is otherwise") {
    const user someone;
    const std::string theirs = "{ // mine\n  \"ui\": {\"theme\": \"dark\", \"old\": 1},\n  \"both\": 1\n}\n";
    someone.write(".gemini/settings.json", theirs);
    const fs::path copy = someone.prepare() / ".gemini/settings.json";
    someone.prepare();
    CHECK(content(someone.home / ".gemini/settings.json") == theirs);

    json::object changed = someone.settings();
    changed["mcpServers"] = json::object{{"foo", json::object{{"command", "echo"}}}};
    changed["ui"].as_object()["theme"] = "light";
    changed["ui"].as_object().erase("old");
    changed["both"] = 2;
    changed["security"].as_object()["auth"].as_object()["selectedType"] = "oauth-personal";
    someone.folder.write(copy, json::serialize(changed));
    std::string since = theirs;
    since.replace(since.find("\"both\": 1"), 9, "\"both\": 3");
    someone.write(".gemini/settings.json", since);
    someone.prepare();
    CHECK(content(someone.home / ".gemini/settings.json") ==
          "{ // mine\n  \"ui\": {\"theme\": \"light\"},\n  \"both\": 3,\n  \"mcpServers\": {\n    \"foo\": {\n      "
          "\"command\": \"echo\"\n    }\n  }\n}\n");
    CHECK(someone.settings().at("mcpServers").at("foo").at("command") == "echo");
    CHECK(someone.settings().at("both") == 3);
    CHECK(someone.settings().at("security").at("auth").at("selectedType") == "gemini-api-key");
}

TEST_CASE("what the agent has changed makes the user's file where there is none, and follows a link to it") {
    const user someone;
    const fs::path copy = someone.prepare() / ".gemini/settings.json";
    json::object changed = someone.settings();
    changed["a"] = 1;
    someone.folder.write(copy, json::serialize(changed));
    someone.prepare();
    CHECK(content(someone.home / ".gemini/settings.json") == "{\n  \"a\": 1\n}\n");

    fs::rename(someone.home / ".gemini/settings.json", someone.home / "dotfile");
    fs::create_symlink(someone.home / "dotfile", someone.home / ".gemini/settings.json");
    someone.prepare();
    changed["a"] = 2;
    someone.folder.write(copy, json::serialize(changed));
    someone.prepare();
    CHECK(fs::is_symlink(someone.home / ".gemini/settings.json"));
    CHECK(content(someone.home / "dotfile") == "{\n  \"a\": 2\n}\n");
}

TEST_CASE("shared folders are the user's own, with what the agent had put into its home before") {
    const user someone;
    private_home sharing = wanted;
    sharing.shared = {"tmp", "history"};
    sharing.names = {{"TRUST", "trusted.json"}};
    const fs::path before = someone.prepare() / ".gemini/tmp/work/chat.json";
    someone.folder.write(before, "chat");
    const auto ready = prepare_home(sharing, "gemini", someone.variables);
    REQUIRE(ready.has_value());
    CHECK(content(someone.home / ".gemini/tmp/work/chat.json") == "chat");
    CHECK(fs::read_symlink(ready->path / ".gemini/tmp") == someone.home / ".gemini/tmp");
    CHECK(fs::read_symlink(ready->path / ".gemini/history") == someone.home / ".gemini/history");
    CHECK(fs::status(someone.home / ".gemini/history").permissions() == fs::perms::owner_all);
    CHECK(ready->variables == environment{"GEMINI_CLI_HOME=" + someone.ours.string(),
                                          "TRUST=" + (someone.home / ".gemini/trusted.json").string()});
    environment own = someone.variables;
    own.emplace_back("TRUST=/mine");
    CHECK(prepare_home(sharing, "gemini", own)->variables == environment{"GEMINI_CLI_HOME=" + someone.ours.string()});
}

TEST_CASE("a home that the user has named is the one that is shadowed, but never our own") {
    user someone;
    someone.write(".gemini/settings.json", R"({"from":"home"})");
    someone.folder.write("other/.gemini/settings.json", R"({"from":"other"})");
    someone.variables.push_back("GEMINI_CLI_HOME=" + (someone.folder.path() / "other").string());
    someone.prepare();
    CHECK(someone.settings()["from"] == "other");
    for (const fs::path& named : {someone.ours, someone.ours / "."}) {
        set_in(someone.variables, "GEMINI_CLI_HOME", named.string());
        someone.prepare();
        CHECK(someone.settings()["from"] == "home");
        CHECK_FALSE(fs::is_symlink(someone.ours / ".gemini"));
    }
}

TEST_CASE("without HOME the home is that of the account") {
    const environment none{"PATH=/bin"};
    CHECK(home_of(none) == ::getpwuid(::geteuid())->pw_dir);
    CHECK(home_of({"HOME="}) == home_of(none));
    CHECK(home_of({"HOME=/h"}) == "/h");
}

TEST_CASE("what stands in the way is told") {
    user someone;
    const std::string file = (someone.home / ".gemini/settings.json").string();
    someone.write(".gemini/settings.json", "{\"a\":");
    auto refused = prepare_home(wanted, "gemini", someone.variables);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == file + ": not a JSON object (incomplete JSON)");
    CHECK(refused.error().hint == "the agent could not read it either: correct it");
    someone.write(".gemini/settings.json", "[]");
    CHECK(prepare_home(wanted, "gemini", someone.variables).error().message ==
          file + ": not a JSON object (it is something else)");
    someone.write(".gemini/settings.json", std::string((1U << 20U) + 1, ' '));
    CHECK(prepare_home(wanted, "gemini", someone.variables).error().message ==
          "cannot read " + file + ": File too large");

    someone.write(".gemini/settings.json", " \n");
    someone.folder.write("state", "a file");
    CHECK(prepare_home(wanted, "gemini", someone.variables).error().message ==
          "cannot make " + (someone.ours / ".gemini").string() + ": Not a directory");
}
