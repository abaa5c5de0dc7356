#include "tests/support/other_user.hpp"

#include "tests/support/without_privileges.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace opd::test {
namespace {

constexpr unsigned longest_life = 20;  ///< of the process, in seconds

struct destination {
    sockaddr_storage address{};
    socklen_t size = 0;
};

destination tcp_destination(const std::string& address, std::uint16_t port) {
    destination out;
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1)
        std::memcpy(&out.address, &v4, out.size = sizeof v4);
    else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1)
        std::memcpy(&out.address, &v6, out.size = sizeof v6);
    return out;
}

/// System calls only: other threads of the parent may hold any lock.
[[noreturn]] void be_nobody(const destination& to, std::string_view bytes, afterwards then, int out) {
    ::alarm(longest_life);
    int error = 0;
    // As raw calls: those of glibc would tell threads that this process does not have.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, nobody, nobody, nobody) != 0 ||
        ::syscall(SYS_setresuid, nobody, nobody, nobody) != 0)
        error = errno;
    const int client = ::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (error == 0 && ::connect(client, reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0) error = errno;
    ssize_t written = ::write(out, &error, sizeof error);
    if (error != 0) ::_exit(1);
    written = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (then == afterwards::resets_it) ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    std::array<char, 4096> got;
    ssize_t count = then == afterwards::reads ? ::recv(client, got.data(), got.size(), 0) : 0;
    for (; count > 0 && written >= 0; count = ::recv(client, got.data(), got.size(), 0))
        written = ::write(out, got.data(), static_cast<std::size_t>(count));
    ::_exit(0);
}

other_users_answer ask(const destination& to, std::string_view bytes, afterwards then) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    const pid_t child = ::fork();
    if (child == 0) be_nobody(to, bytes, then, ends[1]);
    ::close(ends[1]);
    std::string all;
    std::array<char, 4096> piece;
    for (ssize_t count = 1; count > 0;) {
        count = ::read(ends[0], piece.data(), piece.size());
        if (count > 0) all.append(piece.data(), static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    ::waitpid(child, nullptr, 0);
    other_users_answer out;
    if (all.size() < sizeof out.connect_error) throw std::runtime_error("the process of the other user ended early");
    std::memcpy(&out.connect_error, all.data(), sizeof out.connect_error);
    out.received = all.substr(sizeof out.connect_error);
    return out;
}

}  // namespace

bool can_be_another_user() { return ::geteuid() == 0; }

other_users_answer ask_as_nobody(const std::string& address, std::uint16_t port, std::string_view bytes,
                                 afterwards then) {
    return ask(tcp_destination(address, port), bytes, then);
}

other_users_answer ask_as_nobody(const std::filesystem::path& socket, std::string_view bytes) {
    destination to;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    socket.string().copy(local.sun_path, sizeof local.sun_path - 1);
    std::memcpy(&to.address, &local, to.size = sizeof local);
    return ask(to, bytes, afterwards::reads);
}

}  // namespace opd::test
