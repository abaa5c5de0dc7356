#include "tests/support/http_fixture/dead_ends.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opd::test {
namespace {

[[noreturn]] void fail(const char* step) { throw std::system_error(errno, std::generic_category(), step); }

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int bound_socket() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    const auto address = loopback(0);
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    return descriptor;
}

std::uint16_t port_of(int descriptor) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
    return ntohs(address.sin_port);
}

/// Begins to connect. The queue is full when this does not get through on loopback at once.
bool gets_through(int descriptor, std::uint16_t port) {
    const auto address = loopback(port);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    if (errno != EINPROGRESS) fail("connect");
    pollfd waiter{.fd = descriptor, .events = POLLOUT, .revents = 0};
    return ::poll(&waiter, 1, 100) != 0;
}

}  // namespace

refusing_port::refusing_port() : descriptor_(bound_socket()), port_(port_of(descriptor_)) {}

refusing_port::~refusing_port() { ::close(descriptor_); }

std::string refusing_port::base_url() const { return fmt::format("http://127.0.0.1:{}", port_); }

silent_port::silent_port() : descriptor_(bound_socket()), port_(port_of(descriptor_)) {
    if (::listen(descriptor_, 0) != 0) fail("listen");
    bool open = true;
    while (open && fillers_.size() < 16) {
        fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (fillers_.back() < 0) fail("socket");
        open = gets_through(fillers_.back(), port_);
    }
    if (open) throw std::runtime_error("the queue of a listening socket does not fill up on this system");
}

silent_port::~silent_port() {
    for (const int filler : fillers_) ::close(filler);
    ::close(descriptor_);
}

std::string silent_port::base_url() const { return fmt::format("http://127.0.0.1:{}", port_); }

}  // namespace opd::test
