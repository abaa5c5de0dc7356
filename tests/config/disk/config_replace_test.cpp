#include "config/disk/config_file.hpp"
#include "tests/config/disk/replacing.hpp"
#include "tests/support/standstill.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

/// A file system of 64 KiB, while the object lives.
class small_disk {
public:
    explicit small_disk(fs::path where)
        : where_(std::move(where)), there_(::mount("tmpfs", where_.c_str(), "tmpfs", 0, "size=64k") == 0) {}

    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    ~small_disk() {
        if (there_) ::umount(where_.c_str());
    }

    bool there() const { return there_; }

private:
    fs::path where_;
    bool there_;
};

bool is_root() {
    if (::geteuid() == 0) return true;
    MESSAGE("skipped: only root can try this");
    return false;
}

/// An access control list as the kernel keeps it: owner and group may do `rw-`, one user more may read.
std::string access_list(std::uint32_t user) {
    const std::uint32_t anybody = 0xffffffff;
    std::string list{"\x02\0\0\0", 4};
    const auto add = [&](char tag, char permissions, std::uint32_t id) {
        list += {tag, '\0', permissions, '\0'};
        list.append(reinterpret_cast<const char*>(&id), sizeof id);
    };
    add(0x01, 6, anybody);
    add(0x02, 4, user);
    add(0x04, 0, anybody);
    add(0x10, 4, anybody);
    add(0x20, 0, anybody);
    return list;
}

std::string attribute(const fs::path& file, const char* name) {
    std::string value(1000, '\0');
    const ssize_t size = ::getxattr(file.c_str(), name, value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return value;
}

bool set_attribute(const fs::path& file, const char* name, const std::string& value) {
    return ::setxattr(file.c_str(), name, value.data(), value.size(), 0) == 0;
}

}  // namespace

TEST_CASE("a text is replaced, and its file's mode is kept") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    for (const unsigned mode : {0640U, 0600U, 0666U, 0200U | 0400U | 01U}) {
        ::chmod(file.c_str(), mode);
        CHECK(replace(file, "old\n", "new\n") == "done");
        CHECK(mode_of(file) == mode);
        CHECK(replace(file, "new\n", "old\n") == "done");
    }
    CHECK(names_in(folder.path()) == names{"operator.toml"});
    CHECK(replace(file, "old\n", "") == "done");
    CHECK(bytes_of(file).empty());
    const std::string large(1 << 20, 'x');
    CHECK(replace(file, "", large) == "done");
    CHECK(bytes_of(file) == large);
}

TEST_CASE("a reader that has the file open keeps the old text") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    std::ifstream reader(file);
    CHECK(replace(file, "old\n", "new\n") == "done");
    std::string line;
    CHECK(std::getline(reader, line));
    CHECK(line == "old");
    CHECK(bytes_of(file) == "new\n");
}

TEST_CASE("what is not as expected is not touched") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "by hand\n");
    const struct stat before = facts_of(file);
    CHECK(replace(file, "old\n", "new\n") == "changed meanwhile");
    CHECK(create(file, "new\n") == "changed meanwhile");
    const struct stat after = facts_of(file);
    CHECK(bytes_of(file) == "by hand\n");
    CHECK(after.st_ino == before.st_ino);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    CHECK(after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
    CHECK(replace(folder.path() / "gone.toml", "old\n", "new\n") == "changed meanwhile");
    CHECK(replace(folder.path() / "gone" / "operator.toml", "old\n", "new\n") == "changed meanwhile");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("an empty file is not a missing one") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "");
    CHECK(create(file, "new\n") == "changed meanwhile");
    CHECK(replace(file, "", "new\n") == "done");
}

TEST_CASE("a missing file is made with its folders, for this user only") {
    const temp_folder folder;
    const fs::path file = folder.path() / "home" / ".config" / "operator" / "operator.toml";
    const mode_t mask = ::umask(0);
    CHECK(create(file, "new\n") == "done");
    ::umask(mask);
    CHECK(bytes_of(file) == "new\n");
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(file.parent_path()) == 0700);
    CHECK(mode_of(folder.path() / "home") == 0700);
    CHECK(names_in(file.parent_path()) == names{"operator.toml"});
}

TEST_CASE("a file in the current folder is found by its bare name") {
    const temp_folder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    CHECK(create("operator.toml", "one\n") == "done");
    CHECK(replace("operator.toml", "one\n", "two\n") == "done");
    CHECK(create("deep/down/operator.toml", "three\n") == "done");
    fs::current_path(before);
    CHECK(bytes_of(folder.path() / "operator.toml") == "two\n");
    CHECK(bytes_of(folder.path() / "deep/down/operator.toml") == "three\n");
}

