#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"
#include "config/model/delegator.hpp"
#include "config/model/model_server.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::api {

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

}  // namespace opd::api
