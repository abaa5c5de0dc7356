#include "daemon/api/request_checks.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("an Authorization header carries the token as RFC 6750 says, or it does not") {
    const secret token("0123456789abcdef0123456789abcdef");
    for (const char* good : {"Bearer 0123456789abcdef0123456789abcdef", "bearer 0123456789abcdef0123456789abcdef",
                             "BEARER   0123456789abcdef0123456789abcdef"}) {
        CAPTURE(good);
        CHECK(carries_token(good, token));
    }
    for (const char* bad :
         {"", "Bearer", "Bearer ", "0123456789abcdef0123456789abcdef", "Bearer0123456789abcdef0123456789abcdef",
          "Basic 0123456789abcdef0123456789abcdef", "Bearer 0123456789abcdef0123456789abcde",
          "Bearer 0123456789abcdef0123456789abcdef0", "Bearer 0123456789abcdef0123456789abcdeF",
          "Bearer 1123456789abcdef0123456789abcdef", "Bearer \t0123456789abcdef0123456789abcdef",
          "Bearer 0123456789abcdef0123456789abcdef x", "Bearer token=0123456789abcdef0123456789abcdef"}) {
        CAPTURE(bad);
        CHECK_FALSE(carries_token(bad, token));
    }
}

TEST_CASE("an empty token is carried by nobody") {
    for (const char* header : {"", "Bearer", "Bearer ", "Bearer x"}) {
        CAPTURE(header);
        CHECK_FALSE(carries_token(header, secret()));
    }
}
