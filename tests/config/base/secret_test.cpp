#include "config/base/secret.hpp"

#include "tests/support/heap_watch.hpp"

#include <boost/json/value_from.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <concepts>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace opd {
namespace {

constexpr std::string_view text = "sk-0123456789-0123456789-0123456789";

template <class T>
concept comparable = requires(const T& a, const T& b) { a == b; };

template <class T>
concept ordered = requires(const T& a, const T& b) { a < b; };

template <class T>
concept comparable_with_text =
    requires(const T& a, std::string_view b) { a == b; } || requires(const T& a) { a == ""; };

template <class T>
concept streamable = requires(std::ostream& out, const T& value) { out << value; };

template <class T>
concept hashable = requires(const T& value) { std::hash<T>()(value); };

template <class T>
concept iterable = requires(const T& value) { std::begin(value); };

template <class T>
concept revealed_by_a_temporary = requires(T&& value) { std::move(value).reveal(); };

// What these concepts say of a text shows that they can say so.
static_assert(comparable<std::string> && ordered<std::string> && comparable_with_text<std::string>);
static_assert(streamable<std::string> && hashable<std::string> && iterable<std::string>);
static_assert(fmt::is_formattable<std::string>::value && fmt::is_range<std::vector<int>, char>::value);
static_assert(boost::json::has_value_from<std::string>::value);

static_assert(!comparable<secret> && !ordered<secret> && !comparable_with_text<secret>);
static_assert(!streamable<secret> && !hashable<secret> && !iterable<secret>);
static_assert(!fmt::is_formattable<secret>::value && !fmt::is_range<secret, char>::value);
static_assert(!boost::json::has_value_from<secret>::value);
static_assert(!std::convertible_to<secret, std::string> && !std::convertible_to<secret, std::string_view>);
static_assert(!std::convertible_to<secret, const char*> && !std::convertible_to<secret, bool>);
static_assert(!std::constructible_from<std::string, secret> && !std::constructible_from<std::string_view, secret>);
static_assert(!std::convertible_to<std::string, secret> && !std::convertible_to<const char*, secret>);
static_assert(!revealed_by_a_temporary<secret>);
static_assert(!std::is_trivially_copyable_v<secret> && !std::is_aggregate_v<secret>);
static_assert(std::is_nothrow_move_constructible_v<secret> && std::is_nothrow_move_assignable_v<secret>);

}  // namespace

TEST_CASE("a secret is revealed by name only, and leaves its place when it moves") {
    secret key(text);
    CHECK(key.reveal() == text);
    CHECK_FALSE(key.empty());
    const char* const place = key.reveal().data();
    secret moved(std::move(key));
    CHECK(moved.reveal() == text);
    CHECK(moved.reveal().data() == place);
    CHECK(key.empty());  // NOLINT(bugprone-use-after-move): that nothing is left is the point
    CHECK(key.reveal().empty());
    secret copy = moved;
    moved = secret();
    CHECK(moved.empty());
    CHECK(copy.reveal() == text);
    moved = std::move(copy);
    CHECK(moved.reveal() == text);
    CHECK(secret().empty());
    CHECK(secret("").empty());
}

TEST_CASE("a text is wiped in all of its memory, the part that it no longer uses included") {
    for (const std::size_t size : {1U, 8U, 15U, 16U, 100U}) {
        CAPTURE(size);
        std::string word(size, 'x');
        word.resize(size / 2);
        const char* const place = word.data();
        const std::size_t room = word.capacity();
        wipe(word);
        CHECK(word.empty());
        REQUIRE(word.data() == place);
        word.resize(room);
        CHECK(word == std::string(room, '\0'));
    }
    std::string none;
    wipe(none);
    wipe(nullptr, 0);
}

TEST_CASE("the memory of a secret is wiped before it is given back") {
    if (!test::heap_watch::works) {
        MESSAGE("skipped: only AddressSanitizer shows what memory is given back with");
        return;
    }
    const test::heap_watch heap(text);
    {
        secret key(text);
        secret copy = key;
        const secret moved(std::move(key));
        copy = moved;
        auto held = std::make_unique<secret>(copy);
        copy = secret();
    }
    CHECK(heap.freed_blocks() >= 4);
    CHECK(heap.unwiped_blocks() == 0);
    {
        const std::string unwiped(text);
    }
    CHECK(heap.unwiped_blocks() == 1);
}

}  // namespace opd
