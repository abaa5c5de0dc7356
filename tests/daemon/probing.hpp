#pragma once

#include "daemon/loop/event.hpp"
#include "daemon/state/probe_scheduler.hpp"
#include "daemon/state/registry.hpp"
#include "probes/http/transport.hpp"
#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/answering_connection.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace opd::test {

using fetched = result<http_reply, failure>;

/// A transport without a network. Servers are told apart by their port. What is asked waits until the test answers it,
/// or until its deadline; `behave` may answer at once.
class held_transport final : public http_transport {
public:
    struct question {
        std::uint16_t port;
        std::string target;
        std::string key;
        std::chrono::steady_clock::time_point asked_at;
    };

    /// nullopt: hold the question. An exception goes through the fetch.
    std::function<std::optional<fetched>(const question&)> behave;
    std::function<void(const http_peer&)> on_open;

    std::vector<question> questions;  ///< all, in order
    std::size_t opened = 0;
    std::size_t most_held = 0;

    std::size_t held() const { return held_.size(); }

    std::size_t asked(std::uint16_t port) const {
        return static_cast<std::size_t>(std::ranges::count(questions, port, &question::port));
    }

    /// Answers the oldest question held for this server; false if there is none.
    bool answer(std::uint16_t port, fetched with) {
        for (holding* one : held_) {
            if (one->port != port || one->answer) continue;
            one->answer = std::move(with);
            one->answered.notify_all();
            return true;
        }
        return false;
    }

    void answer_all(const fetched& with) {
        for (holding* one : held_) {
            if (one->answer) continue;
            one->answer = with;
            one->answered.notify_all();
        }
    }

    std::unique_ptr<http_connection> open(http_peer peer, http_patience patience) override {
        if (on_open) on_open(peer);
        ++opened;
        return std::make_unique<connection>(*this, std::move(peer), patience.until);
    }

private:
    struct holding {
        std::uint16_t port;
        std::optional<fetched> answer{};
        loop::event answered{};
    };

    class connection final : public answering_connection {
    public:
        connection(held_transport& transport, http_peer peer, std::chrono::steady_clock::time_point deadline)
            : transport_(transport), peer_(std::move(peer)), deadline_(deadline) {}

        boost::asio::awaitable<fetched> answer(const http_request& request) override {
            transport_.questions.push_back({.port = peer_.root.port,
                                            .target = request.target,
                                            .key = std::string(peer_.key.reveal()),
                                            .asked_at = std::chrono::steady_clock::now()});
            if (transport_.behave) {
                auto at_once = transport_.behave(transport_.questions.back());
                if (at_once) co_return std::move(*at_once);
            }
            const auto mine = std::make_unique<holding>(holding{.port = peer_.root.port});
            transport_.held_.push_back(mine.get());
            transport_.most_held = std::max(transport_.most_held, transport_.held_.size());
            const bool answered = co_await mine->answered.wait_until(deadline_);
            transport_.held_.remove(mine.get());
            if (answered) co_return std::move(*mine->answer);
            const auto state = co_await boost::asio::this_coro::cancellation_state;
            const bool cancelled = state.cancelled() != boost::asio::cancellation_type::none;
            failure none;
            none.why = cancelled ? failure::reason::cancelled : failure::reason::timed_out;
            none.at = stage::header;
            co_return none;
        }

    private:
        held_transport& transport_;
        http_peer peer_;
        std::chrono::steady_clock::time_point deadline_;
    };

    std::list<holding*> held_;
};

/// A listing with these models, as OpenAI-compatible servers answer.
inline fetched listing(std::vector<std::string> ids) {
    std::string entries;
    for (const std::string& id : ids)
        entries += fmt::format(R"({}{{"id":"{}","object":"model"}})", entries.empty() ? "" : ",", id);
    http_reply reply;
    reply.status = 200;
    reply.content_type = "application/json";
    reply.body = fmt::format(R"({{"object":"list","data":[{}]}})", entries);
    return reply;
}

inline fetched error_answer(unsigned status, std::string body = "{}") {
    http_reply reply;
    reply.status = status;
    reply.content_type = "application/json";
    reply.body = std::move(body);
    return reply;
}

inline fetched refused() {
    failure none;
    none.why = failure::reason::refused;
    none.at = stage::connect;
    return none;
}

/// A declared OpenAI-compatible server on a port of this machine; nothing listens there.
inline model_server server_on(std::uint16_t port, std::string name = {}) {
    model_server server;
    server.name = name.empty() ? fmt::format("s{}", port) : std::move(name);
    server.kind = find_kind("openai-compat");
    server.base_url = fmt::format("http://127.0.0.1:{}/v1", port);
    return server;
}

inline state::probe_settings unhurried_settings() {
    return {.interval = std::chrono::hours(1),
            .cloud_interval = std::chrono::hours(1),
            .timeout = std::chrono::seconds(20),
            .concurrency = 64};
}

inline state::probe_settings hurried_settings() {
    return {.interval = std::chrono::milliseconds(10),
            .cloud_interval = std::chrono::hours(1),
            .timeout = std::chrono::seconds(20),
            .concurrency = 64};
}

inline std::vector<model_server> servers_on(std::uint16_t first, std::uint16_t last) {
    std::vector<model_server> servers;
    for (std::uint16_t port = first; port <= last; ++port) servers.push_back(server_on(port));
    return servers;
}

inline model_server with_probe(std::uint16_t port, probe_mode mode) {
    model_server server = server_on(port);
    server.probe = mode;
    return server;
}

/// Answers these ports at once, and holds the questions of all others.
inline auto answering(std::vector<std::uint16_t> ports) {
    return [ports = std::move(ports)](const held_transport::question& asked) -> std::optional<fetched> {
        if (std::ranges::find(ports, asked.port) == ports.end()) return std::nullopt;
        return listing({"m"});
    };
}

/// A scheduler with everything around it, in a loop that the test runs.
class probing {
public:
    explicit probing(std::vector<model_server> declared, state::probe_settings settings = unhurried_settings())
        : servers(declared),
          scheduler(
              loop.get_executor(), servers, transport, [this](std::string_view name) { return key(name); }, settings,
              log.logger()),
          settings_(settings) {}

    probing(const probing&) = delete;
    probing& operator=(const probing&) = delete;

    ~probing() {
        scheduler.stop();
        run(loop, scheduler.join());
    }

    template <class Condition>
    bool until(Condition holds) {
        return run_until(loop, std::move(holds));
    }

    /// What a new configuration does, with the settings of before.
    state::registry_change reload(const std::vector<model_server>& declared) {
        const state::registry_change change = servers.replace(declared);
        scheduler.follow_registry(settings_);
        return change;
    }

    state::registry_change reload(const std::vector<model_server>& declared, const state::probe_settings& settings) {
        settings_ = settings;
        return reload(declared);
    }

    state::server_entry_ptr entry(std::string_view name) const { return servers.find(name); }

    const state::server_state& state(std::string_view name) const { return servers.find(name)->state; }

    boost::asio::io_context loop{1};
    recorded_log log;
    held_transport transport;
    std::map<std::string, std::string, std::less<>> keys;
    keys::find_key other_keys;  ///< for names that are not among them; may be empty
    state::registry servers;
    state::probe_scheduler scheduler;

private:
    std::optional<secret> key(std::string_view name) const {
        const auto found = keys.find(name);
        if (found != keys.end()) return secret(found->second);
        if (other_keys) return other_keys(name);
        return std::nullopt;
    }

    state::probe_settings settings_;
};

}  // namespace opd::test
