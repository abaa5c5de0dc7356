#pragma once

#include "daemon/bridge/wire/tool_names.hpp"
#include "daemon/bridge/wire/turn.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::bridge {

/// What a server of the Chat Completions protocol takes, as far as such servers differ.
struct chat_server {
    enum class flavour : std::uint8_t { plain, openai, openrouter, ollama, lmstudio, mistral, deepseek };
    flavour what = flavour::plain;
    std::string_view model;                              ///< as the server calls it
    std::string_view maker;                              ///< see `maker_of`
    bool thinks = false;                                 ///< the model is known to reason: an effort may be asked for
    std::optional<std::uint64_t> context, output_limit;  ///< tokens, as listed
    bool usage_in_stream = true;                         ///< it takes stream_options
};

struct encoded {
    std::string body;
    std::vector<std::string> losses;  ///< those of the turn, and what this protocol has no place for
};

/// The body of POST /chat/completions, always for a stream. The same turn gives the same bytes.
encoded write_chat_request(const turn&, const chat_server&);

}  // namespace opd::bridge
