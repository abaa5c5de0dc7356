#pragma once

#include "config/base/refusal.hpp"

#include <string>

namespace opd::test {

/// A refusal as a text: its message, and `-> VERB NOUN` where it has a next step.
inline std::string told(const change_refusal& why) {
    if (why.next.verb.empty()) return why.message;
    std::string text = why.message + " -> " + std::string(why.next.verb);
    if (!why.next.noun.empty()) text += " " + std::string(why.next.noun);
    return text;
}

}  // namespace opd::test
