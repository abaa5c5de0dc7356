#pragma once

#include "config/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

// What operatord answers, as far as the client shows it. Unknown fields are passed over, and a field that is missing or
// null is empty here: a client must get along with an older and a newer daemon. Only what names a thing is required.

using wall_time = std::chrono::system_clock::time_point;

struct probe_summary {
    std::string status;
    bool reachable = false;
    std::optional<wall_time> checked_at;
    std::optional<std::uint64_t> latency_ms;
    std::optional<std::uint64_t> model_count;
};

struct server_answer {
    std::string name;
    std::string kind;
    std::string display_name;
    std::string base_url;     ///< empty: the default of its kind
    std::string api_key_env;  ///< empty: none
    std::vector<std::pair<std::string, std::string>> extra_env;
    bool user_declared = false;
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
};

struct kind_entry {
    std::string slug;
    std::string display_name;
    std::string description;
    std::string category_label;
    std::string default_base_url;
    std::string default_api_key_env;
    bool is_builtin = false;
};

/// The readers fail with a problem that says what was not understood.
result<std::vector<server_answer>> read_server_list(std::string_view json);
result<server_answer> read_server(std::string_view json);
result<models_answer> read_models(std::string_view json);
result<health_answer> read_health(std::string_view json);
result<std::vector<kind_entry>> read_kinds(std::string_view json);

/// The message of an error answer with its details, for people; `HTTP 502` where the body says nothing.
std::string read_error(unsigned http_status, std::string_view body);

}  // namespace opd
