#include "systemd/service.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd::systemd;

TEST_CASE("a descriptor is the journal's if JOURNAL_STREAM names it") {
    const int pipe = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct stat facts{};
    REQUIRE(::fstat(pipe, &facts) == 0);
    CHECK(is_journal(pipe, fmt::format("{}:{}", facts.st_dev, facts.st_ino).c_str()));
    CHECK_FALSE(is_journal(pipe, fmt::format("{}:{}", facts.st_dev, facts.st_ino + 1).c_str()));
    CHECK_FALSE(is_journal(pipe, ""));
    CHECK_FALSE(is_journal(pipe, nullptr));
    ::close(pipe);
    CHECK_FALSE(is_journal(pipe, "0:0"));
}

TEST_CASE("the unit is the last part of systemd's control group") {
    CHECK(unit_in("0::/user.slice/user-1000.slice/user@1000.service/app.slice/operatord.service\n") ==
          "operatord.service");
    CHECK(unit_in("12:pids:/a.service\n1:name=systemd:/user.slice/x/operatord.service\n") == "operatord.service");
    CHECK(unit_in("0::/user.slice/user-1000.slice/session-2.scope\n").empty());
    CHECK(unit_in("12:pids:/a.service\n").empty());
    CHECK(unit_in("0::/\n").empty());
    CHECK(unit_in("").empty());
}
