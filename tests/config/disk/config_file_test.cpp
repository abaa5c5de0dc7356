#include "config/disk/config_file.hpp"

#include "config/config.hpp"
#include "tests/support/standstill.hpp"
#include "tests/support/system_calls.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace opd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::temp_folder;

std::string text_of(const fs::path& file) {
    const auto read = read_config_file(file);
    REQUIRE(read.has_value());
    CHECK(read->exists);
    return read->text;
}

std::string error_about(const fs::path& file) {
    const auto read = read_config_file(file);
    if (read) return {};
    CHECK(read.error().line == 0);
    CHECK(read.error().column == 0);
    return read.error().text();
}

/// A descriptor of a program that writes.
class writer {
public:
    writer(const fs::path& file, int flags) : descriptor_(::open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600)) {}

    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    ~writer() { ::close(descriptor_); }

    void write(std::string_view text) const {
        CHECK(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }

private:
    int descriptor_;
};

}  // namespace

TEST_CASE("the bytes of a file are read as they are") {
    const temp_folder folder;
    const std::string text("\xef\xbb\xbf[rest_api]\r\nport = 7\0\n", 24);
    CHECK(text_of(folder.write("operator.toml", text)) == text);
    CHECK(text_of(folder.write("empty.toml", "")).empty());
}

TEST_CASE("a missing file, or folder, is an empty text that does not exist") {
    const temp_folder folder;
    for (const fs::path& file : {folder.path() / "operator.toml", folder.path() / "no" / "operator.toml"}) {
        const auto read = read_config_file(file);
        REQUIRE(read.has_value());
        CHECK(*read == config_text{.text = "", .exists = false});
    }
}

TEST_CASE("a file that was there is given a moment to appear again") {
    const temp_folder folder;
    const fs::path file = folder.path() / "operator.toml";
    const auto start = steady_clock::now();
    const auto missing = read_config_file(file, true);
    REQUIRE(missing.has_value());
    CHECK_FALSE(missing->exists);
    CHECK(steady_clock::now() - start >= 300ms);

    std::atomic<bool> reading = false;
    std::thread editor([&, reader = ::gettid()] {
        while (!reading) std::this_thread::yield();
        test::wait_until_asleep(reader);
        folder.write("new", "port = 7\n");
        fs::rename(folder.path() / "new", file);
    });
    reading = true;
    const auto read = read_config_file(file, true);
    editor.join();
    REQUIRE(read.has_value());
    CHECK(*read == config_text{.text = "port = 7\n", .exists = true});
}

TEST_CASE("a file is followed through symbolic links") {
    const temp_folder folder;
    fs::create_symlink(folder.write("real.toml", "[rest_api]\nport = 7\n"), folder.path() / "link.toml");
    CHECK(text_of(folder.path() / "link.toml") == "[rest_api]\nport = 7\n");
}

TEST_CASE("what is not a file is refused at once") {
    const temp_folder folder;
    CHECK(error_about(folder.path()) ==
          folder.path().string() + ": is a folder, not a file\n   name a file with --config FILE");
    const fs::path pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(error_about(pipe) == pipe.string() + ": is a named pipe, not a file\n   name a file with --config FILE");
    CHECK(error_about("/dev/zero") == "/dev/zero: is a device, not a file\n   name a file with --config FILE");
}

TEST_CASE("a file that cannot be opened is refused with the remedy") {
    const temp_folder folder;
    const fs::path loop = folder.path() / "loop";
    fs::create_symlink(loop, loop);
    CHECK(error_about(loop) == loop.string() +
                                   ": cannot be read: Too many levels of symbolic links\n"
                                   "   the symbolic links lead in a circle: remove one of them");
    const fs::path below = folder.write("file", "") / "operator.toml";
    CHECK(error_about(below) == below.string() +
                                    ": cannot be read: Not a directory\n"
                                    "   check the path, or name another file with --config FILE");
}

TEST_CASE("a file without permission is refused with the remedy") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "");
    fs::permissions(file, fs::perms::none);
    const test::without_privileges ordinary_user;
    CHECK(error_about(file) == file.string() +
                                   ": cannot be read: Permission denied\n"
                                   "   make it and its folder readable for this user: chmod u+r " +
                                   file.string());
}

TEST_CASE("a file over 1 MiB is refused, one of exactly 1 MiB is not") {
    const temp_folder folder;
    CHECK(text_of(folder.write("fits", std::string(max_config_bytes, '\n'))).size() == max_config_bytes);
    const fs::path file = folder.write("large", std::string(max_config_bytes + 1, '\n'));
    CHECK(error_about(file) == file.string() +
                                   ": the file has more than 1048576 bytes\n"
                                   "   keep it under 1 MiB: is it a configuration at all?");
    const auto text = parse_config(std::string(max_config_bytes + 1, '\n'), "f");
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().headline() == "f: the file has 1048577 bytes, more than 1048576");
}

TEST_CASE("reading waits until a program that writes into the file has closed it") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    std::atomic<bool> half_written = false;
    std::thread editor([&, reader = ::gettid()] {
        const writer program(file, O_TRUNC);
        program.write("half ");
        half_written = true;
        test::wait_until_asleep(reader);
        program.write("and whole\n");
    });
    while (!half_written) std::this_thread::yield();
    CHECK(text_of(file) == "half and whole\n");
    editor.join();
}

TEST_CASE("a program that keeps the file open for writing is not waited for endlessly") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "text\n");
    const writer program(file, O_APPEND);
    const auto start = steady_clock::now();
    CHECK(text_of(file) == "text\n");
    CHECK(steady_clock::now() - start >= 300ms);
}

TEST_CASE("half a text is never seen, however often it is written in place") {
    const temp_folder folder;
    const fs::path file = folder.path() / "operator.toml";
    const auto text_number = [](int number) { return std::string(20000, static_cast<char>('a' + number % 26)); };
    folder.write("operator.toml", text_number(0));
    constexpr int wanted = 300;
    std::atomic<int> reads = 0;
    std::thread editor([&] {
        for (int number = 1; reads != wanted; ++number) {
            const int before = reads;
            const std::string text = text_number(number);
            {
                const writer program(file, O_TRUNC);
                program.write(std::string_view(text).substr(0, 7000));
                std::this_thread::yield();
                program.write(std::string_view(text).substr(7000));
            }
            while (reads == before) std::this_thread::yield();
        }
    });
    for (; reads != wanted; ++reads) {
        const std::string text = text_of(file);
        CHECK(text.size() == 20000);
        CHECK(text.find_first_not_of(text.front()) == std::string::npos);
    }
    editor.join();
}

TEST_CASE("where files have no leases, a text that changes while it is read is read again") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "old\n");
    int reads = 0;
    const auto decide = [&](const test::system_call& call) {
        if (call.number == SYS_fcntl) return call.arguments[1] == F_SETLEASE ? EINVAL : 0;
        // Between the two calls that read the text and find its end.
        if (++reads == 2) folder.write("operator.toml", "changed\n");
        return 0;
    };
    config_text text;
    const auto body = [&] { text = *read_config_file(file); };
    if (!test::with_intercepted({SYS_fcntl, SYS_pread64}, decide, body)) {
        MESSAGE("skipped: this system does not allow to intercept system calls");
        return;
    }
    CHECK(reads >= 4);
    CHECK(text.text == "changed\n");
}

TEST_CASE("reading leaves a file's lease behind: the next writer need not wait") {
    const temp_folder folder;
    const fs::path file = folder.write("operator.toml", "text\n");
    CHECK(text_of(file) == "text\n");
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(descriptor >= 0);
    ::close(descriptor);
}

}  // namespace opd
