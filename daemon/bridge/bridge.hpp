#pragma once

#include "daemon/bridge/route.hpp"
#include "daemon/keys/key_source.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/loop/worker_threads.hpp"
#include "daemon/state/registry.hpp"
#include "daemon/wire/message.hpp"
#include "probes/http/deadline.hpp"
#include "probes/http/transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace spdlog {
class logger;
}

namespace opd::bridge {

/// What a turn may cost.
struct bridge_limits {
    std::size_t body_bytes = std::size_t{32} << 20U;  ///< of a request, as the vendors have it
    std::chrono::milliseconds body_time{120'000};
    /// How long the head of an answer is held back until the server's is there: so long an error keeps its status.
    std::chrono::milliseconds head_time{5'000};
    std::chrono::milliseconds silence{10'000};    ///< until the agent is told that its answer is still awaited
    std::chrono::milliseconds usage_time{2'000};  ///< for what a server tells of its tokens after the last word
    std::chrono::milliseconds kept_idle{60'000};  ///< a connection to a server, from one turn to the next
    std::chrono::milliseconds quiet{1'000};       ///< after the last request, until its memory goes back
    std::chrono::milliseconds stop_time{3'000};   ///< for answers to come to their ends when the daemon stops
};

/// A turn that is under way.
struct running_turn {
    std::string server;
    std::string model;
    surface from = surface::anthropic;
    std::chrono::steady_clock::time_point begun;
};

struct exchange;

/// Lets agents talk to model servers that do not speak their protocol: it translates, while the answer comes, and keeps
/// nothing. Where both speak the same one, the bytes are passed on as they are.
class bridge {
public:
    /// All references must outlive the bridge.
    bridge(boost::asio::any_io_executor, state::registry&, http_transport&, keys::find_key, loop::worker_threads&,
           spdlog::logger&, bridge_limits = {});
    ~bridge();

    /// A request whose path is `bridge`, and then this. Who may ask has been checked.
    std::variant<wire::answer, wire::accepted_request> accept(const wire::request& head,
                                                              std::span<const std::string> path);

    /// The server has no Responses protocol, which is asked once an hour, without a token of a model. False where that
    /// cannot be told, or the server is never to be asked.
    boost::asio::awaitable<bool> lacks_responses(state::server_entry_ptr);

    /// Oldest first.
    const std::list<running_turn>& running() const { return running_; }
    /// Since the start, those that run included.
    std::uint64_t turns() const { return turns_; }

    /// Ends what is under way: at once what has no answer yet, in time the others, whose agents are told; join() waits
    /// for that.
    void stop();
    boost::asio::awaitable<void> join();

private:
    friend struct exchange;

    boost::asio::awaitable<wire::answer> turn(const wire::request&, const bridge_route&, state::server_entry_ptr);
    boost::asio::awaitable<wire::answer> pass_on(std::shared_ptr<exchange>, std::string_view target);
    boost::asio::awaitable<wire::answer> translate(std::shared_ptr<exchange>);
    void break_off();
    wire::answer stream_of(const std::shared_ptr<exchange>&) const;
    void tell_losses(std::string_view server, const std::vector<std::string>& losses);
    wire::answer models(const bridge_route&, const state::server_entry&) const;
    state::server_entry_ptr find(std::string_view name) const;

    boost::asio::any_io_executor executor_;
    state::registry& servers_;
    http_transport& transport_;
    keys::find_key find_key_;
    loop::worker_threads& workers_;
    spdlog::logger& log_;
    bridge_limits limits_;
    std::list<running_turn> running_;
    std::vector<std::weak_ptr<exchange>> open_;
    std::set<std::string> without_usage_;  ///< addresses of servers that refuse `stream_options`
    std::vector<std::string> lost_;        ///< what the log has told of losses
    std::uint64_t turns_ = 0;
    struct looked_at {
        bool lacks_responses = false;
        std::chrono::steady_clock::time_point at;
    };
    std::map<std::string, looked_at> looked_at_;  ///< by the address of the server
    loop::task_group asking_;
    deadline out_of_time_;  ///< after the stop
    deadline quiet_;        ///< no request has been forgotten for a while: what they took goes back to the system
};

}  // namespace opd::bridge
