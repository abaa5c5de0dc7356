#include "config/secret.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace opd {

TEST_CASE("a secret is revealed by name only, and leaves its place when it moves") {
    secret key(std::string("sk-0123456789-0123456789-0123456789"));
    CHECK(key.reveal() == "sk-0123456789-0123456789-0123456789");
    CHECK_FALSE(key.empty());
    secret moved(std::move(key));
    CHECK(moved.reveal() == "sk-0123456789-0123456789-0123456789");
    secret copy = moved;
    moved = secret();
    CHECK(moved.empty());
    CHECK(copy.reveal() == "sk-0123456789-0123456789-0123456789");
    CHECK(secret().empty());
}

TEST_CASE("a secret turns into no text by itself") {
    CHECK_FALSE(std::is_convertible_v<secret, std::string>);
    CHECK_FALSE(std::is_convertible_v<secret, std::string_view>);
    CHECK_FALSE(std::is_convertible_v<std::string, secret>);
}

}  // namespace opd
