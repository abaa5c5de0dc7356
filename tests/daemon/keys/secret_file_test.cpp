#include "daemon/keys/key_store.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using namespace opd::keys;
using opd::test::temp_folder;
namespace fs = std::filesystem;

namespace {

struct stat facts(mode_t mode, uid_t owner) {
    struct stat made{};
    made.st_mode = S_IFREG | mode;
    made.st_uid = owner;
    return made;
}

std::string refusal(mode_t mode, uid_t owner = 1000) {
    const auto checked = check_private("/h/keys.env", facts(mode, owner), 1000);
    if (checked) return {};
    return checked.error().sentence();
}

std::string fault_of(const fs::path& file, std::size_t most = 100) {
    const auto read = read_secret_file(file, most);
    REQUIRE_FALSE(read.has_value());
    return read.error().sentence();
}

}  // namespace

TEST_CASE("a file of secrets is its user's alone") {
    CHECK(refusal(0600).empty());
    CHECK(refusal(0400).empty());
    CHECK(refusal(0700).empty());
    CHECK(refusal(0644) == "/h/keys.env: mode 0644 lets others read it; chmod 600 /h/keys.env");
    CHECK(refusal(0640) == "/h/keys.env: mode 0640 lets others read it; chmod 600 /h/keys.env");
    CHECK(refusal(0604) == "/h/keys.env: mode 0604 lets others read it; chmod 600 /h/keys.env");
    CHECK(refusal(0620) == "/h/keys.env: mode 0620 lets others change it; chmod 600 /h/keys.env");
    CHECK(refusal(0602) == "/h/keys.env: mode 0602 lets others change it; chmod 600 /h/keys.env");
    CHECK(refusal(0711) == "/h/keys.env: mode 0711 lets others execute it; chmod 600 /h/keys.env");
    CHECK(refusal(0600, 0) ==
          "/h/keys.env: belongs to user 0, not to user 1000, who runs operatord; make it yours: chown 1000 "
          "/h/keys.env");
    CHECK_FALSE(refusal(0600, 1001).empty());
}

TEST_CASE("a file of secrets is read as it is, with the facts of the very file") {
    const temp_folder folder;
    const std::string text("a\0b\n", 4);
    const fs::path file = folder.write("keys.env", text);
    fs::permissions(file, fs::perms::owner_read);
    const auto read = read_secret_file(file, 4);
    REQUIRE((read && *read));
    CHECK((*read)->text.reveal() == text);
    CHECK((*read)->facts.st_uid == ::geteuid());
    CHECK(((*read)->facts.st_mode & 07777) == 0400);

    fs::create_symlink(file, folder.path() / "link");
    const auto linked = read_secret_file(folder.path() / "link", 4);
    REQUIRE((linked && *linked));
    CHECK((*linked)->text.reveal() == text);
}

TEST_CASE("a file that is not there is none, and what is no file, too large or unreadable is said") {
    const temp_folder folder;
    const std::string at = folder.path().string();
    const auto none = read_secret_file(folder.path() / "none", 100);
    REQUIRE(none.has_value());
    CHECK_FALSE(none->has_value());

    CHECK(fault_of(folder.path()) == at + ": is not a regular file; put a file in its place");
    const fs::path pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(fault_of(pipe) == at + "/pipe: is not a regular file; put a file in its place");
    const fs::path file = folder.write("large", "12345");
    CHECK(fault_of(file, 4) == at + "/large: has more than 4 bytes; is it the right file?");
    CHECK(fault_of(folder.path() / "large/x") ==
          at + "/large/x: cannot be read: Not a directory; make it and its folder readable for the user who runs "
               "operatord");

    fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_exec);
    fs::permissions(file, fs::perms::none);
    if (::geteuid() == 0 && ::chown(file.c_str(), 0, 0) != 0) return;
    const test::without_privileges nobody;
    CHECK(fault_of(file) ==
          at + "/large: cannot be read: Permission denied; make it and its folder readable for the user who runs "
               "operatord");
}
