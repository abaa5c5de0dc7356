#include "tests/support/process.hpp"

#include <doctest/doctest.h>

#include <system_error>

#include <signal.h>

using namespace opd::test;
using namespace std::chrono_literals;

TEST_CASE("a program gets exactly its arguments and environment, and its outputs are collected") {
    const process shell({"/bin/sh", "-c", "echo \"$0 $NAME\"; echo problem >&2; env; exit 3", "zero"},
                        {{"NAME", "value of it"}});
    CHECK(shell.wait_for_exit() == 3);
    CHECK(shell.standard_output().starts_with("zero value of it\n"));
    CHECK(shell.standard_output().find("NAME=value of it\n") != std::string::npos);
    CHECK(shell.standard_output().find("HOME=") == std::string::npos);
    CHECK(shell.standard_error() == "problem\n");
    CHECK(shell.wait_for_line("value") == "zero value of it");
    CHECK_FALSE(shell.wait_for_line("never").has_value());
}

TEST_CASE("a program can be watched and stopped while it runs") {
    const process shell({"/bin/sh", "-c", "trap 'echo stopping; exit 7' TERM; echo is up; while :; do read x; done"});
    CHECK(shell.wait_for_line("up") == "is up");
    CHECK_FALSE(shell.wait_for_exit(1ms).has_value());
    shell.send_signal(SIGTERM);
    CHECK(shell.wait_for_exit() == 7);
    CHECK(shell.wait_for_line("stop") == "stopping");
}

TEST_CASE("death by signal shows in the exit code") {
    const process cat({"/bin/sh", "-c", "kill -KILL $$"});
    CHECK(cat.wait_for_exit() == 128 + SIGKILL);
}

TEST_CASE("much output does not block a program") {
    const process shell({"/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done"});
    CHECK(shell.wait_for_exit() == 0);
    CHECK(shell.standard_output().size() == 220'000);
}

TEST_CASE("a program that does not exist is an error, not a child") {
    CHECK_THROWS_AS(process({"/does/not/exist"}), std::system_error);
}
