#include "client/system.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace opd;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

fs::path make_program(const test::temp_folder& folder, const fs::path& name, bool executable = true) {
    const fs::path file = folder.write(name, "");
    fs::permissions(file, executable ? fs::perms::owner_all : fs::perms::owner_read);
    return file;
}

environment path(std::initializer_list<fs::path> folders) {
    std::string list;
    for (const fs::path& one : folders) list += (list.empty() ? "" : ":") + one.string();
    return {"PATH=" + list};
}

const environment usual{"PATH=/usr/bin:/bin", "GREETING=hello"};

result<program_end> shell(const char* script, brief_limits limits = {.time = 20s}) {
    return run_briefly({"sh", "-c", script}, usual, limits);
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

TEST_CASE("a program is run to its end, with this environment and no input") {
    const auto end = shell("read line && echo input; echo $GREETING; echo trouble >&2; exit 3");
    REQUIRE(end.has_value());
    CHECK(end->exit_code == 3);
    CHECK(end->out == "hello\n");
    CHECK(end->err == "trouble\n");
}

TEST_CASE("its output is kept up to a limit, and read to its end") {
    const auto end = shell("yes | head -c 300000; yes | head -c 300000 >&2; exit 0", {.time = 20s, .output = 1000});
    REQUIRE(end.has_value());
    CHECK(end->exit_code == 0);
    CHECK(end->out.size() == 1000);
    CHECK(end->err.size() == 1000);
}

TEST_CASE("what it leaves behind is not waited for") {
    const auto began = std::chrono::steady_clock::now();
    const auto end = shell("sleep 60 & echo started");
    REQUIRE(end.has_value());
    CHECK(end->out == "started\n");
    CHECK(std::chrono::steady_clock::now() - began < 15s);
}

TEST_CASE("what cannot be run to its end is told") {
    const auto why = [](const result<program_end>& end) { return end ? "it ended" : end.error().message; };
    CHECK(why(run_briefly({"no-such-program"}, usual)) == "no-such-program cannot be run: it is not on PATH");
    CHECK(why(run_briefly({"/"}, usual)) == "/ cannot be run: Permission denied");
    CHECK(why(shell("exec sleep 60", {.time = 50ms})) == "sh -c 'exec sleep 60' did not end within 50 ms");
    CHECK(why(shell("kill -9 $$")) == "sh -c 'kill -9 $$' was ended by signal 9");
}
