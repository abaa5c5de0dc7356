// What other programs and the disk do to a replacement at its worst moments.

#include "config/disk/config_file.hpp"
#include "tests/config/disk/replacing.hpp"
#include "tests/support/system_calls.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;
using decision = std::function<int(const system_call&)>;

const std::string not_possible = "not possible here";

/// Replaces `old` by `new` while somebody else decides what becomes of its system calls.
std::string replace_while(const fs::path& file, const std::vector<int>& calls, const decision& decide,
                          bool exists = true) {
    std::string said;
    const config_text expected{.text = exists ? "old\n" : "", .exists = exists};
    const auto body = [&] { said = outcome(replace_config_file(file, expected, "new\n")); };
    if (with_intercepted(calls, decide, body)) return said;
    MESSAGE("skipped: this system does not allow to intercept system calls");
    return not_possible;
}

bool is_flag(const system_call& call, unsigned flag) {
    return call.number == SYS_renameat2 && call.arguments[4] == flag;
}

/// Waits until somebody waits for a lease of the file.
void wait_for_lease_break(const fs::path& file) {
    const std::string inode = fmt::format(":{} ", facts_of(file).st_ino);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
        std::ifstream locks("/proc/locks");
        for (std::string line; std::getline(locks, line);)
            if (line.find("BREAKING") != std::string::npos && line.find(inode) != std::string::npos) return;
        std::this_thread::yield();
    }
    CHECK_MESSAGE(false, "nobody waits for a lease");
}

}  // namespace

TEST_CASE("an editor that renames in the last moment wins") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    int exchanges = 0;
    const auto decide = [&](const system_call&) {
        if (++exchanges == 1) rename_over(file, "by hand\n");
        return 0;
    };
    const std::string said = replace_while(file, {SYS_renameat2}, decide);
    if (said == not_possible) return;
    CHECK(said == "changed meanwhile");
    CHECK(exchanges == 2);
    CHECK(bytes_of(file) == "by hand\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("of two editors that rename in the last moments, the later one wins") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    int exchanges = 0;
    const auto decide = [&](const system_call&) {
        if (++exchanges <= 3) rename_over(file, fmt::format("by hand {}\n", exchanges));
        return 0;
    };
    const std::string said = replace_while(file, {SYS_renameat2}, decide);
    if (said == not_possible) return;
    CHECK(said == "changed meanwhile");
    CHECK(exchanges == 4);
    CHECK(bytes_of(file) == "by hand 3\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("a file that is deleted in the last moment stays so") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    for (const int when : {1, 2}) {
        folder.write("operator.toml", "old\n");
        int exchanges = 0;
        const auto decide = [&](const system_call&) {
            if (++exchanges == 1 && when == 2) rename_over(file, "by hand\n");
            if (exchanges == when) fs::remove(file);
            return 0;
        };
        const std::string said = replace_while(file, {SYS_renameat2}, decide);
        if (said == not_possible) return;
        CHECK(said == "changed meanwhile");
        CHECK(names_in(folder.path()).empty());
    }
}

