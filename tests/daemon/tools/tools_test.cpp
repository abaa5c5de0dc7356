#include "daemon/tools/installed_tools.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::tools;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

fs::path program(const temp_folder& folder, const fs::path& name) {
    auto file = folder.write(name, "#!/bin/false\n");
    fs::permissions(file, fs::perms(0755));
    return file;
}

std::string text_of(const std::vector<fs::path>& folders) {
    std::vector<std::string> texts;
    for (const fs::path& folder : folders) texts.push_back(folder.string());
    return fmt::format("{}", fmt::join(texts, " "));
}

std::string folders_of(std::string search_path, fs::path home, std::vector<std::string> node_versions = {}) {
    return text_of(
        program_folders({.search_path = std::move(search_path), .home = std::move(home)}, std::move(node_versions)));
}

}  // namespace

TEST_CASE("a program is the first executable file of its name in the folders") {
    const temp_folder folder;
    const std::vector<fs::path> folders{folder.path() / "none", folder.path(), folder.path() / "a", folder.path() / "b",
                                        folder.path() / "c"};
    folder.write("a/tool", "not executable");
    fs::create_directories(folder.path() / "b" / "tool");
    CHECK_FALSE(find_program("tool", folders).has_value());
    const auto third = program(folder, "c/tool");
    CHECK(find_program("tool", folders) == third);
    fs::permissions(folder.path() / "a" / "tool", fs::perms(0755));
    CHECK(find_program("tool", folders) == folder.path() / "a" / "tool");
    CHECK_FALSE(find_program("too", folders).has_value());
    CHECK_FALSE(find_program("tool", {}).has_value());
}

TEST_CASE("a link counts as what it leads to") {
    const temp_folder folder;
    const std::vector<fs::path> folders{folder.path()};
    fs::create_symlink(program(folder, "real"), folder.path() / "tool");
    fs::create_symlink(folder.path() / "nothing", folder.path() / "dead");
    CHECK(find_program("tool", folders) == folder.path() / "tool");
    CHECK_FALSE(find_program("dead", folders).has_value());
}

TEST_CASE("the folders are those of the search path, then those of the home where tools are put") {
    CHECK(folders_of("/usr/bin:/bin", "/home/u") ==
          "/usr/bin /bin /home/u/.local/bin /home/u/bin /home/u/.npm-global/bin /home/u/.bun/bin /home/u/.volta/bin "
          "/home/u/.claude/local /usr/local/bin");
    CHECK(folders_of("/usr/local/bin:/home/u/bin:/usr/local/bin", "/home/u") ==
          "/usr/local/bin /home/u/bin /home/u/.local/bin /home/u/.npm-global/bin /home/u/.bun/bin "
          "/home/u/.volta/bin /home/u/.claude/local");
    CHECK(folders_of("/usr/bin", "") == "/usr/bin");
}

TEST_CASE("of nvm's nodes the newest comes first, and what is no version last") {
    CHECK(folders_of("", "/h", {"v9.0.0", "v20.11.1", "x", "v20.2.0", "system", "v22.0.0-rc.1"}) ==
          "/h/.local/bin /h/bin /h/.npm-global/bin /h/.bun/bin /h/.volta/bin /h/.claude/local "
          "/h/.nvm/versions/node/v22.0.0-rc.1/bin /h/.nvm/versions/node/v20.11.1/bin "
          "/h/.nvm/versions/node/v20.2.0/bin /h/.nvm/versions/node/v9.0.0/bin /h/.nvm/versions/node/x/bin "
          "/h/.nvm/versions/node/system/bin /usr/local/bin");
}

TEST_CASE("folders that are not absolute are passed over: nothing is found by way of the current directory") {
    for (const char* path : {".", "", ":", "::", "./", "bin:.", "~/bin"}) {
        CAPTURE(path);
        CHECK(folders_of(path, "") == "");
    }
    CHECK(folders_of(":/a::b:/c:", "home") == "/a /c /usr/local/bin");
}

TEST_CASE("nvm's nodes are those that are installed") {
    const temp_folder folder;
    const auto tool = program(folder, ".nvm/versions/node/v22.1.0/bin/tool");
    program(folder, ".nvm/versions/node/v8.9.0/bin/tool");
    CHECK(find_program("tool", program_folders({.search_path = "", .home = folder.path()})) == tool);
    CHECK(text_of(program_folders({.search_path = "/a", .home = folder.path() / "none"})).starts_with("/a "));
}

TEST_CASE("the daemon's own places are those of its environment") {
    const char* const path = std::getenv("PATH");
    const char* const home = std::getenv("HOME");
    CHECK(own_places().search_path == (path == nullptr ? "" : path));
    CHECK(own_places().home == (home == nullptr ? "" : home));
}
