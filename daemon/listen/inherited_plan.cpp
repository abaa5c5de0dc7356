#include "daemon/listen/inherited_plan.hpp"

#include "systemd/inherited_sockets.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

namespace opd::listen {
namespace {

/// Of a socket of TCP.
boost::asio::ip::tcp::endpoint endpoint_of(int descriptor) {
    boost::asio::ip::tcp::endpoint where;
    auto size = static_cast<socklen_t>(where.capacity());
    if (::getsockname(descriptor, where.data(), &size) == 0) where.resize(size);
    return where;
}

}  // namespace

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
