#include "daemon/loop/file_watch.hpp"

#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/system_calls.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// A watch that counts what it tells.
struct counting_watch {
    counting_watch(asio::io_context& on, const fs::path& file)
        : loop(on), watch(loop.get_executor(), file, [this] { ++told; }, log.logger()) {
        watch.start();
    }

    counting_watch(const counting_watch&) = delete;
    counting_watch& operator=(const counting_watch&) = delete;

    ~counting_watch() {
        watch.stop();
        run(loop, watch.join());
    }

    /// Whether something is told after `edit`, and then nothing more of it is under way.
    bool tells(const std::function<void()>& edit) {
        const int before = told;
        edit();
        return run_until(loop, [&] { return told > before; });
    }

    asio::io_context& loop;
    recorded_log log;
    int told = 0;
    file_watch watch;
};

struct lone_loop {
    asio::io_context own_loop{1};
};

/// With a loop of its own.
struct lone_watch : lone_loop, counting_watch {
    explicit lone_watch(const fs::path& file) : counting_watch(own_loop, file) {}
};

/// Whether nothing is told of `file` after `edit`, while a watch of `marker` that sees the same edit tells it.
bool is_quiet_about(const fs::path& file, const fs::path& marker, const std::function<void()>& edit) {
    asio::io_context loop{1};
    counting_watch quiet(loop, file);
    counting_watch other(loop, marker);
    for (int round = 0; round != 3; ++round) CHECK(other.tells(edit));
    settle(loop);
    return quiet.told == 0;
}

/// How many watches all inotify instances of this program have.
std::size_t watches_of_this_program() {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream facts(entry.path());
        for (std::string line; std::getline(facts, line);) count += line.starts_with("inotify wd:") ? 1U : 0U;
    }
    return count;
}

using lines = std::vector<std::string>;

void overwrite(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("a file that is written in place is told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    lone_watch watch(file);
    CHECK(watch.tells([&] { overwrite(file, "new\n"); }));
    CHECK(watch.tells([&] { std::ofstream(file, std::ios::app) << "more\n"; }));
    CHECK(watch.tells([&] { fs::permissions(file, fs::perms::owner_read); }));
    CHECK(watch.log.lines().empty());
}

TEST_CASE("what is written while the file stays open is told, too") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    std::ofstream out(file, std::ios::app);
    lone_watch watch(file);
    CHECK(watch.tells([&] { out << "more\n" << std::flush; }));
}

TEST_CASE("a file that another is renamed over is told, again and again") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    lone_watch watch(file);
    for (int i = 0; i != 3; ++i) {
        CHECK(watch.tells([&] {
            folder.write("operator.toml.new", "new\n");
            fs::rename(folder.path() / "operator.toml.new", file);
        }));
    }
}

TEST_CASE("the ways in which editors save are told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    const fs::path backup = folder.path() / "operator.toml~";
    lone_watch watch(file);
    SUBCASE("vim: away with the old file, then a new one") {
        CHECK(watch.tells([&] {
            fs::rename(file, backup);
            overwrite(file, "new\n");
            fs::remove(backup);
        }));
    }
    SUBCASE("emacs: a copy as the backup, then in place") {
        CHECK(watch.tells([&] {
            fs::copy_file(file, backup);
            overwrite(file, "new\n");
        }));
    }
    SUBCASE("nano: in place") {
        CHECK(watch.tells([&] { overwrite(file, "new\n"); }));
    }
    SUBCASE("sed -i: a new file with another name, renamed") {
        CHECK(watch.tells([&] {
            folder.write("sedX2bz", "new\n");
            fs::rename(folder.path() / "sedX2bz", file);
        }));
    }
    // and the file that is there now is watched as well
    CHECK(watch.tells([&] { overwrite(file, "newer\n"); }));
}

TEST_CASE("a file that is deleted, and one that is made, are told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    lone_watch watch(file);
    CHECK(watch.tells([&] { fs::remove(file); }));
    CHECK(watch.tells([&] { folder.write("operator.toml", "new\n"); }));
}

TEST_CASE("a link that is switched is told, and then what it leads to") {
    const temp_folder folder;
    const fs::path one = folder.write("one/operator.toml", "one\n");
    const fs::path other = folder.write("other/operator.toml", "other\n");
    const fs::path link = folder.path() / "operator.toml";
    fs::create_symlink(one, link);
    lone_watch watch(link);
    CHECK(watch.tells([&] { overwrite(one, "edited\n"); }));
    CHECK(watch.tells([&] {
        fs::create_symlink(other, folder.path() / "next");
        fs::rename(folder.path() / "next", link);
    }));
    CHECK(watch.tells([&] { overwrite(other, "edited\n"); }));
    CHECK(is_quiet_about(link, one, [&] { overwrite(one, "of no interest\n"); }));
    CHECK(watch.tells([&] {
        fs::remove(link);
        fs::create_symlink("one/operator.toml", link);
    }));
    CHECK(watch.tells([&] { overwrite(one, "edited again\n"); }));
}

