#include "daemon/listen/listen_plan.hpp"
#include "tests/support/system_calls.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace opd;
using namespace opd::listen;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

const std::string known = "0123456789-abcdef.0123456789_abcdef~+/==";

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

fs::path private_file(const temp_folder& home, std::string_view text) {
    const fs::path file = home.write("token", text);
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    return file;
}

void check_refused(const fs::path& file, int exit_code, const std::string& why) {
    const auto read = read_or_make_token(file);
    REQUIRE(read.has_error());
    CHECK(read.error().exit_code == exit_code);
    CHECK(read.error().what.message == fmt::format("the access token {} {}", file.string(), why));
    CHECK(read.error().what.hint == "remove it: the next start makes a new one");
}

}  // namespace

TEST_CASE("the first start makes a token of its own, and the next ones read it") {
    const temp_folder home;
    const fs::path file = home.path() / "state" / "operator" / "token";
    const auto made = read_or_make_token(file);
    REQUIRE(made.has_value());
    CHECK(made->is_new);
    CHECK(made->value.reveal().size() == 64);
    CHECK(made->value.reveal().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(text_of(file) == std::string(made->value.reveal()) + "\n");
    struct stat facts{};
    REQUIRE(::lstat(file.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777U) == 0600);
    CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 1);

    const auto again = read_or_make_token(file);
    REQUIRE(again.has_value());
    CHECK_FALSE(again->is_new);
    CHECK(again->value.reveal() == made->value.reveal());

    const auto other = read_or_make_token(home.path() / "other");
    REQUIRE(other.has_value());
    CHECK(other->value.reveal() != made->value.reveal());
}

TEST_CASE("a token of the user's own is taken, with or without a line break") {
    const temp_folder home;
    for (const std::string& text : {known, known + "\n"}) {
        const auto read = read_or_make_token(private_file(home, text));
        REQUIRE(read.has_value());
        CHECK(read->value.reveal() == known);
    }
}

TEST_CASE("a token that others may know or change is refused") {
    const temp_folder home;
    const fs::path file = private_file(home, known);
    for (const mode_t mode : {0640U, 0604U, 0644U, 0620U, 0601U, 0666U}) {
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        check_refused(file, 77, fmt::format("is open to other users (mode {:04o})", mode));
    }
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    const fs::path link = home.path() / "link";
    fs::create_symlink(file, link);
    check_refused(link, 77, "is a symbolic link, and is not followed");
    fs::remove(link);
    fs::create_symlink(home.path() / "nothing", link);
    check_refused(link, 77, "is a symbolic link, and is not followed");
    CHECK_FALSE(fs::exists(home.path() / "nothing"));
    check_refused(home.path(), 77, "is not a regular file");
    const fs::path pipe = home.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    check_refused(pipe, 77, "is not a regular file");
}

TEST_CASE("a token that belongs to another user is refused") {
    if (::geteuid() != 0) {
        MESSAGE("only root can give a file to another user");
        return;
    }
    const temp_folder home;
    const fs::path file = private_file(home, known);
    REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
    check_refused(file, 77, "belongs to another user (uid 65534)");
}

TEST_CASE("a file with anything but a long token is refused, and none of it is told") {
    const temp_folder home;
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("short"), std::string(31, 'a'), known + "\n\n", known + "\r\n",
          known + " ", "two " + known, "a\n" + known, known + std::string(1, '\0'), std::string(1025, 'a')}) {
        CAPTURE(text);
        check_refused(private_file(home, text), 78, "is not one line of at least 32 characters of base64");
    }
    check_refused(private_file(home, std::string(5000, 'a')), 78, "is too long for one");
}

TEST_CASE("a token that cannot be made is an error that says what to do") {
    const temp_folder home;
    const fs::path file = home.write("file", "") / "token";
    const auto read = read_or_make_token(file);
    REQUIRE(read.has_error());
    CHECK(read.error().exit_code == 77);
    CHECK(read.error().what.message == fmt::format("cannot read the access token {}: Not a directory", file.string()));
    CHECK(read.error().what.hint ==
          "it is needed where other machines can reach the API: see that you may write there, or serve on loopback "
          "alone");
}

TEST_CASE("a folder that may not be written to is an error") {
    const temp_folder home;
    if (::geteuid() == 0) REQUIRE(::chown(home.path().c_str(), nobody, nobody) == 0);
    REQUIRE(::chmod(home.path().c_str(), 0500) == 0);
    const without_privileges as_nobody;
    const auto read = read_or_make_token(home.path() / "token");
    REQUIRE(read.has_error());
    CHECK(read.error().what.message ==
          fmt::format("cannot make the access token {}: Permission denied", (home.path() / "token").string()));
}

TEST_CASE("what the system refuses is said as it is, and ends in an answer") {
    const temp_folder home;
    const auto refused_by = [](int call, int error, const fs::path& file) {
        std::string said;
        bool refuse = false;
        const auto decide = [&](const system_call&) { return refuse ? error : 0; };
        const auto body = [&] {
            refuse = true;
            const auto read = read_or_make_token(file);
            refuse = false;
            REQUIRE(read.has_error());
            CHECK(read.error().exit_code == 77);
            said = read.error().what.message;
        };
        if (!with_intercepted({call}, decide, body)) said = "not possible here";
        return said;
    };
    const fs::path kept = private_file(home, known);
    const std::string unread = refused_by(SYS_pread64, EIO, kept);
    if (unread == "not possible here") return;
    CHECK(unread == fmt::format("cannot read the access token {}: Input/output error", kept.string()));
    const fs::path missing = home.path() / "new" / "token";
    CHECK(refused_by(SYS_getrandom, ENOSYS, missing) ==
          fmt::format("cannot make the access token {}: Function not implemented", missing.string()));
    CHECK_FALSE(fs::exists(missing));
}
