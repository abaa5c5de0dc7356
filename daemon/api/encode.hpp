#pragma once

#include "config/base/refusal.hpp"
#include "config/model/delegator.hpp"
#include "config/model/kinds.hpp"
#include "daemon/state/server_state.hpp"
#include "daemon/tools/installed_tools.hpp"
#include "daemon/wire/document.hpp"
#include "probes/report.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::api {

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
