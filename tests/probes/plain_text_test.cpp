#include "probes/redact.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("a text from outside becomes one harmless line") {
    struct {
        std::string_view text;
        std::string_view line;
    } const cases[] = {
        {"", ""},
        {"as it is: ü 模型 😀", "as it is: ü 模型 😀"},
        {"  two\r\n\tlines \n", "two lines"},
        {"\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain", "red and plain"},
        {"\x1b]8;;http://x\x1b\\link", "link"},
        {"\x1b", ""},
        {"\x1b[", ""},
        {"\x1b[12;", ""},
        {"\x1b]never ends", "never ends"},
        {"\x1b(Bend", "Bend"},
        {"a\x7f\x01\xc2\x85z", "a z"},
        {"bad \xff\xc3 bytes", "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes"},
        {"\xEF\xBB\xBFright \xE2\x80\xAEto left", "right to left"},
        {"👩\xE2\x80\x8D💻", "👩\xE2\x80\x8D💻"},
        {"\xD8\x9C"
         "arabic mark, \xE2\x81\xA7isolate, \xE2\x81\xAEnational digits",
         "arabic mark, isolate, national digits"},
        {"s\xE2\x80\x8Bp\xE2\x80\x8Cl\xE2\x81\xA0i\xEF\xBB\xBFt", "split"},
        {"a tag \xF3\xA0\x81\xA8\xF3\xA0\x81\xA9here \xEF\xBF\xBA", "a tag here"},
        {"\xC2\x9B"
         "31mred",
         "31mred"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.text);
        CHECK(plain_text(one.text) == one.line);
    }
    using namespace std::string_view_literals;
    CHECK(plain_text("a\0b"sv) == "a b");
}
