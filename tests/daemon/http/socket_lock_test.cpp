#include "daemon/http/unix_socket.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace opd;
using namespace opd::test;
namespace fs = std::filesystem;

TEST_CASE("one has the lock, and the other is told who") {
    const temp_folder folder;
    const std::string path = folder.path() / "s";
    {
        const auto first = socket_lock::take(path);
        REQUIRE(first.has_value());
        const auto second = socket_lock::take(path);
        REQUIRE(second.has_error());
        CHECK(second.error().exit_code == 69);
        CHECK(second.error().what.message ==
              fmt::format("another operatord (pid {}) already serves {}", ::getpid(), path));
        CHECK(second.error().what.hint ==
              "use that one (operatorctl status), or give this one a socket of its own with --socket PATH");
        CHECK(socket_lock::take(path + "2").has_value());
    }
    CHECK(socket_lock::take(path).has_value());
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("what a dead holder left is no hindrance") {
    const temp_folder folder;
    folder.write("s.lock", "12345678901234567890 and more");
    CHECK(socket_lock::take(folder.path() / "s").has_value());
}

TEST_CASE("where no lock can be made there can be no socket, either") {
    const auto lock = socket_lock::take("/no/such/folder/s");
    REQUIRE(lock.has_error());
    CHECK(lock.error().what.message == "cannot listen on the unix socket /no/such/folder/s: No such file or directory");
    const temp_folder folder;
    fs::create_symlink("/etc/passwd", folder.path() / "s.lock");
    CHECK(socket_lock::take(folder.path() / "s").has_error());
}

TEST_CASE("never two at once, however many come and go") {
    const temp_folder folder;
    const std::string path = folder.path() / "s";
    std::atomic<int> holders = 0;
    std::atomic<int> most = 0;
    std::atomic<int> taken = 0;
    const auto compete = [&] {
        for (int i = 0; i != 500; ++i) {
            const auto lock = socket_lock::take(path);
            if (!lock) continue;
            ++taken;
            most = std::max(most.load(), ++holders);
            std::this_thread::yield();
            --holders;
        }
    };
    {
        std::vector<std::jthread> all;
        for (int i = 0; i != 4; ++i)
            all.emplace_back(compete);
    }
    CHECK(most == 1);
    CHECK(taken > 0);
}
