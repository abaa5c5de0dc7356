#include "daemon/launch/plan.hpp"
#include "daemon/peers/peer.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include <sys/stat.h>

using namespace opd;
using namespace opd::launch;
using namespace opd::peers;

TEST_CASE("a file is trusted where only root can change it") {
    struct stat root{};
    if (stat("/", &root) != 0 || (root.st_uid != 0 && root.st_uid != nameless_uid())) {
        MESSAGE("skipped: nothing belongs to root here");
        return;
    }
    CHECK(trusted_file("/etc/passwd") == "/etc/passwd");
}

TEST_CASE("a file is not trusted where others could change it, or it is not there") {
    const test::temp_folder folder;  // below a folder that everybody may write to
    const auto file = folder.write("settings.json", "{}");
    std::filesystem::create_symlink("/etc/passwd", folder.path() / "link");
    CHECK_FALSE(trusted_file(file));
    CHECK_FALSE(trusted_file(folder.path() / "link"));
    CHECK_FALSE(trusted_file("/etc/no such file"));
    CHECK_FALSE(trusted_file("/etc"));
    CHECK_FALSE(trusted_file("etc/passwd"));
    CHECK_FALSE(trusted_file(""));
    if (std::filesystem::is_symlink("/bin")) CHECK_FALSE(trusted_file("/bin/cat"));
}
