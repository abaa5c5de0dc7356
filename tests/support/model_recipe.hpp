#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace opd::test {

/// A model that does not exist but could.
struct invented_model {
    std::string id;    ///< as its kind of server spells ids; Gemini's without `models/`
    std::string name;  ///< for people
    std::string vendor;
    std::uint64_t context_length = 0;
    std::uint64_t max_output_tokens = 0;
    bool tools = false;
    bool vision = false;
    bool loaded = false;
    std::uint64_t bytes = 0;
};

/// Model `number` (from 0) of the server of a kind, given by its slug. The same on every machine; the ids of one kind
/// are all different and are those of text models.
invented_model invent_model(std::string_view kind_slug, std::size_t number);

}  // namespace opd::test
