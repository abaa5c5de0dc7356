#include "daemon/app.hpp"

#include "config/exit_codes.hpp"
#include "config/version.hpp"
#include "daemon/api/api.hpp"
#include "daemon/http/listener.hpp"
#include "daemon/probe_scheduler.hpp"
#include "daemon/registry.hpp"
#include "probes/http/await.hpp"
#include "probes/http/beast_transport.hpp"
#include "probes/http/resolver.hpp"
#include "systemd/notify.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>

#include <sys/resource.h>

namespace asio = boost::asio;

namespace opd {
namespace {

constexpr std::chrono::seconds shutdown_time{5};

/// A user's service starts with 1,024 descriptors; clients and probes may need more.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

class app {
public:
    app(const config& values, const std::filesystem::path& config_file, spdlog::logger& log)
        : log_(log),
          info_{.started_at = std::chrono::system_clock::now(),
                .config_path = config_file.string(),
                .cors_origins = values.rest_api.cors_origins},
          resolver_(context_.get_executor()),
          transport_(make_beast_transport(context_.get_executor(), resolver_)),
          registry_(all_servers(values)),
          scheduler_(context_.get_executor(), registry_, *transport_, key_from_environment, settings_of(values), log),
          api_(make_api({.servers = registry_, .probes = scheduler_, .info = info_, .log = log})),
          listener_(context_.get_executor(), *api_, log),
          signals_(context_, SIGTERM, SIGINT) {}

    int run(const listen_plan& plan) {
        if (auto failed = listen(plan)) {
            log_.error("{}", failed->what.message);
            if (!failed->what.hint.empty()) log_.error("{}", failed->what.hint);
            return failed->exit_code;
        }
        listener_.start();
        scheduler_.start();
        asio::co_spawn(context_, stop_at_signal(), [](std::exception_ptr bug) {
            if (bug) std::rethrow_exception(bug);
        });
        log_.info("operatord {} is ready: {} model servers, configuration {}", version(), registry_.listed(),
                  info_.config_path);
        systemd::notify("READY=1");
        context_.run();
        return 0;
    }

private:
    static probe_settings settings_of(const config& values) {
        return {.interval = values.probes.interval,
                .cloud_interval = values.probes.cloud_interval,
                .timeout = values.probes.timeout,
                .concurrency = values.probes.concurrency};
    }

    std::optional<listen_error> listen(const listen_plan& plan) {
        std::uint16_t first_port = 0;
        for (listen_plan::address one : plan.tcp) {
            if (one.same_port_as_first) one.endpoint.port(first_port);
            const auto bound = listener_.listen(one.endpoint);
            if (bound) {
                first_port = bound->port();
                info_.own_hosts.push_back(one.endpoint.address().to_string());
                continue;
            }
            // A machine without IPv6 is served on the other loopback address alone; so is one where the port that the
            // kernel chose for IPv4 is taken for IPv6.
            const bool dispensable = bound.error().no_such_address || plan.tcp.front().endpoint.port() == 0;
            if (!one.same_port_as_first || !dispensable) return bound.error();
            log_.warn("{}", bound.error().what.message);
        }
        if (!plan.socket) return std::nullopt;
        const auto bound = listener_.listen(*plan.socket);
        if (!bound) return bound.error();
        return std::nullopt;
    }

    asio::awaitable<void> stop_at_signal() {
        auto [error, signal] = co_await signals_.async_wait(await);
        log_.info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
        systemd::notify("STOPPING=1");
        listener_.shut_down();
        scheduler_.stop();
        asio::co_spawn(context_, stop_hard(), asio::detached);
        co_await scheduler_.join();
        co_await listener_.join();
        context_.stop();
    }

    /// What has not ended in time, or at the second signal, is cut off.
    asio::awaitable<void> stop_hard() {
        asio::steady_timer patience(context_, shutdown_time);
        signals_.async_wait([&patience](const auto&, int) { patience.cancel(); });
        co_await patience.async_wait(await);
        log_.warn("stopping at once");
        context_.stop();
    }

    spdlog::logger& log_;
    daemon_info info_;
    asio::io_context context_{1};
    resolver resolver_;
    std::unique_ptr<http_transport> transport_;
    registry registry_;
    probe_scheduler scheduler_;
    std::unique_ptr<request_handler> api_;
    listener listener_;
    asio::signal_set signals_;
};

}  // namespace

int run_daemon(const config& values, const std::filesystem::path& config_file, const listen_plan& plan,
               spdlog::logger& log) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    // A name service that does not answer costs a look-up thread at most four seconds (resolv.conf(5)).
    ::setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    app daemon(values, config_file, log);
    try {
        return daemon.run(plan);
    } catch (const std::exception& bug) {
        log.critical("operatord ended in an exception, please report it: {}", bug.what());
        return exit_internal;
    }
}

}  // namespace opd
