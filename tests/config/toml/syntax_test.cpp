#include "config/toml/parse.hpp"
#include "tests/config/config_texts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

std::string fault(std::string_view text) {
    const source_text source("f", text);
    const auto root = parse_toml(source);
    return root ? std::string() : root.error().headline() + " | " + root.error().hint;
}

}  // namespace

TEST_CASE("an ordinary text passes, whatever its line breaks") {
    for (const std::string_view text :
         {"", "\xEF\xBB\xBF", "a = 1",
          "\xEF\xBB\xBF"
          "a = 1\r\n[b]\r\n",
          "[[a.b]]\nx = [ 1, # ]\n 2]\n", "a = \"\\\"[{\\\\\" # \"\n", "a = '[{\\'\n",
          "a = \"\"\"x\n\"y\" [\\\n  z\"\"\"\"\n", "a = '''\n'[''''\n", "a = \"\"\nb = ''\n",
          "a = { b = { c = [{}] } }\n", "\"a.b\".'c' = 1.5\n", "a = \"\\u00fc\\U0001F600\\t\"\n"}) {
        CAPTURE(text);
        CHECK(fault(text).empty());
    }
}

TEST_CASE("bytes that are no text are told with their place") {
    CHECK(fault(std::string_view("a = 1\nb\0", 8)) ==
          "f:2:2: the file holds a NUL byte: it is binary, or UTF-16 | save it as plain text in UTF-8");
    CHECK(fault("a = \"\xFC\"\n") == "f:1:6: the byte 0xFC is not UTF-8 here | save the file in UTF-8");
    CHECK(fault("a = 1\n# \x1b[0m\n") ==
          "f:2:3: the control character 0x1B must not be in the file | take it out, or write it in a \"text\" as "
          "\\u001B");
    CHECK(fault("a = 1\rb = 2\n") ==
          "f:1:6: the control character 0x0D must not be in the file | take it out, or write it in a \"text\" as "
          "\\u000D");
    CHECK(fault("a = 1\r") ==
          "f:1:6: the control character 0x0D must not be in the file | take it out, or write it in a \"text\" as "
          "\\u000D");
    CHECK(fault("\x7f") ==
          "f:1:1: the control character 0x7F must not be in the file | take it out, or write it in a \"text\" as "
          "\\u007F");
}

TEST_CASE("what is not closed is told where it was opened") {
    CHECK(fault("a = \"b\nc = 1\n") ==
          "f:1:5: the text that starts here is not closed | write \" where it ends, in the same line");
    CHECK(fault("a = 'b") ==
          "f:1:5: the text that starts here is not closed | write ' where it ends, in the same line");
    CHECK(fault("a = \"b\\") ==
          "f:1:5: the text that starts here is not closed | write \" where it ends, in the same line");
    CHECK(fault("a = \"\"\"b\nc\"\"\n") ==
          "f:1:5: the text that starts here is not closed | write \"\"\" where it ends");
    CHECK(fault("a = '''b\n") == "f:1:5: the text that starts here is not closed | write ''' where it ends");
    CHECK(fault("[a\nb = 1\n") == "f:1:1: the name of the table is not closed | end it with \"]\" in the same line");
    CHECK(fault("[[a]\n") == "f:1:1: the name of the table is not closed | end it with \"]\" in the same line");
    CHECK(fault("a = 1\n[[model_serv") ==
          "f:2:1: the name of the table is not closed | end it with \"]\" in the same line");
    CHECK(fault("a = [1,\nb = 2\n") == "f:1:5: the \"[\" is never closed | write \"]\" where the array ends");
    CHECK(fault("a = { b = 1\n}\n") ==
          "f:1:5: the \"{\" is not closed in its line | write an inline table in one line, up to its \"}\"");
    CHECK(fault("a = [{]}\n") == "f:1:7: \"]\" does not close the \"{\" of line 1 | write \"}\" where that one ends");
}

TEST_CASE("unknown escapes are told with what to write") {
    CHECK(fault("a = \"C:\\dir\"\n") ==
          "f:1:8: this escape is unknown | write a backslash as \\\\, or the text in single quotes");
    CHECK(fault("a = \"\\u12G4\"\n") ==
          "f:1:6: this escape names no Unicode character | write \\uXXXX or \\UXXXXXXXX with hexadecimal digits");
    CHECK(fault("a = \"\\ud800\"\n") ==
          "f:1:6: this escape names no Unicode character | write \\uXXXX or \\UXXXXXXXX with hexadecimal digits");
    CHECK(fault("a = \"\\UFFFFFFFF\"\n") ==
          "f:1:6: this escape names no Unicode character | write \\uXXXX or \\UXXXXXXXX with hexadecimal digits");
    CHECK(fault("a = \"\\u12") ==
          "f:1:6: this escape names no Unicode character | write \\uXXXX or \\UXXXXXXXX with hexadecimal digits");
}

TEST_CASE("nesting has a limit in every form, and what only looks like nesting has none") {
    const std::string deep = "more than 64 levels of nesting | write the file flatter";
    CHECK(fault("a = " + repeated("[", 64) + repeated("]", 64)).empty());
    CHECK(fault("a = " + repeated("[", 65)) == "f:1:69: " + deep);
    CHECK(fault("a = " + repeated("[", 100'000)) == "f:1:69: " + deep);
    CHECK(fault("a = " + repeated("{a=", 100'000)) == "f:1:197: " + deep);
    CHECK(fault(repeated("a.", 63) + "a = 1\n").empty());
    CHECK(fault(repeated("a.", 100'000) + "a = 1\n") == "f:1:128: " + deep);
    CHECK(fault("[" + repeated("a . ", 100'000) + "a]\n") == "f:1:256: " + deep);
    CHECK(fault("a = { " + repeated("'b'.", 100'000) + "c = 1 }\n") == "f:1:262: " + deep);
    CHECK(fault("a = \"" + repeated("[", 100'000) + "\" # " + repeated("{", 100'000)).empty());
    CHECK(fault(repeated("[[a]]\nb = 1.5\n", 1000)).empty());
    CHECK(fault("a = [" + repeated("1.5, ", 1000) + "]\n").empty());
}

TEST_CASE("a line of very many values, which would take the parser minutes, is refused") {
    CHECK(fault("a = [" + repeated("1,", 100'000) + "]\n") ==
          "f:1:1: there are too many values in one line | write long arrays with one value in a line");
    CHECK(fault("a = [\n" + repeated("1,\n", 100'000) + "]\n").empty());
    CHECK(fault("a = [" + repeated("1,", 1000) + "]\n").empty());
}

TEST_CASE("a binary number that would overflow is refused") {
    CHECK(fault("a = 0b" + std::string(62, '1') + "\n").empty());
    CHECK(fault("a = 0b" + std::string(63, '1') + "\n") ==
          "f:1:5: the number is too large | use at most 62 binary digits");
    CHECK(fault("k_0b" + std::string(63, '1') + " = 1\n").empty());
}

}  // namespace opd
