#include "daemon/listen/listen_plan.hpp"

#include "config/base/ascii.hpp"
#include "systemd/service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace opd::listen {
namespace {

/// `localhost` means both loopback families, IPv4 first.
void add_loopback(listen_plan& plan, std::uint16_t port) {
    plan.tcp.push_back({.endpoint = {asio::ip::address_v4::loopback(), port}});
    plan.tcp.push_back({.endpoint = {asio::ip::address_v6::loopback(), port}, .same_port_as_first = true});
}

std::string_view without_brackets(std::string_view host) {
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

result<void> add_address(listen_plan& plan, std::string_view text) {
    const problem wrong{
        fmt::format("--listen {} is not an address to serve on", text),
        "write HOST:PORT with a literal address or localhost, such as 127.0.0.1:7008, [::1]:7008 or localhost:0"};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong;
    const std::string_view host = without_brackets(text.substr(0, colon));
    const auto port = read_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return wrong;
    if (host == "localhost") {
        add_loopback(plan, *port);
        return {};
    }
    boost::system::error_code invalid;
    const auto address = asio::ip::make_address(std::string(host), invalid);
    if (invalid) return wrong;
    plan.tcp.push_back({.endpoint = {address, *port}});
    return {};
}

/// Of a socket of TCP.
boost::asio::ip::tcp::endpoint endpoint_of(int descriptor) {
    boost::asio::ip::tcp::endpoint where;
    auto size = static_cast<socklen_t>(where.capacity());
    if (::getsockname(descriptor, where.data(), &size) == 0) where.resize(size);
    return where;
}

}  // namespace

result<listen_plan> plan_listening(const daemon_options& options, const config& values,
                                   std::optional<std::string> default_socket) {
    listen_plan plan;
    for (const std::string& text : options.listen) {
        if (text == "none") continue;
        if (auto added = add_address(plan, text); !added) return added.error();
    }
    if (options.listen.empty()) {
        const std::string& host = values.rest_api.host;
        if (host == "127.0.0.1" || host == "localhost")
            add_loopback(plan, values.rest_api.port);
        else
            plan.tcp.push_back({.endpoint = {asio::ip::make_address(without_brackets(host)), values.rest_api.port}});
    }
    plan.socket = options.socket ? options.socket : default_socket;
    plan.socket_in_own_folder = !options.socket;
    if (plan.socket == "none") plan.socket.reset();
    if (plan.tcp.empty() && !plan.socket) {
        return problem{"there is nothing to serve on: neither a TCP address nor a unix socket",
                       "leave out --listen none or --socket none"};
    }
    return plan;
}

result<std::optional<listen_plan>> plan_inherited(const daemon_options& options, const config& values,
                                                  spdlog::logger& log) {
    const std::vector<systemd::handed_over> all = systemd::take_inherited_sockets();
    const systemd::inherited_sockets chosen = systemd::choose_sockets(all);
    for (const std::string& warning : chosen.warnings) log.warn("{}", warning);
    if (!chosen.error.empty())
        return problem{chosen.error, "correct its socket unit (systemctl --user cat operatord.socket)"};
    listen_plan plan;
    for (const systemd::handed_over& one : all)
        if (std::ranges::find(chosen.ours, one.descriptor) == chosen.ours.end())
            ::close(one.descriptor);
        else if (one.family == AF_UNIX)
            plan.inherited_sockets.push_back(one.descriptor);
        else
            plan.tcp.push_back({.endpoint = endpoint_of(one.descriptor), .inherited = one.descriptor});
    if (chosen.ours.empty()) return std::optional<listen_plan>();
    for (const std::string& doubt : doubts_about_inherited(plan, options, values)) log.warn("{}", doubt);
    return std::optional(std::move(plan));
}

std::vector<std::string> doubts_about_inherited(const listen_plan& inherited, const daemon_options& options,
                                                const config& values) {
    std::vector<std::string> doubts;
    if (!options.listen.empty() || options.socket) {
        doubts.emplace_back(
            "--listen and --socket do not count: systemd has made the sockets to serve on; change them "
            "in the socket unit (systemctl --user edit operatord.socket)");
    }
    const std::uint16_t port = values.rest_api.port;
    const bool elsewhere = std::ranges::none_of(
        inherited.tcp, [&](const listen_plan::address& one) { return one.endpoint.port() == port; });
    if (elsewhere && !inherited.tcp.empty()) {
        doubts.push_back(
            fmt::format("port {} in [rest_api] does not count: systemd listens on port {}; change it in the "
                        "socket unit (systemctl --user edit operatord.socket)",
                        port, inherited.tcp.front().endpoint.port()));
    }
    return doubts;
}

}  // namespace opd::listen
