#pragma once

#include "client/answers.hpp"
#include "client/command.hpp"
#include "client/connection.hpp"
#include "config/base/result.hpp"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What a command works with: the one way to the daemon, and how to show what it says.
struct command_context {
    /// Sends all requests, with one limit for them together; one reply for each, in their order.
    std::function<std::vector<daemon_reply>(std::span<const daemon_request>, std::chrono::milliseconds limit)> ask;
    std::string address;                   ///< of the daemon, as messages name it
    std::vector<std::string> environment;  ///< `NAME=VALUE`, of who called operatorctl
    bool json = false;                     ///< answer with a JSON document
    bool colour = false;
    std::chrono::system_clock::time_point now;
    std::string program = {};        ///< the path of this operatorctl; the operatord that belongs to it is beside it
    std::string socket_path = {};    ///< of the daemon; empty: it is asked over TCP
    bool named_by_the_user = false;  ///< the daemon is the one of --url or --socket, and perhaps not the service
};

/// Runs one command. A server that is named and not reachable is shown, and the exit code is 1.
outcome run_command(const command::any&, const command_context&);

// What the commands have in common.

template <class T>
using or_outcome = result<T, outcome>;

inline constexpr std::chrono::seconds usual_limit{10};
inline constexpr std::chrono::seconds probe_limit{60};  ///< where the daemon may have to probe: that, and its queue

outcome fail(int exit_code, std::string_view text);
outcome failed(const problem&);
outcome say(std::string text);
/// The one JSON document of `--json`.
outcome document(std::string_view body);
/// An answer to a request for `target` that is of another shape than expected.
outcome misread(const problem&, std::string_view target, const command_context&);
/// What a refusal of the daemon comes to.
outcome refused(const daemon_answer&);

view view_of(const command_context&);

/// A request with a body.
daemon_request request_of(http_method, std::string_view target, const boost::json::object& body);

/// The answers to all requests, whatever their status; or why there is none.
or_outcome<std::vector<daemon_answer>> ask(const std::vector<daemon_request>&, const command_context&,
                                           std::chrono::seconds limit = usual_limit);
/// The same for one request, and a refusal ends it, too.
or_outcome<daemon_answer> ask_one(const daemon_request&, const command_context&,
                                  std::chrono::seconds limit = usual_limit);
/// The bodies of the good answers to all targets, or what the first bad one comes to.
or_outcome<std::vector<std::string>> get(const std::vector<std::string>& targets, const command_context&,
                                         std::chrono::seconds limit = usual_limit);

bool is_good(const daemon_answer&);

/// What a change comes to: `text` where it was made.
outcome change(const daemon_request&, const command_context&, std::string text);

/// An answer, and what was read in it.
template <class T>
struct told {
    T what;
    daemon_answer answer;
};

/// The answer to one request, read. A refusal ends it, and so does an answer of another shape than expected.
template <class T>
or_outcome<told<T>> ask_for(const daemon_request& request, const command_context& context,
                            result<T> (*read)(std::string_view), std::chrono::seconds limit = usual_limit) {
    auto answer = ask_one(request, context, limit);
    if (!answer) return answer.error();
    auto what = read(answer->body);
    if (!what) return misread(what.error(), request.target, context);
    return told<T>{.what = std::move(*what), .answer = std::move(*answer)};
}

/// The answer to one target, shown as it is read.
template <class T, class Show>
outcome show_answer(std::string_view target, const command_context& context, result<T> (*read)(std::string_view),
                    Show show) {
    const auto answer = ask_one({.target = std::string(target)}, context);
    if (!answer) return answer.error();
    if (context.json) return document(answer->body);
    const result<T> shown = read(answer->body);
    if (!shown) return misread(shown.error(), target, context);
    return say(show(*shown, view_of(context)));
}

// Targets. Names are percent-encoded.
inline constexpr std::string_view health_target = "/api/v1/health";
inline constexpr std::string_view servers_target = "/api/v1/model-servers";
inline constexpr std::string_view kinds_target = "/api/v1/model-servers/kinds";
inline constexpr std::string_view delegators_target = "/api/v1/delegators";
inline constexpr std::string_view tools_target = "/api/v1/llm-tools";
inline constexpr std::string_view default_target = "/api/v1/llm-tools/default";
inline constexpr std::string_view keys_target = "/api/v1/keys";
inline constexpr std::string_view resolve_target = "/api/v1/launch/resolve";
std::string server_target(std::string_view name);
std::string models_target(std::string_view name, bool refresh = false);
std::string delegator_target(std::string_view name);

/// The models answers of some servers; for servers with a problem that is where the error and the hint are.
or_outcome<std::vector<models_answer>> get_models(const std::vector<std::string>& names, const command_context&,
                                                  bool refresh = false);

/// Hands keys of the caller's environment to the daemon, before a launch. What goes wrong, or takes longer than a
/// moment, is a line of the warnings that are returned, and no more.
std::string push_before_launch(const std::vector<std::string>& names, const command_context&);

// One function for each command; the files beside this one have them.
outcome run(const command::status&, const command_context&);
outcome run(const command::health&, const command_context&);
outcome run(const command::kinds&, const command_context&);
outcome run(const command::tools&, const command_context&);
outcome run(const command::models&, const command_context&);
outcome run(const command::servers_list&, const command_context&);
outcome run(const command::servers_show&, const command_context&);
outcome run(const command::servers_add&, const command_context&);
outcome run(const command::servers_set&, const command_context&);
outcome run(const command::servers_remove&, const command_context&);
outcome run(const command::delegators_list&, const command_context&);
outcome run(const command::delegators_show&, const command_context&);
outcome run(const command::delegators_add&, const command_context&);
outcome run(const command::delegators_remove&, const command_context&);
outcome run(const command::use&, const command_context&);
outcome run(const command::launch&, const command_context&);
outcome run(const command::keys_list&, const command_context&);
outcome run(const command::keys_push&, const command_context&);
outcome run(const command::keys_forget&, const command_context&);
outcome run(const command::service_install&, const command_context&);
outcome run(const command::service_uninstall&, const command_context&);
outcome run(const command::service_status&, const command_context&);
outcome run(const command::service_logs&, const command_context&);
outcome run(const command::doctor&, const command_context&);
outcome run(const command::names&, const command_context&);

}  // namespace opd
