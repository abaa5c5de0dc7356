#pragma once

#include "daemon/bridge/wire/json_view.hpp"
#include "daemon/bridge/wire/turn.hpp"

#include <string>
#include <string_view>

namespace opd::bridge {

/// What all decoders of requests do. The first thing that cannot be understood is the answer.
class decoding {
public:
    explicit decoding(std::string_view server_maker) : maker(server_maker) {}

    turn out;
    std::string_view maker;

    void refuse(std::string message) {
        if (fault_.empty()) fault_ = std::move(message);
    }
    bool refused() const { return !fault_.empty(); }

    /// Something that has no place in a turn.
    void lose(std::string what);
    /// A part of the conversation; too many are refused.
    void add(std::vector<part>& into, part one);
    /// Reasoning that comes back; nothing where it is not this server's. `in_state`: the text is the state.
    void add_reasoning(std::vector<part>& into, std::string text, std::string_view sealed);
    /// A tool of the agent's own program; true: it is one that runs at the vendor, such as a web search, and is lost.
    bool is_server_tool(std::string_view type);
    /// The model, whether to stream; then what the tools have come to.
    void read_common(json_view body);
    decoded<turn> finish();

private:
    std::string fault_;
    std::size_t parts_ = 0;
    bool server_tools_ = false;
};

/// A data URL of base64 (RFC 2397), or any other URL, as a part; `quoted` is what stands between the body's quotes.
media_part media_of_url(json_view url);

}  // namespace opd::bridge
