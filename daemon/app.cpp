#include "daemon/app.hpp"

#include "config/exit_codes.hpp"
#include "config/version.hpp"
#include "daemon/api/api.hpp"
#include "daemon/config_store.hpp"
#include "daemon/file_watch.hpp"
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
#include <random>
#include <utility>

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

std::string random_name() {
    std::random_device random;
    return fmt::format("{:08x}", random());
}

std::string home() {
    const char* value = std::getenv("HOME");
    return value == nullptr ? std::string() : std::string(value);
}

class app {
public:
    app(const daemon_start& start, spdlog::logger& log)
        : log_(log),
          info_{.started_at = std::chrono::system_clock::now(),
                .instance = random_name(),
                .home = home(),
                .gemini_settings_file = OPD_DATA_DIR "/gemini-settings.json"},
          resolver_(context_.get_executor()),
          transport_(make_beast_transport(context_.get_executor(), resolver_)),
          registry_(all_servers(start.configuration->loaded.values)),
          scheduler_(context_.get_executor(), registry_, *transport_, key_from_environment,
                     settings_of(start.configuration->loaded.values), log),
          configuration_(
              context_.get_executor(), {.file = start.config_file, .state_folder = start.state_folder},
              start.configuration, [this](const config_snapshot& next) { adopt(next); }, log),
          watch_(
              context_.get_executor(), start.config_file, [this] { configuration_.reload(); }, log),
          api_(make_api({.configuration = configuration_,
                         .servers = registry_,
                         .probes = scheduler_,
                         .info = info_,
                         .log = log})),
          listener_(context_.get_executor(), *api_, log),
          address_(start.configuration->loaded.values.rest_api),
          stop_signals_(context_, SIGTERM, SIGINT),
          reload_signal_(context_, SIGHUP) {}

    int run(const listen_plan& plan) {
        if (auto failed = listen(plan)) {
            log_.error("{}", failed->what.message);
            if (!failed->what.hint.empty()) log_.error("{}", failed->what.hint);
            return failed->exit_code;
        }
        listener_.start();
        scheduler_.start();
        configuration_.start();
        watch_.start();
        // What was written between the first reading and the watch.
        configuration_.reload();
        spawn(stop_at_signal());
        spawn(reload_at_signal());
        log_.info("operatord {} is ready: {} model servers, configuration {}", version(), registry_.listed(),
                  configuration_.file().string());
        systemd::notify("READY=1");
        context_.run();
        return 0;
    }

private:
    void spawn(asio::awaitable<void> task) {
        asio::co_spawn(context_, std::move(task), [](const std::exception_ptr& bug) {
            if (bug) std::rethrow_exception(bug);
        });
    }

    void adopt(const config_snapshot& next) {
        const config& values = next.loaded.values;
        const registry_change change = registry_.replace(all_servers(values));
        scheduler_.follow_registry(settings_of(values));
        log_.info("configuration {} is in force: {} model servers added, {} removed, {} changed", next.generation,
                  change.added, change.removed, change.changed);
        if (values.rest_api.host != address_.host || values.rest_api.port != address_.port) {
            log_.warn("another host or port in [rest_api] takes effect at the next start");
        }
    }

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
        auto [error, signal] = co_await stop_signals_.async_wait(await);
        log_.info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
        systemd::notify("STOPPING=1");
        listener_.shut_down();
        scheduler_.stop();
        watch_.stop();
        configuration_.stop();
        asio::co_spawn(context_, stop_hard(), asio::detached);
        co_await scheduler_.join();
        co_await watch_.join();
        co_await configuration_.join();
        co_await listener_.join();
        context_.stop();
    }

    asio::awaitable<void> reload_at_signal() {
        for (;;) {
            auto [error, signal] = co_await reload_signal_.async_wait(await);
            if (error) co_return;
            log_.info("SIGHUP: reading {} again", configuration_.file().string());
            configuration_.reload();
        }
    }

    /// What has not ended in time, or at the second signal, is cut off.
    asio::awaitable<void> stop_hard() {
        asio::steady_timer patience(context_, shutdown_time);
        stop_signals_.async_wait([&patience](const auto&, int) { patience.cancel(); });
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
    config_store configuration_;
    file_watch watch_;
    std::unique_ptr<request_handler> api_;
    listener listener_;
    decltype(config::rest_api) address_;  ///< at the start
    asio::signal_set stop_signals_;
    asio::signal_set reload_signal_;
};

}  // namespace

int run_daemon(const daemon_start& start, spdlog::logger& log) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    // A name service that does not answer costs a look-up thread at most four seconds (resolv.conf(5)).
    ::setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    app daemon(start, log);
    try {
        return daemon.run(start.plan);
    } catch (const std::exception& bug) {
        log.critical("operatord ended in an exception, please report it: {}", bug.what());
        return exit_internal;
    }
}

}  // namespace opd
