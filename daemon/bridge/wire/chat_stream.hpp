#pragma once

#include "daemon/bridge/wire/delta.hpp"
#include "daemon/bridge/wire/sse_frames.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace opd::bridge {

/// Reads the answer of a server of the Chat Completions protocol, with all oddities that such servers have. Whatever
/// comes: the deltas keep to their grammar, memory is bounded, and there is exactly one end.
class chat_reader {
public:
    /// `seed` is `[A-Za-z0-9]+` and makes the ids of calls unique that the server has given none, or one of
    /// `used_calls`, which the conversation has had. An answer that ends since it got too long ends with a full context
    /// where that (in tokens; nullopt: unknown) is what it has used up.
    explicit chat_reader(std::string seed, std::optional<std::uint64_t> context = std::nullopt,
                         std::set<std::string> used_calls = {});
    ~chat_reader();

    /// The next bytes of the body, of any cut: appends what they mean. Nothing is appended behind the end. The body is
    /// a stream of events, or one JSON document: its first byte tells, since servers label either as the other.
    void take(std::string_view bytes, deltas& out);
    /// The body has ended.
    void end(deltas& out);

    /// The reason to stop has come: only usage may follow, for which it pays to wait for a moment (2 s), not longer.
    bool stopping() const;
    /// The end has been appended.
    bool ended() const;

private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace opd::bridge
