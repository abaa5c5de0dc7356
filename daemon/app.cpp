#include "daemon/app.hpp"

#include "config/base/exit_codes.hpp"
#include "config/base/version.hpp"
#include "config/model/proxy.hpp"
#include "daemon/api/api.hpp"
#include "daemon/bridge/bridge.hpp"
#include "daemon/http/connection_table.hpp"
#include "daemon/http/listener.hpp"
#include "daemon/keys/key_store.hpp"
#include "daemon/loop/file_watch.hpp"
#include "daemon/loop/service_state.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/loop/worker_threads.hpp"
#include "daemon/state/probe_scheduler.hpp"
#include "daemon/state/registry.hpp"
#include "probes/http/await.hpp"
#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "systemd/service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <list>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

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

std::string machine_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string random_name() {
    std::random_device random;
    return fmt::format("{:08x}", random());
}

/// Where the files are that are installed together with this program, wherever that is.
std::filesystem::path data_folder() {
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    return (program.parent_path() / OPD_DATA_DIR_FROM_BIN).lexically_normal();
}

class app {
public:
    app(const daemon_start& start, std::optional<secret> token, spdlog::logger& log)
        : log_(log),
          info_{.started_at = std::chrono::system_clock::now(),
                .instance = random_name(),
                .home = tools::own_places().home,
                .data_folder = data_folder(),
                .machine_name = machine_name(),
                .token = std::move(token)},
          resolver_(context_.get_executor()),
          transport_(make_beast_transport(context_.get_executor(), resolver_, http::limits_of_probes())),
          registry_(all_servers(start.configuration->loaded.values)),
          answers_(registry_),
          keys_(
              start.keys, [this](std::span<const std::string> names) { scheduler_.follow_keys(names); }, log),
          scheduler_(
              context_.get_executor(), registry_, *transport_, [this](std::string_view name) { return find_key(name); },
              settings_of(start.configuration->loaded.values), log),
          configuration_(
              context_.get_executor(), workers_, {.file = start.config_file, .state_folder = start.state_folder},
              start.configuration, [this](const state::config_snapshot& next) { adopt(next); }, log),
          tools_(context_.get_executor(), workers_, {.places = tools::own_places()}, log),
          watch_(
              context_.get_executor(), start.config_file, [this] { configuration_.reload(); }, log),
          bridge_(
              context_.get_executor(), registry_, *transport_, [this](std::string_view name) { return find_key(name); },
              workers_, log),
          api_(api::make_api({.configuration = configuration_,
                              .servers = registry_,
                              .answers = answers_,
                              .probes = scheduler_,
                              .tools = tools_,
                              .keys = keys_,
                              .bridge = bridge_,
                              .info = info_,
                              .log = log})),
          listener_(context_.get_executor(), *api_, log,
                    {.each = http::limits_of_each_client(), .all = http::limits_of_clients()}),
          address_(start.configuration->loaded.values.rest_api),
          inherited_(!start.plan.tcp.empty() && start.plan.tcp.front().inherited),
          service_(
              context_.get_executor(),
              [this] {
                  return systemd::status_text(registry_.listed(), registry_.reachable(), configuration_.error());
              },
              log),
          stop_signals_(context_, SIGTERM, SIGINT),
          reload_signal_(context_, SIGHUP),
          patience_(context_),
          tasks_(context_.get_executor(), std::rethrow_exception),
          ending_(context_.get_executor(), std::rethrow_exception) {
        use_proxies(start.configuration->loaded.values);
        registry_.subscribe([this](const state::registry_event& happened) {
            if (happened.what == state::registry_event::type::counted) service_.status_changed();
        });
        configuration_.tell_reloads([this] { service_.reload_begins(); }, [this] { service_.settled(); });
        if (start.keys.keys_file) watch_keys(*start.keys.keys_file);
        if (start.keys.credentials) watch_keys(*start.keys.credentials / "");
    }

