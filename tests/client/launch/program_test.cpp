#include "client/program.hpp"

#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

using namespace opd;
namespace fs = std::filesystem;

namespace {

fs::path make_program(const test::temp_folder& folder, const fs::path& name, bool executable = true) {
    const fs::path file = folder.write(name, "");
    fs::permissions(file, executable ? fs::perms::owner_all : fs::perms::owner_read);
    return file;
}

environment path(std::initializer_list<fs::path> folders) {
    std::string list;
    for (const fs::path& one : folders)
        list += (list.empty() ? "" : ":") + one.string();
    return {"PATH=" + list};
}

}  // namespace

TEST_CASE("the first file on the PATH that may be executed is the program") {
    const test::temp_folder folder;
    const fs::path& root = folder.path();
    fs::create_directories(root / "a/codex");
    make_program(folder, "b/codex", false);
    const fs::path third = make_program(folder, "c/codex");
    make_program(folder, "d/codex");
    const auto found = search_program("codex", path({root / "none", root / "a", root / "b", root / "c", root / "d"}));
    REQUIRE(found.has_value());
    CHECK(found->executable);
    CHECK(found->path == third.string());
}

TEST_CASE("a file that may not be executed is told from one that is not there") {
    const test::temp_folder folder;
    const fs::path file = make_program(folder, "b/codex", false);
    const auto found = search_program("codex", path({folder.path() / "a", folder.path() / "b"}));
    REQUIRE(found.has_value());
    CHECK_FALSE(found->executable);
    CHECK(found->path == file.string());
    CHECK_FALSE(search_program("codex", path({folder.path() / "a"})).has_value());
}

TEST_CASE("an empty folder of the PATH is the current one, and without a PATH there are the usual folders") {
    const auto shell = search_program("sh", {});
    REQUIRE(shell.has_value());
    CHECK(shell->path == "/bin/sh");
    for (const char* list : {"PATH=", "PATH=:/nowhere", "PATH=/nowhere:"}) {
        CAPTURE(list);
        const test::temp_folder folder;
        make_program(folder, "codex");
        const fs::path before = fs::current_path();
        fs::current_path(folder.path());
        const auto found = search_program("codex", {list});
        fs::current_path(before);
        REQUIRE(found.has_value());
        CHECK(found->path == "./codex");
    }
}
