#include "daemon/listen/bind.hpp"

#include "config/base/exit_codes.hpp"
#include "daemon/peers/tcp_sockets.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
namespace asio = boost::asio;
using asio::ip::tcp;
using local_protocol = asio::local::stream_protocol;
using boost::system::error_code;

namespace opd::listen {
namespace {

bool holds_socket(const fs::path& process, const std::string& link) {
    std::error_code error;
    for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end; fd.increment(error)) {
        std::error_code unreadable;
        if (fs::read_symlink(*fd, unreadable) == link) return true;
    }
    return false;
}

std::string name_in(const fs::path& process) {
    std::string name = peers::read_whole(process / "comm");
    if (name.ends_with('\n')) name.pop_back();
    return name;
}

listen_error tcp_error(const tcp::endpoint& endpoint, const error_code& error) {
    const std::string where = show(endpoint);
    if (error == asio::error::address_in_use) {
        const std::string owner = describe_port_owner(endpoint.port(), endpoint.address().is_v6());
        return {
            exit_unavailable,
            {fmt::format("cannot listen on {}: {}", where,
                         owner.empty() ? "another program uses this port" : fmt::format("{} uses this port", owner)),
             "stop it, or choose another port: port = ... below [rest_api] in operator.toml, or --listen HOST:PORT"}};
    }
    if (error == asio::error::access_denied) {
        return {exit_permission,
                {fmt::format("cannot listen on {}: permission denied", where), "choose a port of 1024 or above"}};
    }
    const bool missing = error == boost::system::errc::address_not_available ||
                         error == boost::system::errc::address_family_not_supported;
    return {missing ? exit_unavailable : exit_internal,
            {fmt::format("cannot listen on {}: {}", where, error.message()),
             missing ? "give an address that this machine has" : ""},
            missing};
}

/// Away with what a dead daemon left in our place.
result<void, listen_error> make_place(const asio::any_io_executor& executor, const std::string& path) {
    std::error_code failed;
    const fs::file_status there = fs::symlink_status(path, failed);
    if (there.type() == fs::file_type::not_found) return {};
    if (there.type() != fs::file_type::socket) {
        return listen_error{
            exit_unavailable,
            {fmt::format("cannot listen on the unix socket {}: this is not a socket, and it is not replaced", path),
             "move it away, or give another path with --socket PATH"}};
    }
    local_protocol::socket probe(executor);
    error_code error;
    probe.connect(local_protocol::endpoint(path), error);
    if (!error) {
        const pid_t owner = peer_process(probe.native_handle());
        return socket_taken(path, owner, program_name(owner));
    }
    if (error == asio::error::connection_refused)
        ::unlink(path.c_str());
    else if (error != boost::system::errc::no_such_file_or_directory)
        return local_error(path, error);
    return {};
}

}  // namespace

std::optional<std::uint64_t> listening_inode(std::string_view proc_net_tcp, std::uint16_t port) {
    const auto found = peers::find_in_tcp_table(proc_net_tcp, [port](const peers::tcp_socket& one) {
        return one.state == TCP_LISTEN && one.local.port() == port && one.inode != 0;
    });
    return found ? std::optional(found->inode) : std::nullopt;
}

std::string describe_port_owner(std::uint16_t port, bool ipv6) {
    std::optional<std::uint64_t> inode;
    if (!ipv6) inode = listening_inode(peers::read_whole("/proc/net/tcp"), port);
    if (!inode) inode = listening_inode(peers::read_whole("/proc/net/tcp6"), port);
    if (!inode) return {};
    const std::string link = fmt::format("socket:[{}]", *inode);
    std::error_code error;
    for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
        const std::string pid = process->path().filename();
        if (pid.find_first_not_of("0123456789") != std::string::npos || !holds_socket(process->path(), link)) continue;
        return fmt::format("{} (pid {})", name_in(process->path()), pid);
    }
    return {};
}

pid_t peer_process(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

std::string program_name(pid_t process) { return name_in(fs::path("/proc") / std::to_string(process)); }

std::string show(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, endpoint.port());
}

listen_error socket_taken(const std::string& path, pid_t process, std::string_view program) {
    const std::string pid = process == 0 ? std::string() : fmt::format(" (pid {})", process);
    const bool on_demand = program == "systemd";
    return {exit_unavailable,
            {on_demand ? fmt::format("systemd{} listens on {}, and starts operatord when a client comes", pid, path)
                       : fmt::format("another operatord{} already serves {}", pid, path),
             fmt::format("use that one ({}), or give this one a socket of its own with --socket PATH",
                         on_demand ? "systemctl --user status operatord" : "operatorctl status")}};
}

listen_error local_error(const std::string& path, const error_code& error) {
    const bool denied = error == asio::error::access_denied || error == boost::system::errc::read_only_file_system;
    return {denied ? exit_permission : exit_internal,
            {fmt::format("cannot listen on the unix socket {}: {}", path, error.message()),
             "give a path that you may write to with --socket PATH, or --socket none"}};
}

result<tcp::acceptor, listen_error> bind_tcp(const asio::any_io_executor& executor, const tcp::endpoint& endpoint) {
    error_code error;
    tcp::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error) return tcp_error(endpoint, error);
    return acceptor;
}

result<local_protocol::acceptor, listen_error> bind_local(const asio::any_io_executor& executor,
                                                          const std::string& path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return listen_error{exit_unavailable,
                            {fmt::format("the path of the unix socket is too long ({} bytes, at most {}): {}",
                                         path.size(), sizeof(sockaddr_un::sun_path) - 1, path),
                             "give a shorter one with --socket PATH"}};
    }
    if (auto made = make_place(executor, path); !made) return made.error();
    error_code error;
    local_protocol::acceptor acceptor(executor);
    acceptor.open(local_protocol(), error);
    // The file must never be open to others, not even for a moment.
    const mode_t before = ::umask(0177);
    if (!error) acceptor.bind(local_protocol::endpoint(path), error);
    ::umask(before);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error) return local_error(path, error);
    return acceptor;
}

}  // namespace opd::listen