    int run(const listen::listen_plan& plan) {
        if (auto failed = listen(plan)) {
            log_.error("{}", failed->what.message);
            if (!failed->what.hint.empty()) log_.error("{}", failed->what.hint);
            return failed->exit_code;
        }
        for (loop::file_watch& one : key_watches_) one.start();
        keys_.take_over(keys::read_keys(keys_.places()));
        listener_.start();
        scheduler_.start();
        configuration_.start();
        watch_.start();
        // What was written between the first reading and the watch.
        configuration_.reload();
        ending_.spawn(stop_at_signal());
        tasks_.spawn(reload_at_signal());
        // Behind what was begun above: clients are accepted by then.
        asio::post(context_, [this] { ready(); });
        context_.run();
        return 0;
    }

    /// Something hung, and was not waited for: neither must be the end of the process.
    bool is_cut_off() const { return cut_off_; }

private:
    void watch_keys(const std::filesystem::path& place) {
        key_watches_.emplace_back(context_.get_executor(), place, [this] { tasks_.spawn(read_keys_again()); }, log_);
    }

    void ready() {
        log_.info("operatord {} is ready: {} model servers, configuration {}", version(), registry_.listed(),
                  configuration_.file().string());
        service_.ready();
    }

    void adopt(const state::config_snapshot& next) {
        const config& values = next.loaded.values;
        const state::registry_change change = registry_.replace(all_servers(values));
        use_proxies(values);
        scheduler_.follow_registry(settings_of(values));
        log_.info("configuration {} is in force: {} model servers added, {} removed, {} changed", next.generation,
                  change.added, change.removed, change.changed);
        if (values.rest_api.host != address_.host || values.rest_api.port != address_.port) {
            log_.warn("another host or port in [rest_api] {}",
                      inherited_ ? "does not count: systemd has made the sockets; change them in the socket unit "
                                   "(systemctl --user edit operatord.socket)"
                                 : "takes effect at the next start");
        }
    }

    std::optional<secret> find_key(std::string_view name) const {
        keys::key_search search = keys_.find(name);
        if (!search.found) return std::nullopt;
        return std::move(search.found->value);
    }

    void use_proxies(const config& values) {
        const auto variable = [](const char* name) -> std::optional<std::string> {
            const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets one
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
        };
        const auto complain = [this](const problem& fault) { log_.warn("{}", fault.sentence()); };
        transport_->use_proxies(read_proxy_rules(values.probes.proxy, variable, complain));
    }

    static state::probe_settings settings_of(const config& values) {
        return {.interval = values.probes.interval,
                .cloud_interval = values.probes.cloud_interval,
                .timeout = values.probes.timeout,
                .concurrency = values.probes.concurrency,
                .limits = http::limits_of_probes()};
    }

    void serve_agents_at(const asio::ip::tcp::endpoint& where) {
        if (!info_.bridge_origin && where.address().is_loopback())
            info_.bridge_origin = "http://" + listen::show(where);
    }

    std::optional<listen::listen_error> listen(const listen::listen_plan& plan) {
        for (const int descriptor : plan.inherited_sockets)
            if (const auto adopted = listener_.adopt(descriptor); !adopted) return adopted.error();
        std::uint16_t first_port = 0;
        for (listen::listen_plan::address one : plan.tcp) {
            if (one.inherited) {
                if (const auto adopted = listener_.adopt(*one.inherited); !adopted) return adopted.error();
                serve_agents_at(one.endpoint);
                continue;
            }
            if (one.same_port_as_first) one.endpoint.port(first_port);
            const auto bound = listener_.listen(one.endpoint);
            if (bound) {
                first_port = bound->port();
                serve_agents_at(*bound);
                continue;
            }
            // A machine without IPv6 is served on the other loopback address alone; so is one where the port that the
            // kernel chose for IPv4 is taken for IPv6.
            const bool dispensable = bound.error().no_such_address || plan.tcp.front().endpoint.port() == 0;
            if (!one.same_port_as_first || !dispensable) return bound.error();
            log_.warn("{}", bound.error().what.message);
        }
        if (!plan.socket) return std::nullopt;
        const auto bound = listener_.listen(
            *plan.socket, plan.socket_in_own_folder ? listen::folder_kind::our_own : listen::folder_kind::the_users);
        if (!bound) return bound.error();
        return std::nullopt;
    }

