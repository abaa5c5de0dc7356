#pragma once

#include "probes/http/message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// The status ladder of a model server, in the words of the REST interface (`key_missing` is "key_missing").
enum class probe_status : std::uint8_t {
    ok,
    pending,
    key_missing,
    key_withheld,
    auth_failed,
    forbidden,
    rate_limited,
    starting,
    no_listing,
    bad_response,
    http_error,
    timeout,
    refused,
    dns_error,
    tls_error,
    network_error,
    disabled,
};

std::string_view to_string(probe_status);

/// One model as a server lists it. nullopt: the server does not tell.
struct model {
    std::string id;
    std::string display_name;                        ///< never empty: the id where the server has no better name
    std::optional<std::uint64_t> context_length;     ///< tokens
    std::optional<std::uint64_t> max_output_tokens;  ///< tokens, never more than context_length
    std::optional<bool> tools;
    std::optional<bool> vision;
    std::optional<bool> loaded;  ///< in the server's memory right now
    bool thinks = false;         ///< it is told to reason before it answers

    bool operator==(const model&) const = default;
};

/// What one probe found out. `models` is meaningful for `ok` alone.
struct report {
    probe_status status = probe_status::pending;
    std::string error;  ///< one line; empty for `ok`
    std::string hint;   ///< the next step; empty for `ok`
    std::vector<model> models;
    std::optional<std::chrono::milliseconds> latency;      ///< until the first page had come; nullopt: no answer
    std::optional<std::chrono::milliseconds> retry_after;  ///< the server asks not to come back earlier
    http_phases phases;                                    ///< of its connection
    std::chrono::microseconds total{};                     ///< the whole probe
    bool unversioned = false;                              ///< the list was at the base as it is written: so is the API
    bool lmstudio = false;                                 ///< it was LM Studio's own list
    std::size_t route = 0;  ///< which of the dialect's routes answered; try it first the next time
};

/// How one server has fared, as far as the time of its next probe depends on it.
struct probe_history {
    probe_status last = probe_status::pending;
    unsigned failures = 0;  ///< in a row; 0 after a success
    std::optional<std::chrono::milliseconds> retry_after;
};

/// How long to wait before the next probe. A good server is asked again after `interval`. One that fails is asked again
/// soon (a quarter of the interval), then less and less often, up to four intervals or two minutes, whichever is less,
/// but never more often than a good one where asking again cannot help (a refused key, no listing). A server that says
/// when to come back is not asked earlier. `random` in [0, 1) spreads the result by up to 10 % either way, so that
/// servers do not stay in step. Never zero.
std::chrono::milliseconds next_delay(std::chrono::milliseconds interval, const probe_history&, double random);

/// Whether a status needs no further probe until the configuration or a key changes: nothing would be sent anyway.
bool is_settled(probe_status);

}  // namespace opd
