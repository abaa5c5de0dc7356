#include "daemon/http/sock_diag.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd {
namespace {

constexpr std::size_t reply_size = 8192;  ///< as netlink(7) advises

template <class Address>
void put(const Address& address, __be32* into) {
    const auto bytes = address.to_bytes();
    std::memcpy(into, bytes.data(), bytes.size());
}

template <class Address>
asio::ip::address take(const __be32* from) {
    typename Address::bytes_type bytes{};
    std::memcpy(bytes.data(), from, bytes.size());
    return Address(bytes);
}

asio::ip::address address_of(int family, const __be32* from) {
    return family == AF_INET6 ? take<asio::ip::address_v6>(from) : take<asio::ip::address_v4>(from);
}

template <class T>
bool read_struct(std::span<const std::byte> from, std::size_t at, T& into) {
    if (from.size() < at + sizeof into) return false;
    std::memcpy(&into, from.data() + at, sizeof into);
    return true;
}

std::errc last_call() {
    return static_cast<std::errc>(errno);
}

}  // namespace

diag_request make_diag_request(const tcp::endpoint& local, const tcp::endpoint& remote, std::uint32_t sequence) {
    const asio::ip::address here = plain(local.address());
    const asio::ip::address there = plain(remote.address());
    diag_request out{};
    out.header.nlmsg_len = sizeof out;
    out.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    out.header.nlmsg_flags = NLM_F_REQUEST;
    out.header.nlmsg_seq = sequence;
    out.wanted.sdiag_family = here.is_v6() ? AF_INET6 : AF_INET;
    out.wanted.sdiag_protocol = IPPROTO_TCP;
    out.wanted.idiag_states = ~0U;
    out.wanted.id.idiag_sport = htons(local.port());
    out.wanted.id.idiag_dport = htons(remote.port());
    out.wanted.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    out.wanted.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (here.is_v6() != there.is_v6()) return out;
    if (here.is_v6()) {
        put(here.to_v6(), out.wanted.id.idiag_src);
        put(there.to_v6(), out.wanted.id.idiag_dst);
    } else {
        put(here.to_v4(), out.wanted.id.idiag_src);
        put(there.to_v4(), out.wanted.id.idiag_dst);
    }
    return out;
}

result<tcp_socket, std::errc> read_diag_reply(std::span<const std::byte> reply, std::uint32_t sequence) {
    nlmsghdr header{};
    if (!read_struct(reply, 0, header) || header.nlmsg_seq != sequence) return std::errc::bad_message;
    if (header.nlmsg_type == NLMSG_ERROR) {
        nlmsgerr failed{};
        if (!read_struct(reply, NLMSG_HDRLEN, failed) || failed.error >= 0) return std::errc::bad_message;
        return static_cast<std::errc>(-failed.error);
    }
    inet_diag_msg told{};
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || !read_struct(reply, NLMSG_HDRLEN, told))
        return std::errc::bad_message;
    if (told.idiag_family != AF_INET && told.idiag_family != AF_INET6) return std::errc::bad_message;
    const inet_diag_sockid& id = told.id;
    return tcp_socket{.local = {address_of(told.idiag_family, id.idiag_src), ntohs(id.idiag_sport)},
                      .remote = {address_of(told.idiag_family, id.idiag_dst), ntohs(id.idiag_dport)},
                      .state = told.idiag_state,
                      .uid = told.idiag_uid,
                      .inode = told.idiag_inode};
}

sock_diag::sock_diag() : netlink_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {}

result<tcp_socket, std::errc> sock_diag::find(const tcp::endpoint& local, const tcp::endpoint& remote) {
    if (!netlink_) return std::errc::bad_file_descriptor;
    const diag_request request = make_diag_request(local, remote, ++sequence_);
    if (::send(netlink_.get(), &request, sizeof request, MSG_DONTWAIT) < 0) return last_call();
    // The kernel has answered when send() returns. What is left of an earlier question is passed over.
    std::array<std::byte, reply_size> buffer;
    for (;;) {
        sockaddr_nl from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(netlink_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 0) return last_call();
        auto reply = read_diag_reply(std::span(buffer).first(static_cast<std::size_t>(got)), sequence_);
        const bool of_kernel = from.nl_pid == 0;
        if (of_kernel && (reply || reply.error() != std::errc::bad_message)) return reply;
    }
}

}  // namespace opd
