#pragma once

#include "daemon/bridge/wire/json_view.hpp"
#include "daemon/bridge/wire/turn.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace opd::bridge {

/// What all decoders of requests do. The first thing that cannot be understood is the answer, with the path to it:
/// "messages[3].content[1].name is missing". Members that are null count as missing.
class decoding {
public:
    explicit decoding(std::string_view server_maker) : maker(server_maker) {}

    turn out;
    std::string_view maker;

    void refuse(std::string message) {
        if (fault_.empty()) fault_ = std::move(message);
    }
    /// `why` follows the path of the member, such as "is missing".
    void refuse_at(std::string_view name, std::string_view why);
    bool refused() const { return !fault_.empty(); }

    /// A member of the object where reading stands, refused if it is of another type; missing: empty or false.
    std::string text(json_view value, std::string_view name);
    raw_json number(json_view value, std::string_view name);
    std::optional<std::uint64_t> whole(json_view value, std::string_view name);
    bool flag(json_view value, std::string_view name);
    raw_json object(json_view value, std::string_view name);
    /// A text that must be there and say something.
    std::string needed(json_view value, std::string_view name);

    /// Calls `read(json_view)` with each element of a list, to which the path leads meanwhile.
    template <class Read>
    void each(json_view list, std::string_view name, Read read) {
        if (!list) return;
        if (!list.is_array()) return refuse_at(name, "is not a list");
        const std::size_t length = path_.size();
        std::size_t index = 0;
        list.elements([&](json_view one) {
            if (refused()) return;
            enter(length, name, index++);
            read(one);
        });
        path_.resize(length);
    }

    /// Something that has no place in a turn: the agent's word for it, and what it is, such as "block".
    void lose(std::string_view word, std::string_view what);
    /// Something that takes memory; false, and refused: that is one more than any conversation has.
    bool count();
    void add(std::vector<part>& into, part one);
    void add_message(message one);
    /// Reasoning that comes back; nothing where it is not this server's.
    void add_reasoning(std::vector<part>& into, std::string text, json_view sealed);
    void add_tool(tool one);
    void add_stop(json_view texts, std::string_view name);
    /// A tool of the agent's own program; true: it is one that runs at the vendor, such as a web search, and is lost.
    bool is_server_tool(std::string_view type);
    /// The model, whether to stream.
    void read_common(json_view body);
    decoded<turn> finish();

private:
    void enter(std::size_t length, std::string_view name, std::size_t index);

    std::string fault_;
    std::string path_;
    std::size_t counted_ = 0;
    std::string server_tool_;  ///< the first of them
};

/// The text as it may be shown: foreign words that are long, or no words at all, are not.
std::string as_word(std::string_view);

/// A data URL of base64 (RFC 2397), or any other URL, as a part; `quoted` is what stands between the body's quotes.
media_part media_of_url(json_view url);

}  // namespace opd::bridge
