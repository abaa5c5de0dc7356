#pragma once

#include "daemon/bridge/wire/delta.hpp"
#include "daemon/bridge/wire/json_view.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace opd::bridge {

/// Puts the calls of a Chat answer together from their pieces. Nothing of a call is told before it is whole: until then
/// it cannot be known whether its arguments come as pieces or as ever longer snapshots, and no agent runs it earlier.
class chat_calls {
public:
    /// `used`: ids of calls that the conversation has had.
    chat_calls(std::string seed, std::set<std::string> used) : seed_(std::move(seed)), used_(std::move(used)) {}

    /// The `tool_calls` of a chunk; false: they are more than an answer may have.
    bool take(json_view list);
    bool any() const { return !calls_.empty(); }
    /// The answer has ended; with `cut` in the middle, maybe of a call, which is then left out. Returns how many calls
    /// there are.
    std::size_t tell(bool cut, deltas& out);

private:
    struct call {
        std::optional<std::uint64_t> index;
        std::string id, name;
        std::string joined, last;  ///< arguments: all pieces, and the last one
        bool grows = true;         ///< each piece begins with the one before
    };

    call& call_of(json_view one);
    void add_arguments(call& to, json_view piece);

    std::string seed_;
    std::set<std::string> used_;
    std::vector<call> calls_;
    std::size_t bytes_ = 0;
};

}  // namespace opd::bridge
