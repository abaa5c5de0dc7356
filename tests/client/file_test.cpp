#include "client/system.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>

#include <sys/stat.h>

using namespace opd;
namespace fs = std::filesystem;
using opd::test::temp_folder;

namespace {

std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a file is written with its mode, whatever the umask") {
    const test::temp_folder folder;
    const mode_t before = ::umask(0777);
    const bool written = write_file(folder.path() / "run.sh", "text\n", {.mode = 0700}).has_value();
    ::umask(before);
    CHECK(written);
    CHECK(content(folder.path() / "run.sh") == "text\n");
    CHECK(fs::status(folder.path() / "run.sh").permissions() == fs::perms::owner_all);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("what is there already is only replaced where that is wanted") {
    const test::temp_folder folder;
    const fs::path file = folder.write("run.sh", "mine");
    const auto refused = write_file(file, "new", {.mode = 0700});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == file.string() + " exists already");
    CHECK(refused.error().hint == "--force replaces it");
    CHECK(content(file) == "mine");
    CHECK(write_file(file, "new", {.mode = 0700, .replace = true}).has_value());
    CHECK(content(file) == "new");
    CHECK(fs::status(file).permissions() == fs::perms::owner_all);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("what cannot be written says why") {
    const test::temp_folder folder;
    const auto nowhere = write_file(folder.path() / "none" / "x", "", {});
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message ==
          "cannot write " + (folder.path() / "none" / "x").string() + ": No such file or directory");
    const auto no_name = write_file("", "", {});
    REQUIRE_FALSE(no_name.has_value());
    CHECK(no_name.error().message == "the file to write has no name");
    CHECK(entries(folder.path()) == 0);
}

TEST_CASE("a folder, a pipe, a link are neither replaced nor followed") {
    const test::temp_folder folder;
    const fs::path target = folder.write("target", "mine");
    fs::create_directory(folder.path() / "sub");
    REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
    fs::create_symlink(target, folder.path() / "link");
    fs::create_symlink("/dev/null", folder.path() / "device");
    fs::create_symlink("nowhere", folder.path() / "dangling");
    for (const char* name : {"sub", "pipe", "link", "device", "dangling", "sub/"}) {
        CAPTURE(name);
        for (const bool replace : {false, true}) {
            const auto refused = write_file(folder.path() / name, "text", {.replace = replace});
            REQUIRE_FALSE(refused.has_value());
            CHECK(refused.error().message ==
                  "cannot write " + (folder.path() / name).string() + ": it is not a regular file");
            CHECK(refused.error().hint == "remove it, or choose another name");
        }
    }
    CHECK(content(target) == "mine");
    CHECK(entries(folder.path()) == 6);
}

TEST_CASE("a token is the one line of its file") {
    const temp_folder folder;
    for (const char* text : {"abc.DEF-123==", "abc.DEF-123==\n"}) {
        const auto token = read_token(folder.write("token", text));
        REQUIRE(token.has_value());
        CHECK(token->reveal() == "abc.DEF-123==");
    }
}

TEST_CASE("what could not stand in a header is no token, and is not repeated") {
    const temp_folder folder;
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("two words"), std::string("a\r\nX: b"), std::string("a\n\n"),
          std::string("a\r\n"), std::string("\xc3\xa9"), std::string("a\0b", 3)}) {
        CAPTURE(text);
        const auto file = folder.write("token", text);
        const auto token = read_token(file);
        REQUIRE(token.has_error());
        CHECK(token.error().message == fmt::format("the token file {} is not a token in one line", file.string()));
        CHECK(token.error().hint == "copy the one that the log of that operatord names");
    }
}

TEST_CASE("a token file that cannot be read is told") {
    const temp_folder folder;
    const std::string none = (folder.path() / "none").string();
    CHECK(read_token(none).error().message == "the token file " + none + " cannot be read: No such file or directory");
    const std::string large = folder.write("large", std::string(5000, 'a')).string();
    CHECK(read_token(large).error().message == "the token file " + large + " cannot be read: File too large");
}
