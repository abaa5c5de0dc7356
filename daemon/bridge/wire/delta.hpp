#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace opd::bridge {

/// Tokens; nullopt: not told. Cached ones are part of `input`, reasoning is part of `output`.
struct usage {
    std::optional<std::uint64_t> input, cached_read, cached_write, output, reasoning;
    bool operator==(const usage&) const = default;
};

/// Why an answer cannot come, or does not come to its end.
struct fault {
    enum class kind : std::uint8_t {
        refused,       ///< it will not work again
        unauthorized,  ///< the key is to blame
        too_long,      ///< more than the model's context
        later,         ///< busy, or a limit: `retry_after`
        broken,        ///< the server failed
        cut,           ///< the answer ended before its end
        alien,         ///< what came is no answer of the protocol; the message is a noun for it
    };
    kind what = kind::refused;
    std::string message;  ///< one sentence for the agent's user: server, cause, remedy; redacted, legible, one line
    std::optional<std::chrono::seconds> retry_after;
    std::uint64_t tokens = 0, most_tokens = 0;  ///< of too_long; 0: not known
    bool operator==(const fault&) const = default;
};

enum class stop_reason : std::uint8_t { done, calls, length, context_full, filtered, stop_string };

/// What a model's answer is made of, in the order in which it comes. `start` is the first, exactly one `stop` or
/// `fault` the last; usage may come anywhere between, each one adds to or corrects those before it. The deltas of
/// a call follow each other, and all calls are whole: one that was cut is left out.
namespace delta_of {

struct start {
    std::string id, model;  ///< as the server says; may be empty
    bool operator==(const start&) const = default;
};

struct thought {
    std::string text;
    bool operator==(const thought&) const = default;
};

/// Belongs to the thought before it, or to the next call where there was none.
struct thought_state {
    std::string kind, state;  ///< see `carrier`
    bool operator==(const thought_state&) const = default;
};

struct words {
    std::string text;
    bool operator==(const words&) const = default;
};

struct call_open {
    std::size_t key = 0;  ///< of this call within the answer
    std::string id;       ///< never empty
    std::string name;     ///< the wire name, see `tool_names`
    bool operator==(const call_open&) const = default;
};

struct call_arguments {
    std::size_t key = 0;
    std::string text;  ///< the next piece of a JSON object
    bool operator==(const call_arguments&) const = default;
};

/// All pieces of the arguments are one JSON object.
struct call_close {
    std::size_t key = 0;
    bool operator==(const call_close&) const = default;
};

struct stop {
    stop_reason why = stop_reason::done;
    std::string stop_string;  ///< which, where that is known
    bool operator==(const stop&) const = default;
};

}  // namespace delta_of

using delta =
    std::variant<delta_of::start, delta_of::thought, delta_of::thought_state, delta_of::words, delta_of::call_open,
                 delta_of::call_arguments, delta_of::call_close, usage, delta_of::stop, fault>;
using deltas = std::vector<delta>;

}  // namespace opd::bridge
