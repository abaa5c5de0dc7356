#include "daemon/peers/tcp_sockets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd::peers {
namespace {

constexpr std::size_t word_digits = 8;

/// The kernel writes addresses in words of 32 bits, each as a number of this machine.
template <class Address>
std::optional<asio::ip::address> read_address(std::string_view digits) {
    typename Address::bytes_type bytes{};
    for (std::size_t at = 0; at != bytes.size(); at += sizeof(std::uint32_t)) {
        const auto word = read_number<std::uint32_t>(digits.substr(2 * at, word_digits), 16);
        if (!word) return std::nullopt;
        std::memcpy(bytes.data() + at, &*word, sizeof *word);
    }
    return Address(bytes);
}

std::optional<tcp::endpoint> read_endpoint(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view digits = text.substr(0, colon);
    const auto port = read_number<std::uint16_t>(text.substr(std::min(colon + 1, text.size())), 16);
    std::optional<asio::ip::address> address;
    if (digits.size() == word_digits) address = read_address<asio::ip::address_v4>(digits);
    if (digits.size() == 4 * word_digits) address = read_address<asio::ip::address_v6>(digits);
    if (!port || !address) return std::nullopt;
    return tcp::endpoint(*address, *port);
}

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

std::errc last_call() { return static_cast<std::errc>(errno); }

}  // namespace

asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

tcp::endpoint plain(const tcp::endpoint& endpoint) { return {plain(endpoint.address()), endpoint.port()}; }

std::optional<uid_t> client_uid(const tcp_socket& found, const tcp_ends& ends) {
    // Without the whole pair it may be a socket that listens on the client's port.
    if (plain(found.local) != plain(ends.client) || plain(found.remote) != plain(ends.ours)) return std::nullopt;
    // A client that has only ended its direction still waits for the answer. One in SYN_SENT is somebody else, who has
    // taken the port of a client that has gone.
    const bool connected =
        found.state == TCP_ESTABLISHED || found.state == TCP_FIN_WAIT1 || found.state == TCP_FIN_WAIT2;
    // A socket that its process has closed is shown as one of root's.
    if (!connected || found.inode == 0) return std::nullopt;
    return found.uid;
}

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<tcp_socket> read_tcp_line(std::string_view line) {
    std::array<std::string_view, 10> field;  // sl local_address rem_address st queues tr retrnsmt uid timeout inode
    for (std::string_view& one : field) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        one = line.substr(0, line.find(' '));
        line.remove_prefix(one.size());
    }
    const auto local = read_endpoint(field[1]);
    const auto remote = read_endpoint(field[2]);
    const auto state = read_number<unsigned>(field[3], 16);
    const auto uid = read_number<uid_t>(field[7], 10);
    const auto inode = read_number<std::uint64_t>(field[9], 10);
    if (!local || !remote || !state || !uid || !inode) return std::nullopt;
    return tcp_socket{.local = *local, .remote = *remote, .state = *state, .uid = *uid, .inode = *inode};
}

std::optional<tcp_socket> find_tcp_socket(std::string_view table, const tcp::endpoint& local,
                                          const tcp::endpoint& remote) {
    return find_in_tcp_table(table, [&](const tcp_socket& one) {
        return plain(one.local) == plain(local) && plain(one.remote) == plain(remote);
    });
}

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

}  // namespace opd::peers
