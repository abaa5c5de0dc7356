#pragma once

#include "probes/http/phases.hpp"

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
    std::size_t route = 0;  ///< which of the dialect's routes answered; try it first the next time
};

}  // namespace opd
