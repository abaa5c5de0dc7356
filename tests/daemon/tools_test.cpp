#include "daemon/tools.hpp"

#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace opd;
using namespace opd::test;

namespace {

std::filesystem::path program(const temp_folder& folder, const std::filesystem::path& name) {
    auto file = folder.write(name, "#!/bin/false\n");
    std::filesystem::permissions(file, std::filesystem::perms(0755));
    return file;
}

}  // namespace

TEST_CASE("a program is the first executable file of its name on the PATH") {
    const temp_folder folder;
    const std::string path = fmt::format("{0}/none:{0}/a:{0}/b:{0}/c", folder.path().string());
    folder.write("a/tool", "not executable");
    std::filesystem::create_directories(folder.path() / "b" / "tool");
    CHECK_FALSE(find_program("tool", path).has_value());
    const auto third = program(folder, "c/tool");
    CHECK(find_program("tool", path) == third);
    std::filesystem::permissions(folder.path() / "a" / "tool", std::filesystem::perms(0755));
    CHECK(find_program("tool", path) == folder.path() / "a" / "tool");
    CHECK_FALSE(find_program("too", path).has_value());
    CHECK_FALSE(find_program("tool", "").has_value());
}

TEST_CASE("a link counts as what it leads to") {
    const temp_folder folder;
    const auto real = program(folder, "real");
    std::filesystem::create_symlink(real, folder.path() / "tool");
    std::filesystem::create_symlink(folder.path() / "nothing", folder.path() / "dead");
    CHECK(find_program("tool", folder.path().string()) == folder.path() / "tool");
    CHECK_FALSE(find_program("dead", folder.path().string()).has_value());
}

TEST_CASE("nothing is found by way of the current directory") {
    const temp_folder folder;
    program(folder, "tool");
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    for (const char* path : {".", "", ":", "::", "./", "bin:."}) {
        CAPTURE(path);
        CHECK_FALSE(find_program("tool", path).has_value());
    }
    std::filesystem::current_path(before);
}

TEST_CASE("the tools of the table are found, in its order") {
    const temp_folder folder;
    const auto gemini = program(folder, "gemini");
    const auto claude = program(folder, "claude");
    program(folder, "vim");
    const auto found = find_tools(folder.path().string());
    REQUIRE(found.size() == 2);
    CHECK(found[0].tool == find_llm_tool("claude"));
    CHECK(found[0].path == claude);
    CHECK(found[1].tool == find_llm_tool("gemini"));
    CHECK(found[1].path == gemini);
}

TEST_CASE("the daemon's own PATH is the one of its environment") {
    const char* const path = std::getenv("PATH");
    CHECK(own_search_path() == (path == nullptr ? "" : path));
}
