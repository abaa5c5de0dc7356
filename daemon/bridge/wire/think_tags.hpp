#pragma once

#include "daemon/bridge/wire/delta.hpp"

#include <string>
#include <string_view>

namespace opd::bridge {

/// Servers without a parser for reasoning leave it in the text: `<think>...</think>` at the very beginning. There alone
/// it is one; anywhere else a model may write about it.
class think_tags {
public:
    void take(std::string_view text, deltas& out);
    /// Nothing more comes: what was held back is text.
    void end(deltas& out);
    /// The server tells reasoning by itself.
    void give_up() {
        if (state_ == state::undecided) state_ = state::text;
    }

private:
    enum class state : std::uint8_t { undecided, thinking, behind, text };

    state state_ = state::undecided;
    std::string held_;
};

}  // namespace opd::bridge
