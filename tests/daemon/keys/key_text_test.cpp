#include "daemon/keys/key_source.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace opd;
using namespace opd::keys;

namespace {

const key_limits small{.key_bytes = 8};

void check_fault(std::string_view text, key_fault expected) {
    CAPTURE(text);
    const auto key = read_key(text, small);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error() == expected);
}

}  // namespace

TEST_CASE("blanks and line ends around a key are not part of it") {
    for (const std::string_view text : {"sk test", " sk test\r\n", "\t\nsk test \n\n"}) {
        CAPTURE(text);
        const auto key = read_key(text, small);
        REQUIRE(key.has_value());
        CHECK(key->reveal() == "sk test");
    }
}

TEST_CASE("what cannot be sent as a key is none, and the words for it repeat nothing") {
    check_fault("", key_fault::empty);
    check_fault(" \t\r\n", key_fault::empty);
    check_fault("123456789", key_fault::too_long);
    check_fault("a\r\nX: 1", key_fault::control);
    check_fault("sk-\x7f", key_fault::control);
    check_fault(std::string_view("a\0b", 3), key_fault::control);
    CHECK(read_key("12345678 ", small).has_value());

    CHECK(words(key_fault::empty, small) == "is empty");
    CHECK(words(key_fault::too_long, small) == "has more than 8 bytes");
    CHECK(words(key_fault::control, small) == "holds a control character, which no HTTP header can");
    CHECK(key_limits().key_bytes == 16384);
}
