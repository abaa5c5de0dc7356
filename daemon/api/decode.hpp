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

changed<model_server> decode_new_server(const boost::json::object&);
/// All but the name.
changed<model_server> decode_server(const boost::json::object&, std::string name);
/// The fields that a replacement keeps as they are, since the client has not sent them, as the file calls them.
std::vector<std::string_view> unsent_fields(const boost::json::object&);

changed<delegator> decode_new_delegator(const boost::json::object&);
/// All but the name.
changed<delegator> decode_delegator(const boost::json::object&, std::string name);

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
