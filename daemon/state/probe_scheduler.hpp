#pragma once

#include "daemon/keys/key_source.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/state/registry.hpp"
#include "probes/http/message.hpp"
#include "probes/http/transport.hpp"
#include "probes/report.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/fwd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>

namespace opd::state {

/// `[probes]` of the configuration.
struct probe_settings {
    std::chrono::milliseconds interval;        ///< for servers on loopback or a private network
    std::chrono::milliseconds cloud_interval;  ///< for the others
    std::chrono::milliseconds timeout;
    unsigned
        concurrency;  ///< scheduled probes at once; what a client asks for comes on top, at most one for each server
    probe_limits limits = {};
};

/// Decides when each server is probed, does it, and puts the outcome into the registry. A server is never probed twice
/// at once.
class probe_scheduler {
public:
    /// All references must outlive the scheduler.
    probe_scheduler(boost::asio::any_io_executor, registry&, http_transport&, keys::find_key, probe_settings,
                    spdlog::logger&);

    /// Starts with every server that is not `lazy` or `never`, at once.
    void start();
    /// After the registry has taken over other servers, in the same turn of the loop, or for other settings: new
    /// servers are probed at once, removed ones no longer, and an answer that still comes of those is dropped. What is
    /// left keeps its history and its time; a shorter interval counts from now on, a longer one from the next probe on.
    /// Before start() only the settings are taken over; after stop() nothing happens.
    void follow_registry(probe_settings);
    /// Under these names another key is found, or none any more: servers that use one of them are probed at once, whose
    /// probe is under way again after it. Lazy ones only if they were asked before.
    void follow_keys(std::span<const std::string> names);
    /// Cancels what is under way and starts nothing more; who waits for a result waits no longer. join() then waits for
    /// the end.
    void stop();
    boost::asio::awaitable<void> join();

    /// A client looks at a server: one that is probed only when asked, and whose list is missing or old, is probed now.
    void look_at(server_entry&);
    /// Waits for the first result, if it is still pending; at most the probe timeout, and no longer than the server is
    /// in the registry.
    boost::asio::awaitable<void> wait_for_first_result(server_entry_ptr);
    /// One probe now, and waits for its end. Callers that ask while it runs share it, unless it began with another key
    /// than is found now. A server that is removed is waited for no longer.
    boost::asio::awaitable<void> refresh(server_entry_ptr);

    std::size_t in_flight() const { return in_flight_; }

private:
    using time_point = std::chrono::steady_clock::time_point;

    struct slot {
        server_entry_ptr entry;
        std::size_t number = 0;  ///< in the registry's order
        probe_history history;
        std::size_t route = 0;
        std::uint64_t probes = 0;              ///< ended so far
        time_point due = time_point::max();    ///< max: in no queue
        std::chrono::milliseconds interval{};  ///< that `due` was reckoned with
        bool in_flight = false;
        bool again = false;  ///< the probe under way began with another key: once more after it
    };

    using queue = std::set<std::tuple<time_point, std::size_t, slot*>>;  ///< by time, then in the registry's order

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<report> ask(const server_entry&, std::size_t first_route);
    boost::asio::awaitable<void> run_one(server_entry_ptr, std::size_t first_route, bool counted_as_failing);
    /// Null for a server that is not, or not any more, in the registry.
    slot* slot_of(const server_entry&);
    void add(const server_entry_ptr&, std::size_t number, time_point now);
    void follow(slot&, std::size_t number, time_point now);
    void start_due(time_point now);
    bool may_start(bool failing) const;
    void come_due(slot&);
    void probe_anew(slot&);
    void launch(slot&);
    void finish(slot&, report&&);
    /// What follows a probe that led to this state; nullopt: nothing.
    std::optional<std::chrono::milliseconds> delay_after(slot&, const server_state&);
    /// Until the next probe; for a server that is not on the schedule, until its list is old.
    std::chrono::milliseconds delay_of(const slot&, const server_state&);
    /// Tells clients of an earlier next probe than the one they know of.
    void announce(const slot&, std::chrono::milliseconds delay);
    void enqueue(slot&, time_point due);
    void dequeue(slot&);
    std::chrono::milliseconds interval_of(const server_state&) const;
    std::chrono::milliseconds timeout_of(const server_state&) const;

    registry& registry_;
    http_transport& transport_;
    keys::find_key find_key_;
    probe_settings settings_;
    spdlog::logger& log_;
    loop::task_group tasks_;
    boost::asio::steady_timer wake_;
    std::unordered_map<const server_entry*, slot> slots_;
    std::array<queue, 2> queues_;  ///< [0]: good or not known yet; [1]: failing
    std::size_t in_flight_ = 0;
    std::size_t failing_in_flight_ = 0;
    bool started_ = false;
    bool stopped_ = false;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace opd::state
