#pragma once

#include "daemon/http/tcp_socket.hpp"

#include <optional>
#include <string_view>

namespace opd {

/// Reads one line of /proc/net/tcp or tcp6 (proc(5)); nullopt: it is the heading, or not of that form.
std::optional<tcp_socket> read_tcp_line(std::string_view line);

/// The first line that `wanted` accepts.
template <class Predicate>
std::optional<tcp_socket> find_in_tcp_table(std::string_view table, Predicate wanted) {
    while (!table.empty()) {
        const auto line = table.substr(0, table.find('\n'));
        table.remove_prefix(line.size() == table.size() ? line.size() : line.size() + 1);
        auto found = read_tcp_line(line);
        if (found && wanted(*found)) return found;
    }
    return std::nullopt;
}

/// The socket between these ends; nullopt: there is none.
std::optional<tcp_socket> find_tcp_socket(std::string_view table, const boost::asio::ip::tcp::endpoint& local,
                                          const boost::asio::ip::tcp::endpoint& remote);

}  // namespace opd
