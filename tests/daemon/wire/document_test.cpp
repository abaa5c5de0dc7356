#include "daemon/wire/document.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::wire;

namespace {

document::piece piece(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

}  // namespace

TEST_CASE("a document knows its size and shares its pieces") {
    const auto list = piece("[1,2]");
    const auto made = make_document({piece("{\"a\":"), list, piece("}")});
    CHECK(made->size == 11);
    REQUIRE(made->pieces.size() == 3);
    CHECK(made->pieces[1].get() == list.get());
    CHECK(make_document(std::string())->size == 0);
}

TEST_CASE("equal pieces have equal tags, of the form that HTTP wants") {
    const auto one = make_document({piece("{\"models\":"), piece(""), piece("[]}")});
    const auto other = make_document({piece("{\"models\":"), piece(""), piece("[]}")});
    CHECK(one->etag == other->etag);
    CHECK(one->etag.size() == 18);
    CHECK(one->etag.front() == '"');
    CHECK(one->etag.back() == '"');
    CHECK(one->etag.find_first_not_of("0123456789abcdef", 1) == 17);
}

TEST_CASE("what stands in another piece, or twice, changes the tag") {
    const auto a = piece("a");
    const auto b = piece("b");
    const std::vector<std::vector<document::piece>> all{{a, b}, {b, a}, {a, a}, {b, b}, {a}, {a, b, a}, {a, b, b}};
    std::set<std::string> tags;
    for (const auto& pieces : all) tags.insert(make_document(pieces)->etag);
    CHECK(tags.size() == all.size());
}

TEST_CASE("different texts have different tags") {
    std::set<std::string> tags;
    const std::vector<std::string> texts{"", "a", "b", "ab", "ba", "{\"n\":1}", "{\"n\":2}", std::string(1, '\0')};
    for (const std::string& text : texts) tags.insert(make_document(text)->etag);
    CHECK(tags.size() == texts.size());
}
