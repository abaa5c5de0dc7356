#include "daemon/listen/unix_socket.hpp"

#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using namespace opd::listen;
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

TEST_CASE("one has the lock, and the other is told who") {
    const temp_folder folder;
    const std::string path = folder.path() / "s";
    {
        const auto first = socket_lock::take(path);
        REQUIRE(first.has_value());
        const auto second = socket_lock::take(path);
        REQUIRE(second.has_error());
        CHECK(second.error().exit_code == 69);
        CHECK(second.error().what.message ==
              fmt::format("another operatord (pid {}) already serves {}", ::getpid(), path));
        CHECK(second.error().what.hint ==
              "use that one (operatorctl status), or give this one a socket of its own with --socket PATH");
        CHECK(socket_lock::take(path + "2").has_value());
    }
    CHECK(socket_lock::take(path).has_value());
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("what a dead holder left is no hindrance") {
    const temp_folder folder;
    folder.write("s.lock", "12345678901234567890 and more");
    CHECK(socket_lock::take(folder.path() / "s").has_value());
}

TEST_CASE("where no lock can be made there can be no socket, either") {
    const auto lock = socket_lock::take("/no/such/folder/s");
    REQUIRE(lock.has_error());
    CHECK(lock.error().what.message == "cannot listen on the unix socket /no/such/folder/s: No such file or directory");
    const temp_folder folder;
    fs::create_symlink("/etc/passwd", folder.path() / "s.lock");
    CHECK(socket_lock::take(folder.path() / "s").has_error());
}

TEST_CASE("never two at once, however many come and go") {
    const temp_folder folder;
    const std::string path = folder.path() / "s";
    std::atomic<int> holders = 0;
    std::atomic<int> most = 0;
    std::atomic<int> taken = 0;
    const auto compete = [&] {
        for (int i = 0; i != 500; ++i) {
            const auto lock = socket_lock::take(path);
            if (!lock) continue;
            ++taken;
            most = std::max(most.load(), ++holders);
            std::this_thread::yield();
            --holders;
        }
    };
    {
        std::vector<std::jthread> all;
        for (int i = 0; i != 4; ++i) all.emplace_back(compete);
    }
    CHECK(most == 1);
    CHECK(taken > 0);
}
