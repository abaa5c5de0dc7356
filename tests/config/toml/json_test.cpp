#include "config/toml/json.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

/// A whole document as the text of its JSON.
std::string json_of(std::string_view text) {
    const source_text source("f", text);
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    const auto shown = boost::json::serialize(to_json(*root));
    return {shown.data(), shown.size()};
}

}  // namespace

TEST_CASE("values of TOML become those of JSON, in file order") {
    CHECK(json_of("") == "{}");
    CHECK(json_of("z = 1\na = \"ü\\n\"\nt = true\nf = false\n") == R"({"z":1,"a":"ü\n","t":true,"f":false})");
    CHECK(json_of("a = [ 1, [ ], { b.c = 2 } ]\n[[d]]\n[[d]]\nx = 0x1F\n") ==
          R"({"a":[1,[],{"b":{"c":2}}],"d":[{},{"x":31}]})");
    CHECK(json_of("a = -9223372036854775808\nb = 9223372036854775807\n") ==
          R"({"a":-9223372036854775808,"b":9223372036854775807})");
    CHECK(json_of("a = 1.5\nb = -2e3\n") == R"({"a":1.5E0,"b":-2E3})");
}

TEST_CASE("what JSON does not know is a text") {
    CHECK(json_of("a = 1979-05-27T07:32:00.999-07:00\nb = 1979-05-27\nc = 07:32:00\n") ==
          R"({"a":"1979-05-27T07:32:00.999-07:00","b":"1979-05-27","c":"07:32:00"})");
    CHECK(json_of("a = inf\nb = -inf\nc = +inf\nd = nan\ne = -nan\n") ==
          R"({"a":"inf","b":"-inf","c":"inf","d":"nan","e":"nan"})");
}

}  // namespace opd
