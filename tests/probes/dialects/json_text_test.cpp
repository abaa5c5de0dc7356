#include "probes/dialects/json_text.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

std::string mended(std::string json) {
    mend_surrogates(json);
    return json;
}

}  // namespace

TEST_CASE("surrogates without a partner become the replacement character, and nothing else changes") {
    CHECK(mended(R"("cut \ud83d")") == R"("cut \ufffd")");
    CHECK(mended(R"("\ud83d\ude00 and \uDE00")") == R"("\ud83d\ude00 and \ufffd")");
    CHECK(mended(R"("\ud83d\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
    CHECK(mended(R"("\\ud83d is no escape, \\\ud83d is one")") == R"("\\ud83d is no escape, \\\ufffd is one")");
    CHECK(mended(R"("\u00e9\n\" \ud8)") == R"("\u00e9\n\" \ud8)");
    CHECK(mended("\\") == "\\");
    CHECK(mended(R"(\ud83d)") == R"(\ufffd)");
}

TEST_CASE("a fault in JSON is told with its place") {
    CHECK(json_fault(R"({"a": [1, 2]})").empty());
    CHECK(json_fault("{\n \"a\": [1,\n") == "breaks off at line 3, column 1");
    CHECK(json_fault("{\"a\": 1,}") == "is wrong at line 1, column 9 (syntax error)");
    CHECK(json_fault("[1]\n x") == "goes on after its end, at line 2, column 2");
    CHECK(json_fault("[01]") == "is wrong at line 1, column 3 (syntax error)");
}

TEST_CASE("what is only beyond a parser's limits is no fault") {
    CHECK(json_fault("[99999999999999999999999999]").empty());
    CHECK(json_fault("[1e999]").empty());
    CHECK(json_fault("[1e99999999999999999999]").empty());
    CHECK(json_fault(std::string(100'000, '[')).empty());
}
