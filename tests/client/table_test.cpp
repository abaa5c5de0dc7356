#include "client/text.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("columns are aligned by what a terminal shows, without blanks at the ends of lines") {
    const std::string table = render_table({{.title = "NAME"}, {.title = "MODELS", .right = true}, {.title = "NOTE"}},
                                           {{"a", "1", "x"}, {"模型", "12345678", ""}, {"bad\n", "", "y"}}, false);
    CHECK(table ==
          "NAME     MODELS  NOTE\n"
          "a             1  x\n"
          "模型   12345678\n"
          "bad\\n            y\n");
}

TEST_CASE("colours surround the text alone") {
    const std::string table = render_table({{.title = "S"}, {.title = "T"}},
                                           {{{"ok", tint::good}, "plain"}, {{"refused", tint::bad}, "p"}}, true);
    CHECK(table ==
          "\x1b[1mS\x1b[0m        \x1b[1mT\x1b[0m\n"
          "\x1b[32mok\x1b[0m       plain\n"
          "\x1b[31mrefused\x1b[0m  p\n");
}

TEST_CASE("a table without rows is its titles") {
    CHECK(render_table({{.title = "A"}, {.title = "B"}}, {}, false) == "A  B\n");
}

TEST_CASE("facts have their texts aligned") {
    CHECK(render_facts({{"name", "lab"}, {"base URL", "http://\x1b"}}, false) ==
          "name      lab\n"
          "base URL  http://\\x1b\n");
}

TEST_CASE("a tint is nothing where colour is off") {
    CHECK(tinted("x", tint::bad, false) == "x");
    CHECK(tinted("x", tint::bad, true) == "\x1b[31mx\x1b[0m");
    CHECK(tinted("x", tint::plain, true) == "x");
}
