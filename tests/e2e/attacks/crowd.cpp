#include "tests/e2e/attacks/crowd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opd::test {
namespace {

constexpr int patience = 200;  // ms

int connected_to(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor >= 0 && ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return descriptor;
    throw std::system_error(errno, std::generic_category(), "a crowd cannot connect");
}

bool is_open(int descriptor) {
    std::array<char, 4096> ignored;
    for (;;) {
        const ssize_t count = ::recv(descriptor, ignored.data(), ignored.size(), MSG_DONTWAIT);
        if (count <= 0) return count < 0 && errno == EAGAIN;
    }
}

}  // namespace

crowd::crowd(std::uint16_t port, std::size_t size, std::string_view bytes) {
    for (std::size_t i = 0; i != size; ++i) {
        descriptors_.push_back(connected_to(port));
        ::send(descriptors_.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
}

crowd::~crowd() {
    for (const int one : descriptors_) ::close(one);
}

std::size_t crowd::count_open() const { return static_cast<std::size_t>(std::ranges::count_if(descriptors_, is_open)); }

std::size_t bytes_taken(std::uint16_t port, std::string_view text) {
    const int descriptor = connected_to(port);
    std::size_t taken = 0;
    while (taken < text.size()) {
        pollfd waiter{.fd = descriptor, .events = POLLOUT, .revents = 0};
        if (::poll(&waiter, 1, patience) <= 0) break;
        const ssize_t count = ::send(descriptor, text.data() + taken, text.size() - taken, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0) break;
        taken += static_cast<std::size_t>(count);
    }
    ::close(descriptor);
    return taken;
}

}  // namespace opd::test
