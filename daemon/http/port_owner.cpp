#include "daemon/http/port_owner.hpp"

#include "daemon/http/tcp_table.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace fs = std::filesystem;

namespace opd {
namespace {

std::string read_file(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool holds_socket(const fs::path& process, const std::string& link) {
    std::error_code error;
    for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end; fd.increment(error)) {
        std::error_code unreadable;
        if (fs::read_symlink(*fd, unreadable) == link) return true;
    }
    return false;
}

std::string name_in(const fs::path& process) {
    std::string name = read_file(process / "comm");
    if (name.ends_with('\n')) name.pop_back();
    return name;
}

}  // namespace

std::optional<std::uint64_t> listening_inode(std::string_view proc_net_tcp, std::uint16_t port) {
    const auto found = find_in_tcp_table(proc_net_tcp, [port](const tcp_socket& one) {
        return one.state == TCP_LISTEN && one.local.port() == port && one.inode != 0;
    });
    return found ? std::optional(found->inode) : std::nullopt;
}

std::string describe_port_owner(std::uint16_t port, bool ipv6) {
    std::optional<std::uint64_t> inode;
    if (!ipv6) inode = listening_inode(read_file("/proc/net/tcp"), port);
    if (!inode) inode = listening_inode(read_file("/proc/net/tcp6"), port);
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

std::string program_name(pid_t process) {
    return name_in(fs::path("/proc") / std::to_string(process));
}

}  // namespace opd