TEST_CASE("a link to a folder that is switched is told") {
    const temp_folder folder;
    folder.write("one/operator.toml", "one\n");
    const fs::path other = folder.write("other/operator.toml", "other\n");
    const fs::path link = folder.path() / "config";
    fs::create_directory_symlink("one", link);
    lone_watch watch(link / "operator.toml");
    CHECK(watch.tells([&] {
        fs::create_directory_symlink("other", folder.path() / "next");
        fs::rename(folder.path() / "next", link);
    }));
    CHECK(watch.tells([&] { overwrite(other, "edited\n"); }));
}

TEST_CASE("folders that do not matter any more are not watched any more") {
    const temp_folder folder;
    const fs::path link = folder.path() / "operator.toml";
    fs::create_symlink(folder.write("first/operator.toml", ""), link);
    lone_watch watch(link);
    const std::size_t before = watches_of_this_program();
    CHECK(before == 2);
    for (int i = 0; i != 5; ++i) {
        const fs::path next = folder.write(fmt::format("{}/operator.toml", i), "");
        CHECK(watch.tells([&] {
            fs::create_symlink(next, folder.path() / "next");
            fs::rename(folder.path() / "next", link);
        }));
    }
    CHECK(watches_of_this_program() == before);
}

TEST_CASE("a file whose folders are made later is told") {
    const temp_folder folder;
    const fs::path file = folder.path() / "config" / "operator" / "operator.toml";
    lone_watch watch(file);
    SUBCASE("all at once") {
        CHECK(watch.tells([&] { folder.write("config/operator/operator.toml", "new\n"); }));
    }
    SUBCASE("one after the other") {
        CHECK(watch.tells([&] { fs::create_directory(folder.path() / "config"); }));
        CHECK(watch.tells([&] { fs::create_directory(folder.path() / "config" / "operator"); }));
        CHECK(watch.tells([&] { folder.write("config/operator/operator.toml", "new\n"); }));
    }
    SUBCASE("as one folder that is renamed") {
        folder.write("prepared/operator/operator.toml", "new\n");
        CHECK(watch.tells([&] { fs::rename(folder.path() / "prepared", folder.path() / "config"); }));
    }
    CHECK(watch.tells([&] { overwrite(file, "edited\n"); }));
}

TEST_CASE("what is made between two looks is not missed, however fast it is made") {
    const temp_folder folder;
    for (int i = 0; i != 20; ++i) {
        const fs::path top = folder.path() / std::to_string(i);
        const fs::path file = top / "a" / "b" / "operator.toml";
        lone_watch watch(file);
        CHECK(watch.tells([&] { fs::create_directory(top); }));
        CHECK(watch.tells([&] {
            fs::create_directories(file.parent_path());
            overwrite(file, "new\n");
        }));
        CHECK(watch.tells([&] { overwrite(file, "edited\n"); }));
    }
}

TEST_CASE("a folder that is renamed away and replaced is told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator/operator.toml", "old\n");
    lone_watch watch(file);
    CHECK(watch.tells([&] { fs::rename(folder.path() / "operator", folder.path() / "operator.bak"); }));
    CHECK(watch.tells([&] { folder.write("operator/operator.toml", "new\n"); }));
    CHECK(watch.tells([&] { overwrite(file, "edited\n"); }));
    CHECK(watch.tells([&] {
        fs::rename(folder.path() / "operator", folder.path() / "operator.bak2");
        folder.write("operator/operator.toml", "new\n");
    }));
    CHECK(watch.tells([&] { overwrite(file, "edited\n"); }));
    const fs::path old = folder.path() / "operator.bak2" / "operator.toml";
    CHECK(is_quiet_about(file, old, [&] { overwrite(old, "of no interest\n"); }));
    CHECK(watch.tells([&] { fs::remove_all(folder.path() / "operator"); }));
    CHECK(watch.tells([&] { folder.write("operator/operator.toml", "new\n"); }));
    CHECK(watch.tells([&] { overwrite(file, "edited\n"); }));
}

TEST_CASE("other names are not told") {
    const temp_folder folder;
    const fs::path file = folder.write("operator/operator.toml", "old\n");
    const fs::path other = folder.write("operator/other.toml", "");
    CHECK(is_quiet_about(file, other, [&] {
        folder.write("operator/.operator.toml.swp", "x");
        fs::create_directories(folder.path() / "operator" / "folder");
        fs::remove(folder.path() / "operator" / ".operator.toml.swp");
        folder.write("unrelated", "x");
        overwrite(other, "new\n");
    }));
    CHECK(is_quiet_about(file, other, [&] {
        std::ifstream(file).get();
        overwrite(other, "newer\n");
    }));
}

