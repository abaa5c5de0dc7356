// Many replacements at once, with edits by hand, and with SIGKILL.

#include "config/disk/config_file.hpp"
#include "tests/config/disk/replacing.hpp"
#include "tests/support/standstill.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
}

/// Adds a line as the daemon does: reads, edits, replaces, and begins again if the file was changed in between.
std::string add_line(const fs::path& file, const std::string& line) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto read = read_config_file(file, true);
        if (!read) return read.error().text();
        const std::string said = outcome(replace_config_file(file, *read, read->text + line + "\n"));
        if (said != "changed meanwhile") return said;
    }
    return "it was never its turn";
}

/// The lines of several daemons, each on a thread of its own.
class busy_daemons {
public:
    busy_daemons(fs::path file, int count, int lines_each) : running_(count) {
        for (int daemon = 0; daemon != count; ++daemon) {
            threads_.emplace_back([this, file, daemon, lines_each] {
                for (int i = 0; i != lines_each; ++i) {
                    const std::string said = add_line(file, fmt::format("daemon {} {}", daemon, i));
                    CHECK(said == "done");
                    ++written_;
                }
                --running_;
            });
        }
    }

    busy_daemons(const busy_daemons&) = delete;
    busy_daemons& operator=(const busy_daemons&) = delete;

    ~busy_daemons() {
        for (std::thread& one : threads_) one.join();
    }

    int running() const { return running_; }

    int written() const { return written_; }

private:
    std::atomic<int> running_;
    std::atomic<int> written_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("edits by hand and by daemons at once: none is lost") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "# first\n");
    constexpr int count = 2;
    constexpr int lines_each = 60;
    // By turns: in place, and as editors rename. What an editor has read may be old when it writes it back, so lines of
    // the daemons can be lost to it; the lines by hand cannot. Never two edits by hand within one replacement: the
    // first may have to be put back just when the second is made.
    int by_hand = 0;
    {
        const busy_daemons daemons(file, count, lines_each);
        while (daemons.running() > 0) {
            const int before = daemons.written();
            const std::string line = fmt::format("by hand {}\n", by_hand);
            if (by_hand % 2 == 0)
                append(file, line);
            else
                rename_over(file, bytes_of(file) + line);
            ++by_hand;
            while (daemons.running() > 0 && daemons.written() < before + count) std::this_thread::yield();
        }
    }
    CHECK(by_hand >= lines_each / 2);
    const auto lines = lines_of(bytes_of(file));
    for (int i = 0; i != by_hand; ++i) CHECK(lines.contains(fmt::format("by hand {}", i)));
    CHECK(lines.contains("# first"));
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}

TEST_CASE("appending by hand and several daemons: nothing at all is lost") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "");
    constexpr int lines_each = 60;
    {
        const busy_daemons daemons(file, 3, lines_each);
        for (int i = 0; i != lines_each; ++i) {
            const int before = daemons.written();
            append(file, fmt::format("by hand {}\n", i));
            while (daemons.running() > 0 && daemons.written() == before) std::this_thread::yield();
        }
    }
    CHECK(lines_of(bytes_of(file)).size() == 4 * lines_each);
}

TEST_CASE("SIGKILL at any moment leaves the whole old or the whole new text, and no growing litter") {
    const temp_folder folder;
    const auto text_number = [](unsigned number) {
        return std::string(20000 + 5000 * (number % 2), static_cast<char>('a' + number % 2)) + "\n";
    };
    const fs::path file = folder.write("operator.toml", text_number(0));
    std::mt19937 random(1);
    std::uniform_int_distribution<unsigned> moment(0, 60);
    for (int round = 0; round != 60; ++round) {
        const test::folder_events events(folder.path());
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto now = *read_config_file(file);
            for (unsigned number = 0; number != 100000; ++number) {
                const std::string next = text_number(now.text.front() == 'a' ? 1 : 0);
                const auto made = replace_config_file(file, now, next);
                if (!made || *made != replaced::done) ::_exit(1);
                now.text = next;
            }
            ::_exit(2);
        }
        CHECK(events.wait(moment(random)));
        CHECK(::kill(child, SIGKILL) == 0);
        int status = 0;
        CHECK(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        const std::string text = bytes_of(file);
        CHECK((text == text_number(0) || text == text_number(1)));
        for (const std::string& name : names_in(folder.path()))
            CHECK((name == "operator.toml" || name == ".operator.toml.operatord-new"));
    }
    CHECK(replace(file, bytes_of(file), "new\n") == "done");
    CHECK(names_in(folder.path()) == names{"operator.toml"});
}
