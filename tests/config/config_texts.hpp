#pragma once

#include "config/config.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace opd {

/// What a user sees of a configuration that is refused; empty where it is not.
inline std::string error_of(std::string_view text) {
    const auto loaded = parse_config(text, "operator.toml");
    return loaded ? std::string() : loaded.error().text();
}

/// What a user sees of the warnings about a configuration, or of its error; empty where there is nothing.
inline std::string warnings_of(std::string_view text) {
    const auto loaded = parse_config(text, "operator.toml");
    if (!loaded) return loaded.error().text();
    std::string shown;
    for (const diagnostic& warning : loaded->warnings) {
        if (!shown.empty()) shown += '\n';
        shown += warning.text();
    }
    return shown;
}

inline std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

}  // namespace opd
