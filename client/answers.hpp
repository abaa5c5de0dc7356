#pragma once

#include "config/base/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

// Fields of the daemon's answers, read leniently: what is missing, null or of another type is empty.

/// nullopt: the text is not JSON.
std::optional<boost::json::value> parse_json(std::string_view text);

/// nullopt: it is not a JSON object.
std::optional<boost::json::object> parse_object(std::string_view text);

std::string text_of(const boost::json::object&, std::string_view field);
/// The texts of a list; what is no text is left out.
std::vector<std::string> texts_of(const boost::json::object&, std::string_view field);
std::optional<std::uint64_t> number_of(const boost::json::object&, std::string_view field);
std::optional<bool> flag_of(const boost::json::object&, std::string_view field);
const boost::json::object& object_of(const boost::json::object&, std::string_view field);
/// Null: there is no such list.
const boost::json::array* array_of(const boost::json::object&, std::string_view field);

/// The objects of a list; what is no object is left out.
std::vector<const boost::json::object*> objects_of(const boost::json::object&, std::string_view field);

/// Each entry of a list; nullopt: there is no list, or one of them cannot be read.
template <class T>
std::optional<std::vector<T>> entries_of(const boost::json::array* list,
                                         std::optional<T> (*read)(const boost::json::object&)) {
    if (list == nullptr) return std::nullopt;
    std::vector<T> out;
    for (const boost::json::value& value : *list) {
        const boost::json::object* from = value.if_object();
        auto entry = from != nullptr ? read(*from) : std::nullopt;
        if (!entry) return std::nullopt;
        out.push_back(*std::move(entry));
    }
    return out;
}

/// An answer of another shape than expected: it is not `what`.
problem not_understood(std::string_view what);

// What operatord answers, as far as the client shows it. Unknown fields are passed over, and a field that is missing or
// null is empty here: a client must get along with an older and a newer daemon. Only what names a thing is required.

using wall_time = std::chrono::system_clock::time_point;

struct probe_summary {
    std::string status;
    bool reachable = false;
    std::optional<wall_time> checked_at;
    std::optional<std::uint64_t> latency_ms;
    std::optional<std::uint64_t> model_count;
    std::string error;                       ///< what happened; empty: nothing bad
    std::string hint;                        ///< what to do about it
    std::optional<wall_time> next_probe_at;  ///< nullopt: none is planned
};

struct server_answer {
    std::string name;
    std::string kind;
    std::string display_name;
    std::string base_url;     ///< empty: the default of its kind
    std::string api_key_env;  ///< empty: none
    std::vector<std::pair<std::string, std::string>> extra_env;
    bool user_declared = false;
    std::vector<std::pair<std::string, std::string>> further;  ///< in words: what is not as usual
    probe_summary probe;
};

struct model_entry {
    std::string id;
    std::string display_name;
    std::optional<std::uint64_t> context_length;
    std::optional<std::uint64_t> max_output_tokens;
    std::optional<bool> tools;
    std::optional<bool> vision;
    std::optional<bool> loaded;
};

struct models_answer {
    std::string server;
    bool reachable = false;
    std::string status;
    std::string error;
    std::string hint;
    std::vector<model_entry> models;
    std::vector<model_entry> last_known_models;
    std::optional<wall_time> checked_at;
    std::optional<wall_time> last_success_at;
    std::optional<std::uint64_t> latency_ms;
    bool stale = false;
};

struct health_answer {
    std::string status;
    std::string version;
    std::uint64_t pid = 0;
    std::optional<wall_time> started_at;
    std::string config_path;
    std::uint64_t config_generation = 0;
    std::string config_error;
    std::uint64_t servers = 0;
    std::uint64_t reachable = 0;
    std::uint64_t in_flight = 0;
    std::vector<std::string> running;  ///< turns of agents that go through the bridge, one line each
};

struct kind_entry {
    std::string slug;
    std::string display_name;
    std::string category_label;
    std::string default_base_url;
    std::string default_api_key_env;
    bool is_builtin = false;
};

