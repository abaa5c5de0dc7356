#include "daemon/http/request_head.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

using namespace opd;
using namespace opd::http;
using namespace std::string_view_literals;
using progress = chunked_body::progress;

namespace {

struct outcome {
    progress last;
    std::string body;
    std::string left;

    bool operator==(const outcome&) const = default;
};

outcome at_once(std::string_view bytes, std::size_t max_bytes) {
    chunked_body body(max_bytes);
    const progress last = body.take(bytes);
    return {last, std::string(body.body()), std::string(bytes)};
}

/// As it arrives in pieces.
outcome in_pieces(std::string_view bytes, std::size_t max_bytes, std::size_t size) {
    chunked_body body(max_bytes);
    std::string waiting;
    progress last = progress::incomplete;
    while (last == progress::incomplete && !bytes.empty()) {
        waiting += bytes.substr(0, size);
        bytes.remove_prefix(std::min(size, bytes.size()));
        std::string_view rest = waiting;
        last = body.take(rest);
        waiting.erase(0, waiting.size() - rest.size());
    }
    return {last, std::string(body.body()), waiting + std::string(bytes)};
}

}  // namespace

TEST_CASE("chunks are put together") {
    const std::vector<std::pair<std::string_view, outcome>> table{
        {"0\r\n\r\n", {progress::complete, "", ""}},
        {"3\r\nabc\r\n0\r\n\r\n", {progress::complete, "abc", ""}},
        {"3\r\nabc\r\n02\r\nde\r\n00\r\n\r\nGET", {progress::complete, "abcde", "GET"}},
        {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", {progress::complete, "01234567890123456789", ""}},
        {"2;x=y;\"z\"\r\nab\r\n0 ;a\r\n\r\n", {progress::complete, "ab", ""}},
        {"2\t\r\n\r\n\r\n0\r\n\r\n", {progress::complete, "\r\n", ""}},
        {"3\r\nab", {progress::incomplete, "ab", ""}},
        {"3\r\nabc\r", {progress::incomplete, "abc", "\r"}},
        {"0\r\n", {progress::incomplete, "", ""}},
    };
    for (const auto& [bytes, expected] : table) {
        CAPTURE(bytes);
        CHECK(at_once(bytes, 100) == expected);
        for (const std::size_t size : {1U, 2U, 3U, 7U}) CHECK(in_pieces(bytes, 100, size) == expected);
    }
}

TEST_CASE("chunks that two programs could read in two ways are refused") {
    for (const std::string_view bytes : {"\r\n"sv,
                                         "x\r\n"sv,
                                         "-1\r\n"sv,
                                         "+1\r\n"sv,
                                         " 1\r\n"sv,
                                         "0x1\r\n"sv,
                                         "1g\r\n"sv,
                                         "1 1\nx"sv,
                                         "1\na\r\n0\r\n\r\n"sv,
                                         "1\r\nab\r\n"sv,
                                         "1\r\na\n0\r\n\r\n"sv,
                                         "1\r\na\rb"sv,
                                         "1\r\na0\r\n\r\n"sv,
                                         "000000001\r\n"sv,
                                         "fffffffffffffffff\r\n"sv,
                                         "1;a\rb\r\n"sv,
                                         "1;a\0b\r\n"sv,
                                         "1;\x80\r\n"sv,
                                         "1;a\nb\r\n"sv,
                                         "0\r\nX: y\r\n\r\n"sv,
                                         "0\r\n\n"sv,
                                         "0\r\nGET"sv,
                                         "0\n\r\n"sv,
                                         "1\0\r\na\r\n0\r\n\r\n"sv}) {
        CAPTURE(bytes);
        CHECK(at_once(bytes, 100).last == progress::malformed);
        CHECK(in_pieces(bytes, 100, 1).last == progress::malformed);
    }
}

TEST_CASE("a body of chunks, and what is spent on them, has its limits") {
    CHECK(at_once("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n", 100).last == progress::complete);
    CHECK(at_once("65\r\n", 100).last == progress::too_large);
    CHECK(at_once("ffffffff\r\n", 100).last == progress::too_large);
    CHECK(at_once("63\r\n" + std::string(99, 'x') + "\r\n2\r\n", 100).last == progress::too_large);
    // A line has an end.
    CHECK(at_once("1;" + std::string(252, 'x') + "\r\n", 1000).last == progress::incomplete);
    CHECK(at_once("1;" + std::string(253, 'x') + "\r\n", 1000).last == progress::malformed);
    CHECK(at_once("1;" + std::string(300, 'x'), 1000).last == progress::malformed);
    // Five bytes for each.
    std::string tiny;
    for (int i = 0; i != 20; ++i) tiny += "1\r\nx\r\n";
    CHECK(at_once(tiny, 100).last == progress::incomplete);
    CHECK(at_once(tiny + "1\r\n", 100).last == progress::too_large);
}
