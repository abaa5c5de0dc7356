#include "daemon/http/connection_table.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace opd;
using namespace opd::http;
using namespace std::chrono_literals;

namespace {

using held_list = std::vector<held_connection>;

constexpr uid_t own = 1000;
constexpr uid_t root = 0;
const connection_limits few{.total = 4, .of_one_user = 3, .of_elsewhere = 2};
const auto start = std::chrono::steady_clock::time_point(1h);

held_connection waiting(std::optional<uid_t> user, std::chrono::seconds since) {
    return {.user = user, .waiting_since = start + since};
}

held_connection busy(std::optional<uid_t> user) { return {.user = user, .waiting_since = std::nullopt}; }

void check_taken(const admission& got) {
    CHECK(got.granted);
    CHECK_FALSE(got.instead_of);
}

void check_taken_instead_of(const admission& got, std::size_t index) {
    CHECK(got.granted);
    CHECK(got.instead_of == index);
}

}  // namespace

TEST_CASE("below the limits every connection is taken") {
    check_taken(admit(held_list{}, own, few));
    check_taken(admit(held_list{busy(own), waiting(own, 1s)}, own, few));
    check_taken(admit(held_list{busy(own), busy(own), busy(own)}, root, few));
    check_taken(admit(held_list{busy(std::nullopt)}, std::nullopt, few));
}

TEST_CASE("above a user's limit, the user's connection that has been waited for the longest goes") {
    check_taken_instead_of(
        admit(held_list{waiting(root, 0s), waiting(own, 3s), waiting(own, 1s), waiting(own, 2s)}, own, few), 2);
    check_taken_instead_of(admit(held_list{busy(own), waiting(own, 9s), busy(own)}, own, few), 1);
    check_taken_instead_of(admit(held_list{waiting(std::nullopt, 2s), waiting(std::nullopt, 1s)}, std::nullopt, few),
                           1);
}

TEST_CASE("a newcomer is refused where every connection is being answered") {
    CHECK_FALSE(admit(held_list{busy(own), busy(own), busy(own)}, own, few).granted);
    CHECK_FALSE(admit(held_list{busy(own), busy(own), busy(root), busy(root)}, own, few).granted);
    // Those of others do not go for it, as long as it is the user's own that are too many.
    CHECK_FALSE(admit(held_list{busy(own), busy(own), busy(own), waiting(root, 0s)}, own, few).granted);
}

TEST_CASE("above the limit of all, the one that has been waited for the longest goes, whosever it is") {
    check_taken_instead_of(admit(held_list{busy(own), waiting(own, 2s), waiting(root, 1s), busy(root)}, own, few), 2);
}

TEST_CASE("other machines cannot use up the connections of this one") {
    held_list held{busy(std::nullopt), busy(std::nullopt)};
    CHECK_FALSE(admit(held, std::nullopt, few).granted);
    check_taken(admit(held, own, few));
}

TEST_CASE("streams keep nobody out") {
    const held_connection stream{.user = own, .waiting_since = std::nullopt, .in_stream = true};
    check_taken(admit(held_list(100, stream), own, few));
    check_taken(admit(held_list{stream, stream, stream, busy(own), busy(own)}, own, few));
    check_taken_instead_of(admit(held_list{stream, busy(own), waiting(own, 1s), busy(own)}, own, few), 2);
    CHECK_FALSE(admit(held_list{stream, busy(own), busy(own), busy(root), busy(root)}, own, few).granted);
}
