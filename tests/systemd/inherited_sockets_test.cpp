#include "systemd/service.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace opd::systemd;

namespace {

handed_over listening(int descriptor, std::string name, int family = AF_INET) {
    return {
        .descriptor = descriptor, .name = std::move(name), .family = family, .type = SOCK_STREAM, .listening = true};
}

inherited_sockets choose(const std::vector<handed_over>& all) { return choose_sockets(all); }

}  // namespace

TEST_CASE("sockets with our name are ours, and so are those without any") {
    const auto chosen = choose({listening(3, "rest", AF_UNIX), listening(4, "rest"), listening(5, "rest", AF_INET6),
                                listening(6, "unknown"), listening(7, ""), listening(8, "operatord.socket")});
    CHECK(chosen.ours == std::vector<int>{3, 4, 5, 6, 7, 8});
    CHECK(chosen.warnings.empty());
    CHECK(chosen.error.empty());
    CHECK(choose({}).ours.empty());
}

TEST_CASE("a socket with another's name is left alone, and that is said") {
    const auto chosen = choose({listening(3, "metrics"), listening(4, "rest")});
    CHECK(chosen.ours == std::vector<int>{4});
    CHECK(chosen.warnings == std::vector<std::string>{"ignoring inherited descriptor 3 with the name \"metrics\"; ours "
                                                      "have FileDescriptorName=rest"});
    CHECK(chosen.error.empty());
}

TEST_CASE("what cannot be served on is an error") {
    handed_over one = listening(3, "rest");
    one.family = 0;
    CHECK(choose({one}).error == "cannot serve on inherited descriptor 3: it is not a socket");
    one = listening(3, "rest", AF_NETLINK);
    CHECK(choose({one}).error == "cannot serve on inherited descriptor 3: it is neither a unix socket nor one for TCP");
    one = listening(3, "rest");
    one.type = SOCK_DGRAM;
    CHECK(choose({one}).error ==
          "cannot serve on inherited descriptor 3: it is not a stream socket; the unit must say ListenStream=");
    one = listening(3, "rest");
    one.listening = false;
    CHECK(choose({one}).error ==
          "cannot serve on inherited descriptor 3: nobody listens on it; the unit must say Accept=no");
}

TEST_CASE("sockets that are meant for another process are not taken") {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    CHECK(take_inherited_sockets().empty());
    ::unsetenv("LISTEN_PID");
    ::unsetenv("LISTEN_FDS");
    CHECK(take_inherited_sockets().empty());
}
