#include "daemon/http/unix_socket.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a missing folder is made for its owner alone, with those above it") {
    const temp_folder home;
    const fs::path folder = home.path() / "deep" / "operator";
    const auto was_open = prepare_socket_folder(folder, folder_kind::the_users);
    REQUIRE(was_open.has_value());
    CHECK_FALSE(*was_open);
    CHECK(mode_of(folder) == 0700);
    CHECK(mode_of(folder.parent_path()) == 0700);
}

TEST_CASE("a folder of our own that others may enter is closed to them, the user's is left as it is") {
    const temp_folder home;
    for (const mode_t mode : {0755U, 0711U, 0770U, 0777U, 0704U}) {
        CAPTURE(mode);
        REQUIRE(::chmod(home.path().c_str(), mode) == 0);
        const auto left = prepare_socket_folder(home.path(), folder_kind::the_users);
        REQUIRE(left.has_value());
        CHECK_FALSE(*left);
        CHECK(mode_of(home.path()) == mode);
        const auto closed = prepare_socket_folder(home.path(), folder_kind::our_own);
        REQUIRE(closed.has_value());
        CHECK(*closed);
        CHECK(mode_of(home.path()) == 0700);
        CHECK_FALSE(*prepare_socket_folder(home.path(), folder_kind::our_own));
    }
}

TEST_CASE("a folder that cannot be is an error") {
    const temp_folder home;
    const fs::path file = home.write("file", "");
    CHECK(prepare_socket_folder(file, folder_kind::our_own).error() == std::errc::not_a_directory);
    CHECK(prepare_socket_folder(file / "operator", folder_kind::our_own).error() == std::errc::not_a_directory);
}

TEST_CASE("there is no doubt about a folder that only its user and root can change") {
    const temp_folder home;  // below /tmp, whose files are protected from each other
    CHECK_FALSE(doubt_about_folder(home.path()));
    REQUIRE(::chmod(home.path().c_str(), 0755) == 0);
    CHECK_FALSE(doubt_about_folder(home.path()));
}

TEST_CASE("others who may write to the folder, or to one above it, could swap the socket") {
    const temp_folder home;
    const fs::path folder = home.path() / "a" / "b";
    REQUIRE(prepare_socket_folder(folder, folder_kind::the_users).has_value());
    REQUIRE(::chmod(folder.c_str(), 0777) == 0);
    CHECK(doubt_about_folder(folder) ==
          fmt::format("other users may write to the folder {} (mode 0777)", folder.string()));
    REQUIRE(::chmod(folder.c_str(), 01777) == 0);
    CHECK_FALSE(doubt_about_folder(folder));
    REQUIRE(::chmod(folder.parent_path().c_str(), 0770) == 0);
    CHECK(doubt_about_folder(folder) ==
          fmt::format("other users may write to the folder {} (mode 0770)", folder.parent_path().string()));
    const fs::path link = home.path() / "link";
    fs::create_directory_symlink(folder, link);
    CHECK(doubt_about_folder(link) ==
          fmt::format("other users may write to the folder {} (mode 0770)", folder.parent_path().string()));
    CHECK(doubt_about_folder(home.path() / "none") ==
          fmt::format("the folder {} cannot be looked at: No such file or directory", (home.path() / "none").string()));
}

TEST_CASE("the owner of a folder above could swap the socket") {
    if (::geteuid() != 0) {
        MESSAGE("only root can give a folder to another user");
        return;
    }
    const temp_folder home;
    const fs::path folder = home.path() / "theirs" / "ours";
    REQUIRE(prepare_socket_folder(folder, folder_kind::the_users).has_value());
    REQUIRE(::chown(folder.parent_path().c_str(), nobody, nobody) == 0);
    CHECK(doubt_about_folder(folder) ==
          fmt::format("the folder {} belongs to another user (uid 65534)", folder.parent_path().string()));
}
