#include "daemon/keys.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>

using namespace opd;

TEST_CASE("a key is what its variable holds; an empty one is none") {
    constexpr const char* name = "OPERATOR_TEST_KEY";
    ::unsetenv(name);
    CHECK_FALSE(key_from_environment(name).has_value());
    ::setenv(name, "", 1);
    CHECK_FALSE(key_from_environment(name).has_value());
    ::setenv(name, "sk-test", 1);
    const auto key = key_from_environment(name);
    ::unsetenv(name);
    REQUIRE(key.has_value());
    CHECK(key->reveal() == "sk-test");
    CHECK_FALSE(key_from_environment("").has_value());
}
