#include "daemon/http/port_owner.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <sys/socket.h>

namespace fs = std::filesystem;

namespace opd {
namespace {

constexpr std::string_view listen_state = "0A";

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

}  // namespace

std::optional<std::uint64_t> listening_inode(std::string_view proc_net_tcp, std::uint16_t port) {
    const std::string wanted = fmt::format(":{:04X}", port);
    std::istringstream lines{std::string(proc_net_tcp)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::array<std::string, 10> field;  // sl local_address rem_address st queues tr retrnsmt uid timeout inode
        for (std::string& word : field)
            words >> word;
        if (!field[1].ends_with(wanted) || field[3] != listen_state) continue;
        std::uint64_t inode = 0;
        const char* end = field[9].data() + field[9].size();
        if (std::from_chars(field[9].data(), end, inode).ec == std::errc() && inode != 0) return inode;
    }
    return std::nullopt;
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
        std::string name = read_file(process->path() / "comm");
        if (name.ends_with('\n')) name.pop_back();
        return fmt::format("{} (pid {})", name, pid);
    }
    return {};
}

std::string describe_peer(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid == 0) return {};
    return fmt::format(" (pid {})", peer.pid);
}

}  // namespace opd
