#include "daemon/http/peer.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

constexpr uid_t own = 1000;
constexpr peer local_process{.over_unix_socket = true};
constexpr peer loopback_process{};
constexpr peer elsewhere{.from_elsewhere = true};

peer of(peer who, std::optional<uid_t> uid) {
    who.uid = uid;
    return who;
}

}  // namespace

TEST_CASE("only processes of the same user and of root may speak, other machines with the token") {
    for (const peer& who : {local_process, loopback_process}) {
        CHECK(access_of(of(who, own), own) == access::granted);
        CHECK(access_of(of(who, 0), own) == access::granted);
        CHECK(access_of(of(who, 1001), own) == access::refused);
        CHECK(access_of(of(who, 65534), own) == access::refused);
        CHECK(access_of(of(who, std::nullopt), own) == access::refused);
        CHECK(access_of(of(who, 1000), 0) == access::refused);  // a daemon of root serves root
    }
    CHECK(access_of(elsewhere, own) == access::with_token);
    CHECK(access_of(of(elsewhere, own), own) == access::with_token);
}

TEST_CASE("who is refused is told why") {
    CHECK(refusal_of(of(loopback_process, 1001)) ==
          "operatord serves only processes of the user who started it, and a process of another user (uid 1001) is "
          "asking; that user can run one of their own");
    CHECK(refusal_of(loopback_process) ==
          "operatord serves only processes of the user who started it, and it cannot be told whose process is asking; "
          "ask as that user");
}
