#pragma once

#include "daemon/bridge/wire/answer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace opd::bridge {

struct folded_thought {
    std::string text, kind, state;  ///< the kind is empty where its maker does not have to see it again
};

struct folded_words {
    std::string text;
};

struct folded_call {
    std::string id, name, arguments;
};

/// A whole answer.
struct folded {
    std::vector<std::variant<folded_thought, folded_words, folded_call>> items;  ///< in order
    opd::bridge::usage usage;
    delta_of::stop stop;
};

/// What is told later corrects what was told before.
void merge(const usage& told, usage& into);

/// Puts the deltas of an answer together, one after the other.
void fold(const delta&, folded& into);
folded fold(std::span<const delta>);

/// The agent's tool of that wire name; itself for one that was not offered.
tool_names::original original_of(const answer_context&, const std::string& wire_name);

/// Of a custom tool: the text in the object that the model has given.
std::string custom_input(const std::string& arguments);

/// The same JSON in one line, for streams that end their events at line breaks (U+2028 and U+2029 are some to agents).
std::string in_one_line(std::string_view json);

}  // namespace opd::bridge
