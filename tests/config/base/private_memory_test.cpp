#include "config/base/secret.hpp"

#include <doctest/doctest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace opd;

TEST_CASE("a process that keeps its memory private is not dumped") {
    const int before = ::prctl(PR_GET_DUMPABLE);
    const pid_t child = ::fork();
    REQUIRE(child != -1);
    if (child == 0) {
        keep_memory_private();
        rlimit core{};
        const bool limited = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
        ::_exit(::prctl(PR_GET_DUMPABLE) == 0 && limited ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(::prctl(PR_GET_DUMPABLE) == before);
}
