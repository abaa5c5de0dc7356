#include "config/disk/config_file.hpp"
#include "tests/config/disk/replacing.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

fs::path back_up(const fs::path& state, const fs::path& file, std::string_view day, std::string_view text) {
    const auto kept = back_up_config(state, file, day, text);
    REQUIRE_MESSAGE(kept.has_value(), kept.error().message);
    return *kept;
}

}  // namespace

TEST_CASE("a backup is kept in a folder of its own, for this user only") {
    const temp_folder folder;
    const fs::path state = folder.path() / ".local" / "state" / "operator";
    const fs::path kept = back_up(state, "/home/me/.config/operator/operator.toml", "2026-11-22", "text\n");
    CHECK(kept == state / "backups" / "home-me-.config-operator-operator.toml" / "2026-11-22.toml");
    CHECK(bytes_of(kept) == "text\n");
    CHECK(mode_of(kept) == 0600);
    for (fs::path at = kept.parent_path(); at != folder.path(); at = at.parent_path()) CHECK(mode_of(at) == 0700);
    CHECK(names_in(kept.parent_path()) == names{"2026-11-22.toml"});
}

TEST_CASE("only the first text of a day is kept") {
    const temp_folder folder;
    const fs::path first = back_up(folder.path(), "/o.toml", "2026-11-22", "first\n");
    CHECK(back_up(folder.path(), "/o.toml", "2026-11-22", "second\n") == first);
    CHECK(bytes_of(first) == "first\n");
    const fs::path next = back_up(folder.path(), "/o.toml", "2026-11-23", "third\n");
    CHECK(bytes_of(next) == "third\n");
    CHECK(names_in(first.parent_path()) == names{"2026-11-22.toml", "2026-11-23.toml"});
}

TEST_CASE("each file has its own backups, whatever its path") {
    const temp_folder folder;
    const auto folder_for = [&](const char* file) {
        return back_up(folder.path(), file, "2026-11-22", file).parent_path().filename().string();
    };
    CHECK(folder_for("/a/b.toml") == "a-b.toml");
    CHECK(folder_for("/a-b.toml") == "a\\x2db.toml");
    CHECK(folder_for("/.a b/\xc3\xa9.toml") == "\\x2ea\\x20b-\\xc3\\xa9.toml");
    CHECK(folder_for("/a//c/../b2.toml") == "a-b2.toml");
}

TEST_CASE("the newest 30 are kept, and what is not a backup is left alone") {
    const temp_folder folder;
    const fs::path kept = back_up(folder.path(), "/o.toml", "2026-09-01", "text\n").parent_path();
    for (const char* foreign : {"notes.toml", "2026-01-01.txt", "2026-01-01.toml.orig", "2026-1-1.toml"})
        folder.write(kept / foreign, "mine");
    for (int day = 2; day <= 30; ++day) back_up(folder.path(), "/o.toml", fmt::format("2026-09-{:02}", day), "text\n");
    CHECK(names_in(kept).size() == 30 + 4);
    back_up(folder.path(), "/o.toml", "2026-10-01", "text\n");
    back_up(folder.path(), "/o.toml", "2026-10-02", "text\n");
    const names left = names_in(kept);
    CHECK(left.size() == 30 + 4);
    CHECK_FALSE(fs::exists(kept / "2026-09-01.toml"));
    CHECK_FALSE(fs::exists(kept / "2026-09-02.toml"));
    CHECK(fs::exists(kept / "2026-09-03.toml"));
    CHECK(fs::exists(kept / "2026-10-02.toml"));
}

TEST_CASE("a half backup of a killed daemon is replaced") {
    const temp_folder folder;
    folder.write("backups/o.toml/.operatord-new", "half a te");
    const fs::path kept = back_up(folder.path(), "/o.toml", "2026-11-22", "text\n");
    CHECK(bytes_of(kept) == "text\n");
    CHECK(names_in(kept.parent_path()) == names{"2026-11-22.toml"});
}

TEST_CASE("a backup that cannot be made is told") {
    const temp_folder folder;
    const fs::path state = folder.path() / "state";
    ::chmod(folder.path().c_str(), 0555);
    {
        const without_privileges ordinary_user;
        const auto kept = back_up_config(state, "/o.toml", "2026-11-22", "text\n");
        REQUIRE_FALSE(kept.has_value());
        CHECK(kept.error().message ==
              "cannot write the backup " + state.string() + "/backups/o.toml/2026-11-22.toml: Permission denied");
        CHECK(kept.error().hint == "see that " + state.string() + " can be written to and has space");
    }
    ::chmod(folder.path().c_str(), 0755);
}
