#include "tests/support/http_client.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace opd::test {
namespace {

[[noreturn]] void fail(std::string_view what) {
    throw std::runtime_error(fmt::format("http_client: {} ({})", what, std::strerror(errno)));
}

int open_socket(int family, const sockaddr* address, socklen_t size, std::string_view name) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    if (::connect(descriptor, address, size) != 0) {
        const int error = errno;
        ::close(descriptor);
        errno = error;
        fail(fmt::format("cannot connect to {}", name));
    }
    return descriptor;
}

std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end == text.data())
        throw std::runtime_error(fmt::format("http_client: '{}' is not a number", text));
    return value;
}

}  // namespace

http_client http_client::over_tcp(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        throw std::runtime_error("http_client: not a literal address: " + host);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    auto name = fmt::format(fmt::runtime(host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), host, port);
    const int descriptor = open_socket(found->ai_family, found->ai_addr, found->ai_addrlen, name);
    return {descriptor, std::move(name)};
}

http_client http_client::over_unix_socket(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path)
        throw std::runtime_error("http_client: the path is too long for a socket: " + path.string());
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    return {open_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, path.native()),
            "localhost"};
}

http_client::~http_client() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

http_client::http_client(http_client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      host_(std::move(other.host_)),
      buffer_(std::move(other.buffer_)),
      patience_(other.patience_) {}

http_answer http_client::request(std::string_view method, std::string_view target, const header_list& headers,
                                 std::string_view body) {
    auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
    if (!find_header(headers, "Host")) text += fmt::format("Host: {}\r\n", host_);
    for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
    if (!body.empty()) text += fmt::format("Content-Length: {}\r\n", body.size());
    send(text.append("\r\n").append(body));
    return read_answer(method == "HEAD");
}

void http_client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("cannot send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void http_client::finish_sending() {
    if (::shutdown(descriptor_, SHUT_WR) != 0) fail("shutdown");
}

bool http_client::read_more() {
    pollfd waiter{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (::poll(&waiter, 1, static_cast<int>(patience_.count())) <= 0)
        fail(fmt::format("no answer within {} ms; so far: '{}'", patience_.count(), buffer_.substr(0, 500)));
    std::array<char, 16'384> bytes{};
    const auto size = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno != ECONNRESET) fail("cannot receive");
    if (size > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

std::string http_client::take(std::size_t bytes) {
    while (buffer_.size() < bytes) {
        if (!read_more()) {
            throw std::runtime_error(
                fmt::format("http_client: closed after {} of {} bytes of the body", buffer_.size(), bytes));
        }
    }
    auto taken = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return taken;
}

std::string http_client::take_line() {
    auto end = buffer_.find("\r\n");
    while (end == std::string::npos) {
        if (!read_more()) throw std::runtime_error(fmt::format("http_client: closed inside a header: '{}'", buffer_));
        end = buffer_.find("\r\n");
    }
    auto line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
}

std::string http_client::take_chunks() {
    std::string body;
    for (auto size = number(take_line(), 16); size > 0; size = number(take_line(), 16)) {
        body += take(size);
        take_line();
    }
    while (!take_line().empty()) {
    }
    return body;
}

http_answer http_client::read_answer(bool to_head) {
    http_answer answer;
    const auto status_line = take_line();
    if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12)
        throw std::runtime_error(fmt::format("http_client: not a status line: '{}'", status_line));
    answer.status = static_cast<unsigned>(number(std::string_view(status_line).substr(9, 3), 10));
    if (status_line.size() > 13) answer.reason = status_line.substr(13);
    for (auto line = take_line(); !line.empty(); line = take_line()) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) throw std::runtime_error("http_client: not a header: " + line);
        answer.headers.emplace_back(line.substr(0, colon), boost::algorithm::trim_copy(line.substr(colon + 1)));
    }
    if (answer.status >= 100 && answer.status < 200) return read_answer(to_head);
    if (to_head || answer.status == 204 || answer.status == 304) return answer;
    if (boost::algorithm::iequals(answer.header("Transfer-Encoding").value_or(""), "chunked"))
        answer.body = take_chunks();
    else if (const auto length = answer.header("Content-Length"))
        answer.body = take(number(*length, 10));
    else
        answer.body = read_to_end();
    return answer;
}

std::string http_client::read_to_end() {
    while (read_more()) {
    }
    return std::exchange(buffer_, {});
}

}  // namespace opd::test