TEST_CASE("several changes in a short time are told once, and a storm from time to time") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    lone_watch watch(file);
    CHECK(watch.tells([&] {
        for (int i = 0; i != 50; ++i) overwrite(file, std::to_string(i));
    }));
    CHECK(watch.told == 1);

    const auto end = steady_clock::now() + 500ms;
    while (steady_clock::now() < end) {
        overwrite(file, "storm");
        watch.loop.restart();
        watch.loop.run_one_for(1ms);
    }
    CHECK(watch.told >= 2);
    CHECK(watch.told <= 30);
}

TEST_CASE("nothing is told after the end") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    asio::io_context loop{1};
    recorded_log log;
    int told = 0;
    file_watch watch(loop.get_executor(), file, [&] { ++told; }, log.logger());
    watch.start();
    overwrite(file, "new\n");
    settle(loop);
    watch.stop();
    run(loop, watch.join());
    CHECK(told == 0);
    CHECK(log.lines().empty());
}

TEST_CASE("a watch that was never started ends, too") {
    asio::io_context loop{1};
    recorded_log log;
    file_watch watch(loop.get_executor(), "operator.toml", [] {}, log.logger());
    watch.stop();
    run(loop, watch.join());
}

TEST_CASE("without inotify the log says so once, and what to do") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    asio::io_context loop{1};
    recorded_log log;
    file_watch watch(loop.get_executor(), file, [] {}, log.logger());
    const auto refuse = [](const system_call&) { return EMFILE; };
    if (!with_intercepted({SYS_inotify_init1}, refuse, [&] { watch.start(); })) {
        MESSAGE("skipped: this system does not allow to intercept system calls");
        return;
    }
    settle(loop);
    watch.stop();
    run(loop, watch.join());
    CHECK(log.lines() == lines{"warning cannot watch " + file.string() +
                               ": Too many open files; after a change by hand, send SIGHUP to operatord; "
                               "raise fs.inotify.max_user_instances (sysctl) and start operatord again"});
}

TEST_CASE("without a watch the log says so once, and what to do") {
    const temp_folder folder;
    const fs::path file = folder.write("operator/operator.toml", "old\n");
    asio::io_context loop{1};
    recorded_log log;
    int told = 0;
    file_watch watch(loop.get_executor(), file, [&] { ++told; }, log.logger());
    const auto decide = [&](const system_call& call) {
        const std::string_view where = reinterpret_cast<const char*>(call.arguments[1]);
        return where == file.parent_path().native() ? 0 : ENOSPC;
    };
    if (!with_intercepted({SYS_inotify_add_watch}, decide, [&] { watch.start(); })) {
        MESSAGE("skipped: this system does not allow to intercept system calls");
        return;
    }
    CHECK(log.lines() == lines{"warning cannot watch " + file.string() +
                               ": No space left on device; after a change by hand, send SIGHUP to operatord; "
                               "raise fs.inotify.max_user_watches (sysctl) and start operatord again"});
    // The one that was granted does its work.
    overwrite(file, "new\n");
    CHECK(run_until(loop, [&] { return told == 1; }));
    watch.stop();
    run(loop, watch.join());
    CHECK(log.lines().size() == 1);
}

TEST_CASE("a watch whose events cannot be read begins anew, and tells a change for what it has missed") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "1");
    lone_watch one(file);
    // Reading a folder as if it were a file fails.
    const int useless = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(useless >= 0);
    int replaced = 0;
    for (const auto& descriptor : fs::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (fs::read_symlink(descriptor, gone) != "anon_inode:inotify") continue;
        REQUIRE(::dup2(useless, std::stoi(descriptor.path().filename())) >= 0);
        ++replaced;
    }
    ::close(useless);
    REQUIRE(replaced == 1);
    REQUIRE(run_until(one.loop, [&] { return one.told == 1; }));
    CHECK(one.log.lines().size() == 1);
    CHECK(one.tells([&] { folder.write("operator.toml", "2"); }));
}

TEST_CASE("a folder is watched with all that is in it, and from its making on") {
    const temp_folder folder;
    lone_watch one(folder.path() / "keys" / "");
    CHECK(one.tells([&] { fs::create_directory(folder.path() / "keys"); }));
    CHECK(one.tells([&] { folder.write("keys/A", "1"); }));
    CHECK(one.tells([&] { folder.write("keys/B", "1"); }));
    CHECK(one.tells([&] { fs::remove(folder.path() / "keys" / "A"); }));
}
