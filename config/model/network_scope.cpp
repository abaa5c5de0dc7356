#include "config/base/ascii.hpp"
#include "config/model/base_url.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <algorithm>
#include <array>

namespace opd {
namespace {

/// `bits` leading bits of an address are those of `start`.
struct v4_block {
    std::uint32_t start;
    unsigned bits;
};

constexpr std::array<v4_block, 2> loopback_v4{{{0x7F000000, 8}, {0x00000000, 32}}};
constexpr std::array<v4_block, 5> private_v4{{{0x0A000000, 8},     // RFC 1918
                                              {0xAC100000, 12},    // RFC 1918
                                              {0xC0A80000, 16},    // RFC 1918
                                              {0xA9FE0000, 16},    // RFC 3927, link-local
                                              {0x64400000, 10}}};  // RFC 6598, shared

template <class Blocks>
bool within(const Blocks& blocks, std::uint32_t address) {
    return std::ranges::any_of(
        blocks, [address](v4_block block) { return ((address ^ block.start) >> (32 - block.bits)) == 0; });
}

network_scope scope_of_v4(std::uint32_t address) {
    if (within(loopback_v4, address)) return network_scope::loopback;
    return within(private_v4, address) ? network_scope::private_network : network_scope::internet;
}

network_scope scope_of_v6(const boost::urls::ipv6_address& address) {
    const auto bytes = address.to_bytes();
    if (address.is_loopback() || address.is_unspecified()) return network_scope::loopback;
    if (address.is_v4_mapped()) {
        return scope_of_v4((std::uint32_t{bytes[12]} << 24U) | (std::uint32_t{bytes[13]} << 16U) |
                           (std::uint32_t{bytes[14]} << 8U) | bytes[15]);
    }
    const bool unique_local = (bytes[0] & 0xFEU) == 0xFC;                    // RFC 4193
    const bool link_local = bytes[0] == 0xFE && (bytes[1] & 0xC0U) == 0x80;  // RFC 4291
    return unique_local || link_local ? network_scope::private_network : network_scope::internet;
}

bool is_below(std::string_view name, std::string_view domain) {
    return name == domain || (name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
}

std::string_view default_authority(const kind& of) {
    std::string_view host = of.default_base_url;
    host.remove_prefix(std::min(host.size(), host.find("://") + 3));
    return host.substr(0, host.find('/'));
}

}  // namespace

network_scope scope_of(std::string_view host) {
    std::string name = lower_case(host.substr(0, host.find('%')));  // an IPv6 zone follows
    if (name.ends_with('.')) name.pop_back();
    if (const auto address = boost::urls::parse_ipv4_address(name)) return scope_of_v4(address->to_uint());
    if (const auto address = boost::urls::parse_ipv6_address(name)) return scope_of_v6(*address);
    if (is_below(name, "localhost")) return network_scope::loopback;
    if (name.find('.') == name.npos) return network_scope::private_network;
    for (const std::string_view domain : {"local", "lan", "internal", "home.arpa", "ts.net"})
        if (is_below(name, domain)) return network_scope::private_network;
    return network_scope::internet;
}

bool is_ip_address(std::string_view text) {
    return boost::urls::parse_ipv4_address(text).has_value() || boost::urls::parse_ipv6_address(text).has_value();
}

bool is_vendor_host(const kind& of, const api_root& root) {
    return of.connectable() && root.authority() == default_authority(of);
}

const kind* vendor_of(const api_root& root) {
    if (!root.tls || scope_of(root.host) != network_scope::internet) return nullptr;
    const auto rows = kinds();
    const auto row = std::ranges::find_if(rows, [&root](const kind& of) { return is_vendor_host(of, root); });
    return row == rows.end() ? nullptr : &*row;
}

}  // namespace opd
