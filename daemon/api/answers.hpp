#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/encode.hpp"
#include "daemon/state/config_store.hpp"
#include "daemon/wire/message.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::api {

/// A request's target, taken apart: percent-decoded path segments and query parameters.
struct parsed_target {
    std::vector<std::string> path;
    std::vector<std::pair<std::string, std::string>> query;
};

result<parsed_target> parse_target(std::string_view target);

/// One call of an API function. What it refers to lives until the answer is there.
struct call {
    const wire::request& asked;
    const parsed_target& target;
    std::span<const std::string> parameters;  ///< what stands for `{}` in the route's pattern
};

wire::answer ok(wire::document_ptr, bool with_etag = true);
/// Something configured, in its present state.
wire::answer ok(std::string body, std::string etag);
wire::answer created(std::string body, std::string etag, std::string location);
wire::answer failed(unsigned status, std::string_view code, std::string_view message,
                    std::span<const field_fault> = {});
wire::answer failed(unsigned status, std::string_view code, const problem&);
wire::answer refused(const change_refusal&);

/// The value of a query parameter that is true or false; absent is false, and without a value it is true. nullopt:
/// neither, which is answered with wrong_flag.
std::optional<bool> flag(const parsed_target&, std::string_view name);
wire::answer wrong_flag(std::string_view name);

// One file for each resource.
wire::answer get_health(api_services, const call&);
wire::answer list_model_servers(api_services, const call&);
wire::answer get_model_server(api_services, const call&);
wire::answer list_kinds(api_services, const call&);
wire::answer list_delegators(api_services, const call&);
wire::answer get_delegator(api_services, const call&);
wire::answer get_default_tool(api_services, const call&);
wire::answer list_keys(api_services, const call&);
wire::answer get_key(api_services, const call&);
wire::answer push_key(api_services, const call&);
wire::answer forget_key(api_services, const call&);

// A list of models is there at once, or after `?refresh=true`, or after a first result that is still pending.
wire::reply get_models_of_server(api_services, const call&);
wire::reply get_models_of_kind(api_services, const call&);

/// Waits for versions that are not known.
boost::asio::awaitable<wire::answer> list_llm_tools(api_services, call);

// Writes: they return when the file is changed and the new configuration is in force.
boost::asio::awaitable<wire::answer> create_model_server(api_services, call);
boost::asio::awaitable<wire::answer> replace_model_server(api_services, call);
boost::asio::awaitable<wire::answer> remove_model_server(api_services, call);
boost::asio::awaitable<wire::answer> create_delegator(api_services, call);
boost::asio::awaitable<wire::answer> create_delegator_from_tool(api_services, call);
boost::asio::awaitable<wire::answer> replace_delegator(api_services, call);
boost::asio::awaitable<wire::answer> remove_delegator(api_services, call);
boost::asio::awaitable<wire::answer> replace_default_tool(api_services, call);

/// Changes nothing: it may wait for a probe.
boost::asio::awaitable<wire::answer> resolve_launch(api_services, call);

/// What If-Match asks for (RFC 9110 13.1.1).
struct precondition {
    bool any = true;                ///< no such header, or `*`
    std::vector<std::string> tags;  ///< with their quotes; weak ones, that never match, are left out
};

result<precondition> parse_if_match(std::optional<std::string_view> header);

/// Refuses to change what has another tag. What is yet to be made has an empty one, and fits `*` alone; what is not
/// there (nullopt) is left to the change to refuse.
changed<void> check_precondition(const precondition&, const std::optional<std::string>& tag);

// The tags of configured things: they change with what is configured, not with what probes find. `instance` is the
// daemon's. nullopt: there is no such thing.

std::string config_tag(std::string_view instance, std::uint64_t revision);
std::optional<std::string> server_tag(std::string_view instance, const state::config_revisions&, std::string_view name);
std::optional<std::string> delegator_tag(std::string_view instance, const state::config_revisions&,
                                         std::string_view name);

/// What a POST or PUT asks for.
struct write_order {
    precondition condition;
    boost::json::object members;
};

// The error is the answer to a request that is not understood.

result<write_order, wire::answer> read_write(const wire::request&);
result<precondition, wire::answer> read_condition(const wire::request&);

}  // namespace opd::api
