#include "tests/support/toml_lines.hpp"

#include <doctest/doctest.h>

using namespace opd::test;

namespace {

constexpr std::string_view text = R"(# top
top = 1
[[servers]]   # first
name = "a"
# within
url  = "x"  # why
note = '''
[[servers]]
# text
'''

# between
[ "servers" . opts ]
[[servers]]
name = "b"
[other]
list = [
  "[[servers]]",
  # in a value
]
[servers.env]
A = "]"
# end
)";

}  // namespace

TEST_CASE("lines of a TOML text are assigned to its tables") {
    const auto lines = lines_of(text);
    CHECK(count_elements(lines, "servers") == 2);
    CHECK(lines_of_element(lines, "servers", 0) == std::vector<line_range>{{2, 13}});
    CHECK(lines_of_element(lines, "servers", 1) == std::vector<line_range>{{13, 15}, {20, 22}});
    CHECK(lines_of_element(lines, "servers", 2).empty());
    CHECK(lines_of_table(lines, "other") == std::vector<line_range>{{15, 20}});
    CHECK(comments_of(lines) == std::vector<std::string>{"# top", "# within", "# between", "# end"});
}
