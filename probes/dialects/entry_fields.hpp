#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace opd {

/// A value of a parsed entry, if it is there. It lives until its parser parses again.
using json_value = std::optional<simdjson::dom::element>;

/// The fields of an entry that anyone looks at, of any server; named and ordered as in JSON.
enum class field : std::uint8_t {
    active,
    architecture,
    capabilities,
    context_length,
    context_window,
    details,
    displayName,
    display_name,
    dmr,
    id,
    inputTokenLimit,
    input_modalities,
    key,
    kind,
    labels,
    loaded_context_length,
    loaded_instances,
    max_completion_tokens,
    max_context_length,
    max_context_window,
    max_input_tokens,
    max_model_len,
    max_output_length,
    max_output_tokens,
    max_tokens,
    meta,
    model,
    name,
    outputTokenLimit,
    output_modalities,
    owned_by,
    parameters,
    parent,
    providers,
    state,
    status,
    supportedGenerationMethods,
    supported_features,
    supported_parameters,
    supports_image_input,
    supports_tools,
    tags,
    top_provider,
    type,
    count
};

/// The known fields of one entry, found in one pass over it. Of a repeated field the first one counts.
class entry_fields {
public:
    explicit entry_fields(simdjson::dom::object);

    const json_value& operator[](field name) const { return values_[static_cast<std::size_t>(name)]; }

private:
    std::array<json_value, static_cast<std::size_t>(field::count)> values_;
};

/// A member of an object; nullopt where there is none, or no object.
json_value member(const json_value&, std::string_view name);

/// Empty where it is no string.
std::string_view text_of(const json_value&);

/// nullopt where it is not true or false.
std::optional<bool> flag_of(const json_value&);

/// nullopt where it is no array.
std::optional<simdjson::dom::array> items_of(const json_value&);

/// A number of tokens, told as integer, float or string; nullopt: unknown, which is also what 0, negative and absurd
/// numbers mean.
std::optional<std::uint64_t> tokens_of(const json_value&);

/// `text` is one of the words, in any case.
bool contains_word(std::initializer_list<std::string_view> words, std::string_view text);

/// An array that has one of the words, in any case, among its strings.
bool contains_any(const json_value& list, std::initializer_list<std::string_view> words);

}  // namespace opd