TEST_CASE("a program that opened the file for writing in the last moment wins") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    std::thread program;
    const auto decide = [&](const system_call&) {
        if (!program.joinable()) {
            program = std::thread([&] { append(file, "by hand\n"); });
            wait_for_lease_break(file);
        }
        return 0;
    };
    const std::string said = replace_while(file, {SYS_renameat2}, decide);
    if (said == not_possible) return;
    program.join();
    CHECK(said == "changed meanwhile");
    CHECK(bytes_of(file) == "old\nby hand\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("a program that had opened the file before the exchange is noticed after it, too") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const fs::path beside = folder.path() / ".operator.toml.operatord-new";
    std::thread program;
    const auto decide = [&](const system_call& call) {
        // The folder is synced after the exchange: the old file has the temporary name now.
        if (!program.joinable() && call.path_of(0) == folder.path()) {
            program = std::thread([&] { append(beside, "by hand\n"); });
            wait_for_lease_break(beside);
        }
        return 0;
    };
    const std::string said = replace_while(file, {SYS_fsync}, decide);
    if (said == not_possible) return;
    program.join();
    CHECK(said == "changed meanwhile");
    CHECK(bytes_of(file) == "old\nby hand\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("where files have no leases, a text that was changed in place in the last moment is put back") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    bool changed = false;
    const auto decide = [&](const system_call& call) {
        if (call.number == SYS_fcntl) return call.arguments[1] == F_SETLEASE ? EINVAL : 0;
        if (!std::exchange(changed, true)) append(file, "by hand\n");
        return 0;
    };
    const std::string said = replace_while(file, {SYS_fcntl, SYS_renameat2}, decide);
    if (said == not_possible) return;
    CHECK(said == "changed meanwhile");
    CHECK(bytes_of(file) == "old\nby hand\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("a mode that was changed meanwhile is not taken back") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    bool changed = false;
    const auto decide = [&](const system_call&) {
        if (!std::exchange(changed, true)) ::chmod(file.c_str(), 0604);
        return 0;
    };
    const std::string said = replace_while(file, {SYS_renameat2}, decide);
    if (said == not_possible) return;
    CHECK(said == "changed meanwhile");
    CHECK(mode_of(file) == 0604);
    CHECK(bytes_of(file) == "old\n");
}

TEST_CASE("a file system that cannot exchange names is no obstacle") {
    for (const int error : {EINVAL, ENOSYS, EOPNOTSUPP}) {
        const temp_folder folder;
        const fs::path file = folder.write("operator.toml", "old\n");
        ::chmod(file.c_str(), 0640);
        const auto refuse = [&](const system_call&) { return error; };
        const std::string said = replace_while(file, {SYS_renameat2}, refuse);
        if (said == not_possible) return;
        CHECK(said == "done");
        CHECK(bytes_of(file) == "new\n");
        CHECK(mode_of(file) == 0640);

        const auto refuse_and_edit = [&](const system_call&) {
            rename_over(file, "by hand\n");
            return error;
        };
        folder.write("operator.toml", "old\n");
        CHECK(replace_while(file, {SYS_renameat2}, refuse_and_edit) == "changed meanwhile");
        CHECK(bytes_of(file) == "by hand\n");
        CHECK(names_in(folder.path()) == names{"operator.toml"});

        const fs::path other = folder.path() / "other.toml";
        CHECK(replace_while(other, {SYS_renameat2}, refuse, false) == "done");
        CHECK(bytes_of(other) == "new\n");
        CHECK(names_in(folder.path()) == names{"operator.toml", "other.toml"});
    }
}

TEST_CASE("a file that another program makes in the last moment is not overwritten") {
    for (const int error : {0, EINVAL}) {
        const temp_folder folder;
        const fs::path file = folder.path() / "operator.toml";
        const auto decide = [&](const system_call& call) {
            CHECK(is_flag(call, RENAME_NOREPLACE));
            folder.write("operator.toml", "by hand\n");
            return error;
        };
        const std::string said = replace_while(file, {SYS_renameat2}, decide, false);
        if (said == not_possible) return;
        CHECK(said == "changed meanwhile");
        CHECK(bytes_of(file) == "by hand\n");
        CHECK(names_in(folder.path()) == names{"operator.toml"});
    }
}

TEST_CASE("a disk that fails leaves the old text in place") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const fs::path other = folder.path() / "other.toml";
    for (const bool at_folder : {false, true}) {
        const auto decide = [&](const system_call& call) {
            return (call.path_of(0) == folder.path()) == at_folder ? EIO : 0;
        };
        const std::string said = replace_while(file, {SYS_fsync}, decide);
        if (said == not_possible) return;
        const std::string refusal = ": Input/output error\ncheck the path and its folder; nothing was changed";
        CHECK(said == "cannot write " + file.string() + refusal);
        CHECK(bytes_of(file) == "old\n");
        CHECK(replace_while(other, {SYS_fsync}, decide, false) == "cannot write " + other.string() + refusal);
        CHECK(names_in(folder.path()) == names{"operator.toml"});
    }
}

TEST_CASE("a disk that fails where names cannot be exchanged is told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const auto decide = [&](const system_call& call) {
        if (call.number == SYS_renameat2) return EINVAL;
        return call.path_of(0) == folder.path() ? EIO : 0;
    };
    const std::string said = replace_while(file, {SYS_renameat2, SYS_fsync}, decide);
    if (said == not_possible) return;
    CHECK(said ==
          file.string() + " was written, but may be lost if the machine fails now: Input/output error\ncheck the disk");
}

TEST_CASE("what cannot be put back is not deleted, and the user hears where it is") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    int exchanges = 0;
    const auto decide = [&](const system_call&) {
        if (++exchanges == 1) rename_over(file, "by hand\n");
        return exchanges == 1 ? 0 : EIO;
    };
    const std::string said = replace_while(file, {SYS_renameat2}, decide);
    if (said == not_possible) return;
    CHECK(said == file.string() +
                      " was changed by another program at the same moment, and its text could not be put back\n"
                      "it is in .operator.toml.operatord-new now, in the same folder: move it back");
    CHECK(bytes_of(folder.path() / ".operator.toml.operatord-new") == "by hand\n");
}
