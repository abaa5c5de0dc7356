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

TEST_CASE("a link is not followed") {
    const test::temp_folder folder;
    const fs::path target = folder.write("target", "mine");
    const fs::path link = folder.path() / "link";
    fs::create_symlink(target, link);
    CHECK_FALSE(write_file(link, "new", {}).has_value());
    CHECK(write_file(link, "new", {.replace = true}).has_value());
    CHECK(content(target) == "mine");
    CHECK_FALSE(fs::is_symlink(link));
}

TEST_CASE("what cannot be written says why") {
    const test::temp_folder folder;
    const auto nowhere = write_file(folder.path() / "none" / "x", "", {});
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message ==
          "cannot write " + (folder.path() / "none" / "x").string() + ": No such file or directory");
    fs::create_directory(folder.path() / "sub");
    const auto a_folder = write_file(folder.path() / "sub", "", {.replace = true});
    REQUIRE_FALSE(a_folder.has_value());
    CHECK(a_folder.error().message == "cannot write " + (folder.path() / "sub").string() + ": Is a directory");
    CHECK(entries(folder.path()) == 1);
}
