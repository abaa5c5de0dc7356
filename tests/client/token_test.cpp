#include "client/file.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace opd;
using opd::test::temp_folder;

TEST_CASE("a token is the one line of its file") {
    const temp_folder folder;
    for (const char* text : {"abc.DEF-123==", "abc.DEF-123==\n"}) {
        const auto token = read_token(folder.write("token", text));
        REQUIRE(token.has_value());
        CHECK(token->reveal() == "abc.DEF-123==");
    }
}

TEST_CASE("what could not stand in a header is no token, and is not repeated") {
    const temp_folder folder;
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("two words"), std::string("a\r\nX: b"), std::string("a\n\n"),
          std::string("a\r\n"), std::string("\xc3\xa9"), std::string("a\0b", 3)}) {
        CAPTURE(text);
        const auto file = folder.write("token", text);
        const auto token = read_token(file);
        REQUIRE(token.has_error());
        CHECK(token.error().message == fmt::format("the token file {} is not a token in one line", file.string()));
        CHECK(token.error().hint == "copy the one that the log of that operatord names");
    }
}

TEST_CASE("a token file that cannot be read is told") {
    const temp_folder folder;
    const std::string none = (folder.path() / "none").string();
    CHECK(read_token(none).error().message == "the token file " + none + " cannot be read: No such file or directory");
    const std::string large = folder.write("large", std::string(5000, 'a')).string();
    CHECK(read_token(large).error().message == "the token file " + large + " cannot be read: File too large");
}
