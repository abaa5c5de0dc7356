#pragma once

#include "config/base/diagnostic.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace opd {

/// NUL and other control characters, and what is not UTF-8. nullopt: there is none.
std::optional<diagnostic> find_bad_bytes(const source_text&);

/// Whether the parser takes a text.
using text_check = std::function<bool(std::string_view)>;

/// Why the parser refuses a text whose syntax is right: a word is no value, or a name is defined twice.
diagnostic explain_refusal(const source_text&, const text_check& is_toml);

}  // namespace opd
