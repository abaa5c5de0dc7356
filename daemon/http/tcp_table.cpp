#include "daemon/http/tcp_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <system_error>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd {
namespace {

constexpr std::size_t word_digits = 8;

template <class Number>
std::optional<Number> read_number(std::string_view digits, int base) {
    Number number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, number, base);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

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

}  // namespace

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

}  // namespace opd
