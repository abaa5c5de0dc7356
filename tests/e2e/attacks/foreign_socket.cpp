#include "tests/e2e/attacks/foreign_socket.hpp"

#include "tests/support/without_privileges.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace opd::test {
namespace {

std::string hear_one(int listening) {
    std::string heard;
    const int client = ::accept(listening, nullptr, nullptr);
    if (client < 0) return heard;
    ::shutdown(client, SHUT_WR);
    std::array<char, 4096> piece;
    for (ssize_t count = 1; count > 0;) {
        count = ::recv(client, piece.data(), piece.size(), 0);
        if (count > 0) heard.append(piece.data(), static_cast<std::size_t>(count));
    }
    ::close(client);
    return heard;
}

}  // namespace

foreign_socket::foreign_socket(const std::filesystem::path& file) {
    // listen(2) notes who serves it (SO_PEERCRED in unix(7)).
    const without_privileges as_nobody;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.native().copy(address.sun_path, sizeof address.sun_path - 1);
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_, 8) != 0)
        throw std::system_error(errno, std::generic_category(), "nobody cannot serve " + file.string());
    thread_ = std::thread([this] { heard_ = hear_one(listening_); });
}

foreign_socket::~foreign_socket() {
    heard();
    ::close(listening_);
}

std::string foreign_socket::heard() {
    ::shutdown(listening_, SHUT_RDWR);  // ends the accept() under way
    if (thread_.joinable()) thread_.join();
    return heard_;
}

}  // namespace opd::test