TEST_CASE("a symbolic link is followed, over several steps, and stays") {
    const temp_folder folder;
    const fs::path file = folder.write("dotfiles/operator/operator.toml", "old\n");
    fs::create_directories(folder.path() / "config");
    fs::create_directory_symlink("../dotfiles/operator", folder.path() / "config" / "operator");
    fs::create_symlink(folder.path() / "config" / "operator" / "operator.toml", folder.path() / "absolute");
    fs::create_directories(folder.path() / "links");
    fs::create_symlink("../absolute", folder.path() / "links" / "relative");
    CHECK(replace(folder.path() / "links" / "relative", "old\n", "new\n") == "done");
    CHECK(bytes_of(file) == "new\n");
    CHECK_FALSE(fs::is_symlink(file));
    CHECK(fs::is_symlink(folder.path() / "links" / "relative"));
    CHECK(fs::is_symlink(folder.path() / "absolute"));
    CHECK(fs::is_symlink(folder.path() / "config" / "operator"));
    CHECK(names_in(folder.path() / "links") == names{"relative"});
    CHECK(names_in(file.parent_path()) == names{"operator.toml"});
}

TEST_CASE("what a dangling link leads to is made") {
    const temp_folder folder;
    fs::create_symlink("dotfiles/operator/operator.toml", folder.path() / "operator.toml");
    CHECK(create(folder.path() / "operator.toml", "new\n") == "done");
    CHECK(fs::is_symlink(folder.path() / "operator.toml"));
    CHECK(bytes_of(folder.path() / "dotfiles" / "operator" / "operator.toml") == "new\n");
}

TEST_CASE("a path that leads to no file is refused with the reason") {
    const temp_folder folder;
    const std::string circle = folder.path() / "circle";
    fs::create_symlink("circle", circle);
    CHECK(create(circle, "new\n") ==
          "cannot write " + circle +
              ": Too many levels of symbolic links\n"
              "the symbolic links lead in a circle: remove one of them; nothing was changed");
    const std::string below = folder.write("file", "") / "operator.toml";
    CHECK(create(below, "new\n") == "cannot write " + below +
                                        ": Not a directory\n"
                                        "check the path and its folder; nothing was changed");
    const std::string slash = folder.path().string() + "/operator.toml/";
    CHECK(create(slash, "new\n") == "cannot write " + slash +
                                        ": Is a directory\n"
                                        "check the path and its folder; nothing was changed");
    const std::string whole = folder.path();
    CHECK(create(whole, "new\n") == whole + ": is a folder, not a file\nname a file with --config FILE");
    fs::create_directory_symlink("nowhere", folder.path() / "dangling");
    const std::string dangling = folder.path() / "dangling";
    CHECK(create(dangling + "/operator.toml", "new\n") == "cannot write " + dangling +
                                                              ": No such file or directory\n"
                                                              "check the path and its folder; nothing was changed");
}

