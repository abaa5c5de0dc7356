#include "daemon/http/remote_host.hpp"

#include "config/ascii.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>

namespace asio = boost::asio;

namespace opd {
namespace {

bool is_address(std::string_view text) {
    boost::system::error_code invalid;
    asio::ip::make_address(text, invalid);
    return !invalid;
}

std::string_view first_label(std::string_view name) {
    return name.substr(0, name.find('.'));
}

}  // namespace

bool may_be_this_machine(std::string_view host, std::string_view machine_name) {
    if (host.starts_with('[')) {
        const std::size_t end = std::min(host.find(']'), host.size());
        return is_address(host.substr(1, end - 1));
    }
    const std::string_view name = host.substr(0, host.find(':'));
    if (is_address(name)) return true;
    const std::string_view label = first_label(name);
    return !label.empty() && same_in_any_case(label, first_label(machine_name));
}

}  // namespace opd
