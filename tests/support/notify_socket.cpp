#include "tests/support/notify_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace opd::test {
namespace {

bool has_line(std::string_view message, std::string_view line) {
    while (!message.empty()) {
        const auto end = std::min(message.find('\n'), message.size());
        if (message.substr(0, end) == line) return true;
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return false;
}

}  // namespace

notify_socket::notify_socket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path();
    std::memcpy(address.sun_path, name.data(), std::min(name.size(), sizeof address.sun_path - 1));
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::generic_category(), name);
}

notify_socket::~notify_socket() { ::close(socket_); }

bool notify_socket::receive(std::chrono::milliseconds patience) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return false;
    std::array<char, 8192> bytes{};
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size < 0) return false;
    messages_.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    return true;
}

const std::vector<std::string>& notify_socket::messages() {
    while (receive(std::chrono::milliseconds(0))) {
    }
    return messages_;
}

bool notify_socket::wait_for(std::string_view line, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        while (looked_at_ != messages_.size())
            if (has_line(messages_[looked_at_++], line)) return true;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (!receive(std::max(left, std::chrono::milliseconds(0)))) return false;
    }
}

void notify_socket::clear() {
    messages();
    messages_.clear();
    looked_at_ = 0;
}

}  // namespace opd::test
