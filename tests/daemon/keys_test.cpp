#include "daemon/keys.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

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

TEST_CASE("blanks around a key are not part of it, and one with control characters is none") {
    constexpr const char* name = "OPERATOR_TEST_KEY";
    const std::pair<const char*, std::optional<std::string>> values[] = {{" sk-test\r\n", "sk-test"},
                                                                         {"sk test", "sk test"},
                                                                         {" \n", std::nullopt},
                                                                         {"sk-\r\nX-Evil: 1", std::nullopt},
                                                                         {"sk-\x7f", std::nullopt}};
    for (const auto& [value, expected] : values) {
        CAPTURE(value);
        ::setenv(name, value, 1);
        const auto key = key_from_environment(name);
        ::unsetenv(name);
        REQUIRE(key.has_value() == expected.has_value());
        if (key) CHECK(key->reveal() == *expected);
    }
}