    asio::awaitable<void> stop_at_signal() {
        auto [error, signal] = co_await stop_signals_.async_wait(await);
        log_.info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
        limit_patience();
        service_.stopping();
        tasks_.cancel();
        listener_.shut_down();
        bridge_.stop();
        scheduler_.stop();
        tools_.stop();
        watch_.stop();
        for (loop::file_watch& one : key_watches_) one.stop();
        configuration_.stop();
        service_.stop();
        co_await scheduler_.join();
        co_await tools_.join();
        co_await watch_.join();
        for (loop::file_watch& one : key_watches_) co_await one.join();
        co_await configuration_.join();
        co_await listener_.join();
        co_await bridge_.join();
        co_await service_.join();
        co_await tasks_.join();
        context_.stop();
    }

    asio::awaitable<void> reload_at_signal() {
        for (;;) {
            auto [error, signal] = co_await reload_signal_.async_wait(await);
            if (error) co_return;
            log_.info("SIGHUP: reading {} again", configuration_.file().string());
            service_.reload_begins();
            co_await read_keys_again();
            configuration_.reload();
        }
    }

    /// What has not ended in time, or at the second signal, is cut off.
    void limit_patience() {
        patience_.expires_after(shutdown_time);
        stop_signals_.async_wait([this](const auto&, int) { patience_.cancel(); });
        patience_.async_wait([this](const auto&) {
            log_.warn("stopping at once");
            cut_off_ = true;
            context_.stop();
        });
    }

    /// What was read last counts, in whichever order the readings end.
    asio::awaitable<void> read_keys_again() {
        const std::uint64_t number = ++key_readings_;
        const auto read = [places = keys_.places()] { return keys::read_keys(places); };
        keys::keys_on_disk found = co_await workers_.run(read);
        if (number < std::exchange(newest_keys_, std::max(number, newest_keys_))) co_return;
        keys_.take_over(std::move(found));
    }

    spdlog::logger& log_;
    api::daemon_info info_;
    asio::io_context context_{1};
    loop::worker_threads workers_;
    resolver resolver_;
    std::unique_ptr<http_transport> transport_;
    state::registry registry_;
    api::answer_cache answers_;
    keys::key_store keys_;
    state::probe_scheduler scheduler_;
    state::config_store configuration_;
    tools::installed_tools tools_;
    loop::file_watch watch_;
    std::list<loop::file_watch> key_watches_;
    bridge::bridge bridge_;
    std::unique_ptr<wire::request_handler> api_;
    http::listener listener_;
    decltype(config::rest_api) address_;  ///< at the start
    bool inherited_;                      ///< the sockets are systemd's
    loop::service_state service_;
    asio::signal_set stop_signals_;
    asio::signal_set reload_signal_;
    asio::steady_timer patience_;
    loop::task_group tasks_;
    loop::task_group ending_;
    std::uint64_t key_readings_ = 0;
    std::uint64_t newest_keys_ = 0;  ///< the reading that was taken over
    bool cut_off_ = false;
};

}  // namespace

int run_daemon(const daemon_start& start, spdlog::logger& log) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write, as a full disk is
    std::signal(SIGCHLD, SIG_DFL);  // ignored, it would keep us from learning how a program ended (waitid(2))
    // A name service that does not answer costs a look-up thread at most four seconds (resolv.conf(5)).
    ::setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    auto token = listen::token_for_other_machines(start.plan, start.state_folder, log);
    if (!token) {
        log.error("{}", token.error().what.message);
        log.error("{}", token.error().what.hint);
        return token.error().exit_code;
    }
    try {
        app daemon(start, std::move(*token), log);
        const int code = daemon.run(start.plan);
        if (daemon.is_cut_off()) std::_Exit(code);
        return code;
    } catch (const std::exception& error) {
        const auto* const failed = dynamic_cast<const boost::system::system_error*>(&error);
        if (failed != nullptr && failed->code() == boost::system::errc::too_many_files_open)
            log.critical("operatord may not open enough files; raise its limit (ulimit -n; LimitNOFILE= in the unit)");
        else
            log.critical("operatord ended in an exception, please report it: {}", error.what());
        return exit_internal;
    }
}

}  // namespace opd
