#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "config/model/kinds.hpp"
#include "config/model/llm_tools.hpp"
#include "config/model/model_server.hpp"
#include "daemon/api/api.hpp"
#include "daemon/state/config_store.hpp"
#include "daemon/state/server_state.hpp"
#include "daemon/tools/installed_tools.hpp"
#include "daemon/wire/document.hpp"
#include "daemon/wire/message.hpp"
#include "probes/report.hpp"

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

/// Whether an Authorization header carries this token (RFC 6750 2.1). The time it takes says nothing about how much of
/// it is right. An empty token is carried by nobody.
bool carries_token(std::string_view authorization, const secret& token);

/// A request from another machine must carry the token; nullopt: it is let in. A browser's question before a request
/// cannot (Fetch, "CORS-preflight request"), and its answer gives nothing away. `token` is null where there is none:
/// then nobody on another machine is let in.
std::optional<wire::answer> refuse_without_token(const wire::request&, const secret* token);

/// Keys are spoken of over the unix socket alone. nullopt: the request came that way.
std::optional<wire::answer> refuse_unless_local(const wire::request&);

/// Web pages of others are kept out: by the name they use for us, by the origin and by the site that browsers send
/// along. nullopt: the request is let in. `own_hosts` are names besides the loopback ones; other machines, whose token
/// has been checked before, may use any address, and the name of this one.
std::optional<wire::answer> refuse_strangers(const wire::request&, std::span<const std::string> own_hosts,
                                             std::span<const std::string> cors_origins, std::string_view machine_name);

/// A browser asks whether a page of another origin may send its request (Fetch, "CORS-preflight request").
bool is_preflight(const wire::request&);

/// The answer to it, for a page that may ask. `methods`: those of the path, as in Allow.
wire::answer permit(const wire::request&, std::string methods);

// What clients send. A refusal names every faulty field at once, and repeats no value that may be a secret. Fields that
// are not known are ignored.

/// The members of the body; it may be refused as a whole. All they hold is in `memory`, and nowhere else.
result<boost::json::object> decode_body(std::string_view body, boost::json::storage_ptr memory = {});

/// A model server or a delegator. `name`: its name, which is no member then; nullopt: the name is one of them.
template <class Entry>
changed<Entry> decode_entry(const boost::json::object&, std::optional<std::string> name = std::nullopt);

/// The fields that a replacement keeps as they are, since the client has not sent them, as the file calls them.
std::vector<std::string_view> unsent_fields(const boost::json::object&);

/// A delegator that is to be made for a tool; what is left out has defaults.
struct delegator_wish {
    std::string tool_name;
    std::optional<std::string> model;
    std::optional<std::string> name;
    std::optional<std::string> display_name;
    std::optional<std::string> model_server;
    std::optional<boost::json::object> launch_config;
};

changed<delegator_wish> decode_delegator_wish(const boost::json::object&);

/// Either may be empty: none.
struct default_tool {
    std::string tool;
    std::string model;
};

changed<default_tool> decode_default_tool(const boost::json::object&);

/// JSON texts of the REST interface: the order and spelling of the fields are part of the contract.

/// `[{id, display_name, context_length, ...}, ...]`
wire::document::piece encode_models(std::span<const model>);

/// ModelServerModelsResponse; `server` is the name, or the kind's slug. `last_good` is the text of the state's list.
wire::document_ptr encode_models_answer(std::string_view server, const state::server_state&,
                                        wire::document::piece last_good);

/// ModelServerResponse. Over TCP (`reveal_env` false) values of extra_env that are not a pure `${NAME}` reference are
/// `***`.
std::string encode_server(const state::server_state&, bool reveal_env);

/// `{servers: [...], total}` of already encoded servers.
std::string encode_server_list(std::span<const std::string_view> servers);

/// The catalog of kinds.
std::string encode_kinds();

/// DelegatorResponse.
std::string encode_delegator(const delegator&);

/// `{delegators: [...], total}`
std::string encode_delegator_list(std::span<const delegator>);

/// `{tools: [...], total}`
std::string encode_tools(std::span<const tools::found_tool>);

/// `{tool, model}`
std::string encode_default_tool(std::string_view tool, std::string_view model);

/// RFC 3339 in UTC with milliseconds: `2026-11-22T16:02:03.456Z`.
std::string encode_time(state::wall_time);

}  // namespace opd::api