struct delegator_answer {
    std::string name;
    std::string llm_tool;
    std::string model;
    std::string model_server;  ///< empty: the tool's implicit default
    std::string display_name;
    // JSON objects; empty: none
    std::string model_properties;
    std::string launch_config;
    std::string remote_agent;  ///< not empty: it is only for export, and cannot be launched here
};

struct tool_answer {
    std::string name;
    std::string path;
    std::string version;  ///< empty: not known
    std::string min_version;
    std::optional<bool> version_ok;
    std::vector<std::string> model_aliases;
    std::string version_error;  ///< why the version is not known; empty: nobody knows
};

// About keys: names, never a value.

struct key_user {
    std::string server;
    std::string status;
};

struct key_answer {
    std::string name;
    std::string source;  ///< empty: it is nowhere to be found
    std::string error;   ///< why one that should come first is not used; empty: nothing is wrong
    std::vector<key_user> users;
};

struct keys_answer {
    std::vector<key_answer> keys;
    std::string keys_file;  ///< its path; empty: there is no place for one
    std::vector<std::string> keys_file_errors;
};

/// The default tool and model, empty where none is set.
struct default_answer {
    std::string tool;
    std::string model;
};

/// The readers fail with a problem that says what was not understood.
result<std::vector<server_answer>> read_server_list(std::string_view json);
result<server_answer> read_server(std::string_view json);
result<models_answer> read_models(std::string_view json);
result<health_answer> read_health(std::string_view json);
result<std::vector<kind_entry>> read_kinds(std::string_view json);

result<std::vector<delegator_answer>> read_delegator_list(std::string_view json);
result<delegator_answer> read_delegator(std::string_view json);
result<std::vector<tool_answer>> read_tools(std::string_view json);
result<default_answer> read_default(std::string_view json);
result<keys_answer> read_keys(std::string_view json);
result<key_answer> read_key(std::string_view json);

/// The message of an error answer, printable, and below it a line for each field that is wrong, if the message does
/// not say just that; `HTTP 502` where the body says nothing.
std::string read_error(unsigned http_status, std::string_view body);

/// How answers are shown to people. All pure; every text from the daemon is made printable.
struct view {
    bool colour = false;
    wall_time now;  ///< what ages are counted from
};

/// One line on the daemon, its configuration and its probes each, and on its service, if there is anything to tell.
std::string show_health(const health_answer&, const view&, std::string_view service = {});

/// The table of servers, then a line with error and hint for each answer of `problems`.
std::string show_servers(const std::vector<server_answer>&, const std::vector<models_answer>& problems, const view&);

/// Everything about one server; `problem` is why it is not reachable, or null.
std::string show_server(const server_answer&, const models_answer* problem, const view&);

/// The models of one server; of an unreachable one the error, the hint and the last known models.
std::string show_models(const models_answer&, const view&);

/// The models of all reachable servers in one table, and the names of the others.
std::string show_all_models(const std::vector<models_answer>&, const view&);

std::string show_kinds(const std::vector<kind_entry>&, const view&);

std::string show_delegators(const std::vector<delegator_answer>&, const view&);

/// Everything about one delegator.
std::string show_delegator(const delegator_answer&, const view&);

/// The llm tools: those that are there, and those that are not found; what to do about what is missing, too old or
/// silent; and the default.
std::string show_tools(const std::vector<tool_answer>&, const default_answer&, const view&);

/// The table of keys, what is wrong with them, and what to do for those that servers wait for.
std::string show_keys(const keys_answer&, const view&);

/// A key that was handed over, and where its servers stand now; those of others may be among them.
std::string show_pushed(const key_answer&, const std::vector<models_answer>&);

/// A pushed key that was forgotten.
std::string show_forgotten(const key_answer&);

/// Whether a status calls for the user: neither reachable nor merely unasked.
bool is_problem(const probe_summary&);

}  // namespace opd
