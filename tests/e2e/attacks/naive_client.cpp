#include "tests/e2e/attacks/naive_client.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opd::test {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_redirects = 10;
constexpr std::string_view scheme = "http://";

struct place {
    std::uint16_t port = 0;
    std::string target;
};

place place_in(std::string_view url) {
    place out;
    url.remove_prefix(scheme.size());
    const std::size_t slash = std::min(url.find('/'), url.size());
    const std::string_view authority = url.substr(0, slash);
    const char* digits = authority.data() + authority.rfind(':') + 1;
    std::from_chars(digits, authority.data() + authority.size(), out.port);
    out.target = slash == url.size() ? "/" : std::string(url.substr(slash));
    return out;
}

int connected_to(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return descriptor;
    ::close(descriptor);
    throw std::runtime_error("the naive client cannot connect");
}

/// False: the time is over.
bool read_to_end(int descriptor, clock::time_point until, std::string& into) {
    std::array<char, 65536> piece;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        pollfd waiter{.fd = descriptor, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&waiter, 1, static_cast<int>(left.count())) <= 0) return false;
        const ssize_t count = ::recv(descriptor, piece.data(), piece.size(), 0);
        if (count <= 0) return true;
        into.append(piece.data(), static_cast<std::size_t>(count));
    }
}

std::optional<std::string> location_in(const std::string& answer) {
    constexpr std::string_view name = "\r\nLocation: ";
    const std::size_t at = answer.find(name);
    if (!answer.starts_with("HTTP/1.1 3") || at == answer.npos) return std::nullopt;
    return answer.substr(at + name.size(), answer.find("\r\n", at + name.size()) - at - name.size());
}

}  // namespace

naive_reply naive_get(std::string url, const header_list& headers, std::chrono::milliseconds patience) {
    naive_reply reply;
    const auto until = clock::now() + patience;
    for (std::optional<std::string> next = url; next && reply.requests <= most_redirects;) {
        const place where = place_in(*next);
        std::string request = "GET " + where.target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
        request += "\r\n";
        const int descriptor = connected_to(where.port);
        ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL);
        ++reply.requests;
        std::string answer;
        reply.ended = read_to_end(descriptor, until, answer);
        ::close(descriptor);
        next = reply.ended ? location_in(answer) : std::nullopt;
        reply.received += answer;
    }
    return reply;
}

}  // namespace opd::test
