#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"
#include "probes/dialects/listing_json.hpp"
#include "probes/redact.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace opd {
namespace {

using simdjson::dom::element;
using tokens = std::optional<std::uint64_t>;
using words = std::initializer_list<std::string_view>;

/// A value of a parsed entry, if it is there. It lives until its parser parses again.
using json_value = std::optional<element>;

/// The fields of an entry that anyone looks at, of any server; in the order of their bytes.
constexpr auto known_fields = [] {
    std::string_view names =
        "active architecture capabilities context_length context_window details displayName display_name dmr id "
        "inputTokenLimit input_modalities key kind labels loaded_context_length loaded_instances "
        "max_completion_tokens max_context_length max_context_window max_input_tokens max_model_len "
        "max_output_length max_output_tokens max_tokens meta model name outputTokenLimit output_modalities owned_by "
        "parameters parent providers state status supportedGenerationMethods supported_features supported_parameters "
        "supports_image_input supports_tools tags top_provider type";
    std::array<std::string_view, 44> out;
    for (std::string_view& name : out) name = next_part(names, ' ');
    return out;
}();
static_assert(std::ranges::is_sorted(known_fields) && known_fields.back() == "type");

constexpr std::size_t max_display_name_bytes = 256;

/// The name of one of them; another one does not compile.
struct field {
    consteval field(const char* name)
        : place(static_cast<std::size_t>(std::ranges::find(known_fields, name) - known_fields.begin())) {
        if (place == known_fields.size()) throw name;
    }

    std::size_t place;
};

/// The known fields of one entry, found in one pass over it. Of a repeated field the first one counts.
class entry_fields {
public:
    explicit entry_fields(simdjson::dom::object entry) {
        for (const auto& [key, value] : entry) {
            const auto* const found = std::ranges::lower_bound(known_fields, key);
            if (found == known_fields.end() || *found != key) continue;
            json_value& slot = values_[static_cast<std::size_t>(found - known_fields.begin())];
            if (!slot) slot = value;
        }
    }

