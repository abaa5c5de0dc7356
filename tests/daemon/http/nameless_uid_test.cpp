#include "daemon/http/peer.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("in a user namespace, the user who stands for all others is nobody in particular") {
    CHECK_FALSE(nameless_uid("         0          0 4294967295\n", "65534\n"));
    CHECK(nameless_uid("      1000       1000          1\n", "65534\n") == 65534U);
    CHECK(nameless_uid("         0       1000          1\n         1     100000      65536\n", "60000\n") == 60000U);
    CHECK(nameless_uid("         0     100000 4294967295\n", "65534\n") == std::nullopt);
    CHECK(nameless_uid("", "") == 65534U);
}
