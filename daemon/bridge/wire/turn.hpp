#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the bridge says and hears, free of any protocol, and the protocols themselves: bytes in, bytes out. Facts about
/// the protocols and the agents are measured ones.
namespace opd::bridge {

/// A piece of the request's body as it stands there, which is ours to pass on and not to understand: a JSON value, so
/// that its order, its numbers and the server's prefix cache stay as they are. Valid as long as the body; empty: none.
using raw_json = std::string_view;

struct text_part {
    std::string text;
    bool operator==(const text_part&) const = default;
};

/// A picture or a document.
struct media_part {
    std::string type;         ///< MIME; empty: not known
    std::string_view base64;  ///< what stands between the quotes of the body's JSON string; empty: see `url`
    std::string url;
    std::string name;  ///< of the file; may be empty
    bool operator==(const media_part&) const = default;
};

/// What a model thought, with what its maker must see again: only such of the server that is asked now; reasoning of
/// others is dropped by the decoders.
struct reasoning_part {
    std::string text;
    std::string kind;   ///< of the state: see `carrier`
    std::string state;  ///< opaque, unsealed; may be empty
    bool operator==(const reasoning_part&) const = default;
};

struct call_part {
    std::string id;     ///< as the agent has it
    std::string space;  ///< the namespace of the tool (Responses); empty: none
    std::string name;
    std::string arguments;  ///< a JSON object, as it came; of a `custom` tool the raw text
    bool custom = false;
    bool operator==(const call_part&) const = default;
};

struct result_part {
    std::string id;    ///< of the call
    std::string name;  ///< of the tool, where the protocol tells it (Gemini)
    std::vector<std::variant<text_part, media_part>> content;
    bool failed = false;
    bool operator==(const result_part&) const = default;
};

using part = std::variant<text_part, media_part, reasoning_part, call_part, result_part>;

/// In the order in which it was said. Results stand in a user's message.
struct message {
    enum class role : std::uint8_t {
        user,
        assistant,
        system,  ///< in the middle of the conversation; the leading one is `turn::system`
    };
    role who = role::user;
    std::vector<part> parts;
    bool operator==(const message&) const = default;
};

struct tool {
    std::string space;  ///< as in `call_part`
    std::string name;
    std::string description;
    raw_json schema;      ///< JSON Schema of the arguments
    bool custom = false;  ///< takes one free text in place of an object (Responses)
    bool operator==(const tool&) const = default;
};

struct tool_choice {
    enum class mode : std::uint8_t { automatic, none, any, one };
    mode how = mode::automatic;
    std::string space, name;  ///< for `one`
    bool parallel = true;
    bool operator==(const tool_choice&) const = default;
};

/// How the answer is to be made. Numbers are passed on as they were written.
struct sampling {
    std::optional<std::uint64_t> output_limit;  ///< tokens
    enum class thinking : std::uint8_t { unsaid, off, on };
    thinking think = thinking::unsaid;
    std::string effort;  ///< minimal, low, medium, high, xhigh ...; empty: unsaid
    raw_json temperature, top_p, top_k;
    std::vector<std::string> stop;
    bool json_only = false;  ///< the answer must be JSON, of `format` if that is there
    raw_json format;         ///< JSON Schema of the answer
    std::string format_name;
    bool operator==(const sampling&) const = default;
};

/// One request of an agent: the canonical turn.
struct turn {
    std::string model;  ///< as the agent names it
    bool stream = false;
    std::string system;  ///< the leading system texts, joined by an empty line; may be empty
    std::vector<message> messages;
    std::vector<tool> tools;  ///< those the model may see now, in the agent's order; found later: at the end
    tool_choice choice;
    sampling how;
    std::string cache_key;            ///< prompt_cache_key; may be empty
    std::list<std::string> made;      ///< what views are into that do not stand so in the body
    std::vector<std::string> losses;  ///< what had no place here, each as a short noun ("web_search tool"); no doubles
};

/// Why a request cannot be understood: one sentence that says what, where, and what to do.
struct bad_request {
    std::string message;
};

template <class T>
using decoded = boost::system::result<T, bad_request>;

/// More parts than any conversation has: a body of small ones would take many times its own size in memory.
constexpr std::size_t most_parts = 100'000;

}  // namespace opd::bridge