    const json_value& operator[](field name) const { return values_[name.place]; }

private:
    std::array<json_value, known_fields.size()> values_;
};

/// A member of an object; nullopt where there is none, or no object.
json_value member(const json_value& object, std::string_view name) {
    simdjson::dom::object fields;
    element found;
    if (!object || object->get(fields) != simdjson::SUCCESS) return std::nullopt;
    return fields.at_key(name).get(found) == simdjson::SUCCESS ? json_value(found) : std::nullopt;
}

/// What a value is; nullopt where it is there not, or of another type.
template <class T>
std::optional<T> value_as(const json_value& value) {
    T out{};
    return value && value->get(out) == simdjson::SUCCESS ? std::optional<T>(out) : std::nullopt;
}

std::string_view text_of(const json_value& value) { return value_as<std::string_view>(value).value_or(""); }
std::optional<bool> flag_of(const json_value& value) { return value_as<bool>(value); }
std::optional<simdjson::dom::array> items_of(const json_value& value) { return value_as<simdjson::dom::array>(value); }

tokens sensible(double number) {
    // Beyond it a double, and so a client written in JavaScript, would not hold the number exactly.
    constexpr double absurd = 9007199254740992.0;
    if (!std::isfinite(number) || number < 1 || number >= absurd) return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

/// A number of tokens, told as integer, float or string; nullopt: unknown, which is also what 0, negative and absurd
/// numbers mean.
tokens tokens_of(const json_value& value) {
    if (const auto number = value_as<double>(value)) return sensible(*number);
    const auto told = read_number<double>(text_of(value));
    return told ? sensible(*told) : std::nullopt;
}

/// `text` is one of the words, in any case.
bool contains_word(words wanted, std::string_view text) {
    return std::ranges::any_of(wanted, [text](std::string_view word) { return same_in_any_case(word, text); });
}

/// An array that has one of the words, in any case, among its strings.
bool contains_any(const json_value& list, words wanted) {
    const auto items = items_of(list);
    return items && std::ranges::any_of(*items, [&](element item) { return contains_word(wanted, text_of(item)); });
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string_view first_text(const entry_fields& entry, std::initializer_list<field> names) {
    for (const field name : names) {
        const std::string_view text = text_of(entry[name]);
        if (!is_blank(text)) return text;
    }
    return {};
}

template <class T>
std::optional<T> first_told(std::initializer_list<std::optional<T>> candidates) {
    const auto* const found = std::ranges::find_if(candidates, &std::optional<T>::has_value);
    return found == candidates.end() ? std::nullopt : *found;
}

json_value first_item(json_value list) {
    const auto items = items_of(list);
    return items && items->size() > 0 ? json_value(*items->begin()) : std::nullopt;
}

/// The window of any of the providers behind a router.
tokens provider_context(json_value providers) {
    const auto items = items_of(providers);
    if (!items) return std::nullopt;
    for (const element provider : *items)
        if (const tokens known = tokens_of(member(provider, "context_length"))) return known;
    return std::nullopt;
}

std::optional<bool> provider_tools(json_value providers) {
    const auto items = items_of(providers);
    std::optional<bool> told;
    if (!items) return told;
    for (const element provider : *items) {
        const auto one = flag_of(member(provider, "supports_tools"));
        if (one) told = *one || told.value_or(false);
    }
    return told;
}

tokens context_of(const entry_fields& entry) {
    const json_value loaded = member(first_item(entry["loaded_instances"]), "config");
    return first_told(
        {tokens_of(member(loaded, "context_length")), tokens_of(entry["loaded_context_length"]),
         tokens_of(member(entry["meta"], "n_ctx")), tokens_of(member(entry["top_provider"], "context_length")),
         tokens_of(entry["max_input_tokens"]), tokens_of(entry["inputTokenLimit"]), tokens_of(entry["context_length"]),
         tokens_of(entry["context_window"]), tokens_of(entry["max_model_len"]), tokens_of(entry["max_context_window"]),
         tokens_of(entry["max_context_length"]), tokens_of(member(entry["dmr"], "context_window")),
         tokens_of(member(entry["details"], "context_length")), tokens_of(member(entry["parameters"], "max_seq_len")),
         tokens_of(member(entry["meta"], "n_ctx_train")), provider_context(entry["providers"])});
}

tokens max_output_of(const entry_fields& entry) {
    return first_told({tokens_of(entry["max_tokens"]), tokens_of(entry["outputTokenLimit"]),
                       tokens_of(member(entry["top_provider"], "max_completion_tokens")),
                       tokens_of(entry["max_completion_tokens"]), tokens_of(entry["max_output_tokens"]),
                       tokens_of(entry["max_output_length"])});
}

/// A list that names everything there is: what it leaves out is not there. An empty one tells nothing.
std::optional<bool> listed(json_value list, words wanted) {
    const auto items = items_of(list);
    if (!items || items->size() == 0) return std::nullopt;
    return contains_any(list, wanted);
}

/// A list of remarks: what it leaves out may be there all the same.
std::optional<bool> tagged(json_value list, std::string_view word) {
    return contains_any(list, {word}) ? std::optional(true) : std::nullopt;
}

std::optional<bool> tools_of(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    return first_told({listed(entry["supported_parameters"], {"tools"}),
                       flag_of(member(capabilities, "function_calling")),
                       flag_of(member(capabilities, "trained_for_tool_use")),
                       listed(capabilities, {"tools", "tool_use"}), flag_of(entry["supports_tools"]),
                       listed(entry["supported_features"], {"tools"}), tagged(entry["tags"], "tool-use"),
                       tagged(entry["labels"], "tool-calling"), provider_tools(entry["providers"])});
}

std::optional<bool> vision_of(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    return first_told({flag_of(member(member(capabilities, "image_input"), "supported")),
                       flag_of(member(capabilities, "vision")),
                       listed(member(entry["architecture"], "input_modalities"), {"image"}),
                       listed(entry["input_modalities"], {"image"}), flag_of(entry["supports_image_input"]),
                       text_of(entry["type"]) == "vlm" ? std::optional(true) : std::nullopt,
                       tagged(entry["tags"], "vision"), tagged(entry["labels"], "vision")});
}

/// Ollama's list names everything that a model can do; LM Studio's older one, under the same name, only its tools.
std::optional<bool> vision_capability(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    if (contains_any(capabilities, {"vision"})) return true;
    return contains_any(capabilities, {"completion"}) ? std::optional(false) : std::nullopt;
}

bool thinks(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    return contains_any(entry["supported_parameters"], {"reasoning", "reasoning_effort"}) ||
           contains_any(capabilities, {"thinking", "reasoning"}) ||
           flag_of(member(capabilities, "reasoning")) == true ||
           contains_any(entry["supported_features"], {"reasoning"});
}

/// LM Studio's `state` and `loaded_instances`, and the `status` of llama.cpp's router.
std::optional<bool> loaded_of(const entry_fields& entry) {
    if (const auto instances = items_of(entry["loaded_instances"])) return instances->size() > 0;
    const std::string_view state = text_of(entry["state"]);
    if (state == "loaded") return true;
    if (state == "not-loaded") return false;
    const std::string_view status = text_of(member(entry["status"], "value"));
    if (status == "loaded") return true;
    constexpr std::array<std::string_view, 4> away{"unloaded", "loading", "sleeping", "downloading"};
    return std::ranges::find(away, status) != away.end() ? std::optional(false) : std::nullopt;
}

/// False where the entry itself says that it makes no text, or that it cannot be used.
bool makes_text(const entry_fields& entry) {
    return !contains_word({"embedding", "embeddings", "image", "video", "rerank", "reranker", "reranking", "moderation",
                           "transcription", "speech", "tts", "audio", "realtime"},
                          text_of(entry["type"])) &&
           !contains_word({"embedding_model"}, text_of(entry["kind"])) &&
           listed(entry["output_modalities"], {"text"}) != false &&
           listed(member(entry["architecture"], "output_modalities"), {"text"}) != false &&
           flag_of(member(entry["capabilities"], "completion_chat")) != false &&
           !contains_any(entry["labels"], {"embedding", "embeddings", "image", "rerank", "reranking", "transcription",
                                           "speech", "tts"}) &&
           flag_of(entry["active"]) != false;
}

/// Families of models that only embed, for Ollama servers that do not tell capabilities: bert, nomic-bert, xlm-roberta
/// and their kin.
bool only_embeds(json_value details) {
    const auto families = items_of(member(details, "families"));
    if (!families || families->size() == 0)
        return text_of(member(details, "family")).find("bert") != std::string_view::npos;
    for (const element family : *families)
        if (text_of(family).find("bert") == std::string_view::npos) return false;
    return true;
}

std::string display_name_of(const entry_fields& entry, std::string_view raw_id, const std::string& id) {
    const std::string_view told = first_text(entry, {"display_name", "displayName", "name"});
    if (told.empty() || told == raw_id) return id;
    std::string clean = clip(plain_text(told), max_display_name_bytes);
    return clean.empty() ? id : clean;
}

}  // namespace

std::optional<listed_model> read_listed_model(const element& json, bool strip_models_prefix) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return std::nullopt;
    const entry_fields entry(object);

    listed_model read;
    read.google = text_of(entry["owned_by"]) == "google";
    const std::string_view raw_id = first_text(entry, {"id", "key", "model", "name"});
    std::string_view id = raw_id;
    constexpr std::string_view prefix = "models/";
    if ((strip_models_prefix || read.google) && id.starts_with(prefix)) id.remove_prefix(prefix.size());
    if (is_blank(id) || id.size() > max_id_bytes || has_control(id) || legible(id) != id) return std::nullopt;

    read.what.id = id;
    read.what.display_name = display_name_of(entry, raw_id, read.what.id);
    read.what.context_length = context_of(entry);
    read.what.max_output_tokens = max_output_of(entry);
    read.what.tools = tools_of(entry);
    read.what.vision = first_told({vision_of(entry), vision_capability(entry)});
    read.what.loaded = loaded_of(entry);
    read.what.thinks = thinks(entry);
    read.text = makes_text(entry);
    read.parent = text_of(entry["parent"]);
    read.completes = listed(entry["capabilities"], {"completion"});
    read.generates = listed(entry["supportedGenerationMethods"], {"generateContent"});
    read.embedding_family = only_embeds(entry["details"]);
    return read;
}

}  // namespace opd