TEST_CASE("a read-only file is refused, for root too") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    ::chmod(file.c_str(), 0444);
    CHECK(replace(file, "old\n", "new\n") == "cannot write " + file.string() +
                                                 ": it is read-only\n"
                                                 "make it writable: chmod u+w " +
                                                 file.string() + "; nothing was changed");
    CHECK(bytes_of(file) == "old\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("a read-only folder is refused") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    ::chmod(file.c_str(), 0666);
    ::chmod(folder.path().c_str(), 0555);
    {
        const without_privileges ordinary_user;
        const std::string refusal =
            ": Permission denied\n"
            "make the file and its folder writable for this user; nothing was changed";
        CHECK(replace(file, "old\n", "new\n") == "cannot write " + file.string() + refusal);
        const fs::path other = folder.path() / "other.toml";
        CHECK(create(other, "new\n") == "cannot write " + other.string() + refusal);
        const fs::path below = folder.path() / "below";
        CHECK(create(below / "operator.toml", "new\n") == "cannot write " + below.string() + refusal);
    }
    ::chmod(folder.path().c_str(), 0755);
    CHECK(bytes_of(file) == "old\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("a file of another user that may not be written is refused") {
    if (!is_root()) return;
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    ::chmod(file.c_str(), 0644);
    CHECK(::chown(folder.path().c_str(), nobody, nobody) == 0);
    const without_privileges ordinary_user;
    CHECK(replace(file, "old\n", "new\n") ==
          "cannot write " + file.string() +
              ": Permission denied\n"
              "make the file and its folder writable for this user; nothing was changed");
}

TEST_CASE("where the owner cannot be kept, the file is not replaced") {
    if (!is_root()) return;
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    ::chmod(file.c_str(), 0666);
    CHECK(::chown(folder.path().c_str(), nobody, nobody) == 0);
    {
        const without_privileges ordinary_user;
        CHECK(replace(file, "old\n", "new\n") ==
              "cannot write " + file.string() +
                  ": its owner cannot be kept: Operation not permitted\n"
                  "give the file to the user and group of operatord (chown); nothing was changed");
    }
    CHECK(bytes_of(file) == "old\n");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("owner and group are kept") {
    if (!is_root()) return;
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    CHECK(::chown(file.c_str(), nobody, 12345) == 0);
    ::chmod(file.c_str(), 0640);
    CHECK(replace(file, "old\n", "new\n") == "done");
    CHECK(facts_of(file).st_uid == nobody);
    CHECK(facts_of(file).st_gid == 12345);
    CHECK(mode_of(file) == 0640);
}

TEST_CASE("extended attributes and access control lists are kept, and none is added") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    if (!set_attribute(file, "user.note", "mine") ||
        !set_attribute(file, "system.posix_acl_access", access_list(12345))) {
        MESSAGE("skipped: this file system has no extended attributes");
        return;
    }
    const unsigned mode = mode_of(file);
    CHECK(replace(file, "old\n", "new\n") == "done");
    CHECK(attribute(file, "user.note") == "mine");
    CHECK(attribute(file, "system.posix_acl_access") == access_list(12345));
    CHECK(mode_of(file) == mode);

    const fs::path plain = folder.write("plain.toml", "old\n");
    ::chmod(plain.c_str(), 0640);
    REQUIRE(set_attribute(folder.path(), "system.posix_acl_default", access_list(12345)));
    CHECK(replace(plain, "old\n", "new\n") == "done");
    CHECK(attribute(plain, "system.posix_acl_access").empty());
    CHECK(mode_of(plain) == 0640);
}

TEST_CASE("a full disk changes nothing") {
    const temp_folder folder;
    const fs::path disk = folder.path() / "disk";
    fs::create_directories(disk);
    const small_disk small(disk);
    if (!small.there()) {
        MESSAGE("skipped: a small file system cannot be mounted here");
        return;
    }
    const std::string old(30000, 'o');
    const fs::path file = folder.write("disk/operator.toml", old);
    const std::string refusal = ": No space left on device\nfree some space there; nothing was changed";
    CHECK(replace(file, old, std::string(50000, 'n')) == "cannot write " + file.string() + refusal);
    CHECK(bytes_of(file) == old);
    const fs::path other = disk / "other.toml";
    CHECK(create(other, std::string(50000, 'n')) == "cannot write " + other.string() + refusal);
    CHECK(names_in(disk) == names{"operator.toml"});
    CHECK(replace(file, old, "less\n") == "done");
    CHECK(bytes_of(file) == "less\n");
}

TEST_CASE("a file that is a mount point of its own is refused with the remedy") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "below\n");
    const fs::path mounted = folder.write("elsewhere/mounted.toml", "old\n");
    if (::mount(mounted.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        MESSAGE("skipped: files cannot be mounted here");
        return;
    }
    CHECK(replace(file, "old\n", "new\n") ==
          "cannot write " + file.string() +
              ": Device or resource busy\n"
              "the file is a mount point: mount its folder instead; nothing was changed");
    ::umount(file.c_str());
    CHECK(bytes_of(mounted) == "old\n");
    CHECK(names_in(folder.path()) == names{"elsewhere", "operator.toml"});
}

TEST_CASE("what a killed daemon left under the temporary name is in nobody's way") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    folder.write(".operator.toml.operatord-new", "half a te");
    CHECK(replace(file, "old\n", "new\n") == "done");
    CHECK(names_in(folder.path()) == names{"operator.toml"});

    const fs::path precious = folder.write("precious", "mine");
    fs::create_symlink(precious, folder.path() / ".operator.toml.operatord-new");
    CHECK(replace(file, "new\n", "newer\n") == "done");
    CHECK(bytes_of(precious) == "mine");
    CHECK(names_in(folder.path()) == names{"operator.toml", "precious"});
}

TEST_CASE("a folder that another operatord has locked is waited for, but not endlessly") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const int other = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(::flock(other, LOCK_EX) == 0);
    const auto start = steady_clock::now();
    CHECK(replace(file, "old\n", "new\n") ==
          "cannot write " + file.string() +
              ": Resource temporarily unavailable\n"
              "another program keeps its folder locked: end it, or try again; nothing was changed");
    CHECK(steady_clock::now() - start >= 2s);

    // While it waits, the path comes to lead elsewhere.
    const fs::path elsewhere = folder.write("elsewhere/operator.toml", "old\n");
    fs::create_symlink("operator.toml", folder.path() / "link");
    std::string said;
    std::atomic<pid_t> thread = 0;
    std::thread waiting([&] {
        thread = ::gettid();
        said = replace(folder.path() / "link", "old\n", "new\n");
    });
    while (thread == 0) std::this_thread::yield();
    test::wait_until_asleep(thread);
    fs::create_symlink("elsewhere/operator.toml", folder.path() / "other");
    fs::rename(folder.path() / "other", folder.path() / "link");
    ::close(other);
    waiting.join();
    // On a slow machine the link may have been turned before it was read for the first time.
    CHECK((said == "changed meanwhile" || bytes_of(elsewhere) == "new\n"));
    CHECK(bytes_of(file) == "old\n");
    CHECK(replace(file, "old\n", "new\n") == "done");
}

TEST_CASE("a file that another program keeps open for writing is not replaced") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const int program = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(replace(file, "old\n", "new\n") == "cannot write " + file.string() +
                                                 ": another program has it open for writing\n"
                                                 "close it there, and try again; nothing was changed");
    ::close(program);
    CHECK(bytes_of(file) == "old\n");
    CHECK(replace(file, "old\n", "new\n") == "done");
}
