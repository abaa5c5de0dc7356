#include "tests/support/toml_edit_check.hpp"

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

std::string with(std::string_view what, std::string_view instead) {
    std::string changed(text);
    changed.replace(changed.find(what), what.size(), instead);
    return changed;
}

std::vector<line_range> first_server() { return lines_of_element(lines_of(text), "servers", 0); }

}  // namespace

TEST_CASE("an update is seen to stay within its lines, or not") {
    CHECK(beyond_update(text, text, {}).empty());
    CHECK(beyond_update(text, with("\"x\"", "\"y\""), first_server()).empty());
    CHECK(beyond_update(text, with("# within\n", "# within\nnew = 1\n"), first_server()).empty());
    CHECK(beyond_update(text, with("'''\n\n", "'''\nnew = 1\n\n"), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("\"b\"", "\"c\""), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("# between", "# betwixt"), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("# end\n", "# end\nx = 1\n"), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("# within\n", ""), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("\"x\"  # why", "\"y\""), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("url  = \"x\"", "url = \"y\""), first_server()).empty());
    CHECK_FALSE(beyond_update(text, with("\"x\"  # why\n", "\"y\"  # why\r\n"), first_server()).empty());
}

TEST_CASE("an addition is seen to stand behind the last element, or not") {
    CHECK(beyond_append(text, std::string(text) + "[[servers]]\n", "servers").empty());
    CHECK(beyond_append(text.substr(0, text.size() - 1), std::string(text) + "[[servers]]\n", "servers").empty());
    CHECK(beyond_append(text, with("# end\n", "[[servers]]\n# end\n"), "servers").empty());
    CHECK_FALSE(beyond_append(text, with("[other]", "[[servers]]\n[other]"), "servers").empty());
    CHECK_FALSE(beyond_append(text, with("# end\n", "[[servers]]\n"), "servers").empty());
}

TEST_CASE("a removal is seen to take an element and blank lines alone, or not") {
    constexpr std::string_view left = R"(# top
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
[other]
list = [
  "[[servers]]",
  # in a value
]
# end
)";
    CHECK(beyond_removal(text, left, "servers", 1).empty());
    CHECK_FALSE(beyond_removal(text, left, "servers", 0).empty());
    CHECK_FALSE(beyond_removal(text, left.substr(0, left.size() - 6), "servers", 1).empty());
    CHECK_FALSE(beyond_removal(text, text, "servers", 1).empty());
    std::string squeezed(left);
    squeezed.erase(squeezed.find("\n\n"), 1);
    CHECK_FALSE(beyond_removal(text, squeezed, "servers", 1).empty());
}
