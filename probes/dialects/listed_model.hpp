#pragma once

#include "probes/report.hpp"

#include <optional>
#include <string>

namespace simdjson::dom {
class element;
}

namespace opd {

/// One entry of a list, with what a dialect needs to decide whether it belongs into the page.
struct listed_model {
    model what;
    bool text = true;               ///< nothing in the entry says that it makes something other than text
    bool google = false;            ///< `owned_by` is Google
    std::string parent;             ///< the model that an adapter extends; empty: none
    std::optional<bool> completes;  ///< Ollama's `capabilities` have `completion`
    std::optional<bool> generates;  ///< Gemini's `supportedGenerationMethods` have `generateContent`
    bool embedding_family = false;  ///< Ollama's `details` name families that only embed
};

/// The longest id that is kept; a longer one, or one with control characters or marks that turn the writing direction,
/// is no id.
inline constexpr std::size_t max_id_bytes = 512;
inline constexpr std::size_t max_display_name_bytes = 256;

/// Reads one entry. nullopt: it is not a model. Numbers may be integers, floats or strings; 0, null, negative and
/// absurd ones are unknown. A capability that is not told stays unknown.
std::optional<listed_model> read_listed_model(const simdjson::dom::element&, bool strip_models_prefix);

}  // namespace opd
