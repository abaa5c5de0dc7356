#include "client/file.hpp"

#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include <sys/stat.h>

using namespace opd;
namespace fs = std::filesystem;

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
