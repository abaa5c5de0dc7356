#include "config/base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

namespace opd {

TEST_CASE("bytes that are not UTF-8 are found where they begin") {
    CHECK(find_invalid_utf8("") == std::string::npos);
    CHECK(find_invalid_utf8("plain, ü, 漢, 😀") == std::string::npos);
    CHECK(find_invalid_utf8("\xF4\x8F\xBF\xBF") == std::string::npos);  // U+10FFFF
    CHECK(find_invalid_utf8("ab\xFF") == 2);
    CHECK(find_invalid_utf8("a\x80") == 1);
    CHECK(find_invalid_utf8("\xC0\xAF") == 0);          // overlong
    CHECK(find_invalid_utf8("\xE0\x80\xAF") == 0);      // overlong
    CHECK(find_invalid_utf8("\xF0\x80\x80\xAF") == 0);  // overlong
    CHECK(find_invalid_utf8("\xED\xA0\x80") == 0);      // a surrogate
    CHECK(find_invalid_utf8("\xF4\x90\x80\x80") == 0);  // over U+10FFFF
    CHECK(find_invalid_utf8("x\xC3") == 1);             // cut off
    CHECK(find_invalid_utf8("x\xE6\xBC") == 1);
    CHECK(find_invalid_utf8("\xC3(") == 0);
}

TEST_CASE("a text is cut between characters") {
    CHECK(utf8_prefix("aüb", 4) == "aüb");
    CHECK(utf8_prefix("aüb", 3) == "aü");
    CHECK(utf8_prefix("aüb", 2) == "a");
    CHECK(utf8_prefix("漢", 2).empty());
    CHECK(utf8_prefix("abc", 0).empty());
}

TEST_CASE("a text is cut at a character and says so") {
    CHECK(clip("abc", 3) == "abc");
    CHECK(clip("abcdef", 5) == "ab…");
    CHECK(clip("aüüüü", 7) == "aü…");
    CHECK(clip("abc", 2).empty());
    CHECK(clip("", 0).empty());
}

TEST_CASE("the columns of a text are those of a terminal") {
    CHECK(terminal_columns("") == 0);
    CHECK(terminal_columns("abc") == 3);
    CHECK(terminal_columns("äöü") == 3);
    CHECK(terminal_columns("漢字") == 4);
    CHECK(terminal_columns("😀!") == 3);
    CHECK(terminal_columns("e\xCC\x81") == 1);  // e and a combining acute
    CHECK(terminal_columns("\xFF") == 1);
}

TEST_CASE("control characters are found in all their ranges") {
    CHECK_FALSE(has_control("plain ü 漢"));
    CHECK(has_control("a\tb"));
    CHECK(has_control("\x1b[31m"));
    CHECK(has_control("\x7f"));
    CHECK(has_control("\xC2\x85"));  // C1: next line
    CHECK(has_control(std::string_view("a\0", 2)));
}

TEST_CASE("a text is made harmless for a terminal") {
    CHECK(legible("plain ü\t漢") == "plain ü\t漢");
    CHECK(legible("a\x1b[31mb\r\n") == "a�[31mb��");
    CHECK(legible("a\xFF\xC2\x9Bz") == "a��z");
    CHECK(legible("a\xE2\x80\xAE z") == "a� z");  // right-to-left override
    CHECK(legible("\xEF\xBB\xBFz") == "�z");
    CHECK(legible(std::string_view("\0", 1)) == "�");
}

TEST_CASE("a quoted text stays in one line and is not long") {
    CHECK(in_quotes("olama") == R"("olama")");
    CHECK(in_quotes("a\tb\nc") == R"("a b�c")");
    CHECK(in_quotes(std::string(80, 'x')) == '"' + std::string(80, 'x') + '"');
    CHECK(in_quotes(std::string(81, 'x')) == '"' + std::string(80, 'x') + "…\"");
}

}  // namespace opd
