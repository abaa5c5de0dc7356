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
        "active architecture capabilities context_length context_window details displayName display_name "
        "dmr endpoints id inputTokenLimit input_modalities key kind labels limits loaded_context_length "
        "loaded_instances max_completion_tokens max_context_length max_context_window max_input_tokens "
        "max_model_len max_output_length max_output_tokens max_tokens meta mode model model_info "
        "model_name name object outputTokenLimit output_modalities owned_by parameters parent providers "
        "slug state status supportedGenerationMethods supported_endpoints supported_features "
        "supported_input_modalities supported_output_modalities supported_parameters "
        "supports_image_input supports_tools tags task top_provider type";
    std::array<std::string_view, 55> out;
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

/// GitHub's and Copilot's stand in an object of their own.
json_value limits_of(const entry_fields& entry) {
    return entry["limits"] ? entry["limits"] : member(entry["capabilities"], "limits");
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
         tokens_of(member(entry["meta"], "n_ctx_train")), provider_context(entry["providers"]),
         tokens_of(member(limits_of(entry), "max_context_window_tokens")),
         tokens_of(member(limits_of(entry), "max_input_tokens")),
         tokens_of(member(entry["model_info"], "max_input_tokens"))});
}

tokens max_output_of(const entry_fields& entry) {
    return first_told({tokens_of(entry["max_tokens"]), tokens_of(entry["outputTokenLimit"]),
                       tokens_of(member(entry["top_provider"], "max_completion_tokens")),
                       tokens_of(entry["max_completion_tokens"]), tokens_of(entry["max_output_tokens"]),
                       tokens_of(entry["max_output_length"]), tokens_of(member(limits_of(entry), "max_output_tokens")),
                       tokens_of(member(entry["model_info"], "max_output_tokens"))});
}

/// A list that names everything there is: what it leaves out is not there, as long as it has one of the words of those
/// who would name it (`known`). In other words it tells nothing.
std::optional<bool> listed(json_value list, words wanted, words known) {
    if (contains_any(list, wanted)) return true;
    return contains_any(list, known) ? std::optional(false) : std::nullopt;
}

const words tool_words{"tools",           "tool_use",   "tool-use",     "tool_calling",     "tool-calling",
                       "tool_call",       "tool_calls", "toolcalling",  "function_calling", "function-calling",
                       "functioncalling", "functions",  "function_call"};
// Ollama's, LM Studio's and Mistral's lists of what a model can do.
const words ability_words{"completion", "vision", "thinking", "insert"};
// OpenRouter's lists of parameters.
const words parameter_words{"temperature", "max_tokens", "top_p", "stop", "max_completion_tokens", "seed"};
const words feature_words{"json_mode", "structured_outputs", "reasoning", "response_format", "logprobs"};

/// That it was not trained for something does not mean that it cannot do it.
std::optional<bool> only_if(std::optional<bool> told) { return told == true ? told : std::nullopt; }

/// A list of remarks: what it leaves out may be there all the same.
std::optional<bool> tagged(json_value list, words wanted) {
    return contains_any(list, wanted) ? std::optional(true) : std::nullopt;
}

std::optional<bool> tools_of(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    return first_told({listed(entry["supported_parameters"], tool_words, parameter_words),
                       flag_of(member(capabilities, "function_calling")), flag_of(member(capabilities, "tools")),
                       flag_of(member(member(capabilities, "supports"), "tool_calls")),
                       flag_of(member(entry["model_info"], "supports_function_calling")),
                       only_if(flag_of(member(capabilities, "trained_for_tool_use"))),
                       listed(capabilities, tool_words, ability_words), flag_of(entry["supports_tools"]),
                       listed(entry["supported_features"], tool_words, feature_words),
                       tagged(entry["tags"], tool_words), tagged(entry["labels"], tool_words),
                       provider_tools(entry["providers"])});
}

std::optional<bool> vision_of(const entry_fields& entry) {
    const json_value capabilities = entry["capabilities"];
    return first_told(
        {flag_of(member(member(capabilities, "image_input"), "supported")), flag_of(member(capabilities, "vision")),
         flag_of(member(member(capabilities, "supports"), "vision")),
         flag_of(member(entry["model_info"], "supports_vision")),
         listed(member(entry["architecture"], "input_modalities"), {"image"}, {"text"}),
         listed(entry["input_modalities"], {"image"}, {"text"}),
         listed(entry["supported_input_modalities"], {"image"}, {"text"}), flag_of(entry["supports_image_input"]),
         text_of(entry["type"]) == "vlm" ? std::optional(true) : std::nullopt, tagged(entry["tags"], {"vision"}),
         tagged(entry["labels"], {"vision"})});
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

/// What makes something other than text, as servers call it.
const words other_makers{"embedding",
                         "embeddings",
                         "embed",
                         "text-embedding",
                         "text_embedding",
                         "text-embeddings",
                         "feature-extraction",
                         "image",
                         "video",
                         "rerank",
                         "reranker",
                         "reranking",
                         "score",
                         "moderation",
                         "moderations",
                         "transcription",
                         "speech",
                         "tts",
                         "stt",
                         "asr",
                         "audio",
                         "realtime",
                         "embedding_model",
                         "image_generation",
                         "audio_transcription",
                         "audio_speech",
                         "text-to-image",
                         "automatic-speech-recognition",
                         "text-to-speech",
                         "sentence-similarity",
                         "text-classification"};

/// A list that has words of such, and none of those that answer.
bool only_makes_other(json_value list) {
    return contains_any(list, other_makers) &&
           !contains_any(list, {"text", "chat", "completion", "completions", "chat-completion", "generate", "tools",
                                "responses", "chat_completions"});
}

/// False where the entry itself says that it makes no text, or that it cannot be used.
bool makes_text(const entry_fields& entry) {
    for (const field name : {field("type"), field("kind"), field("task"), field("mode"), field("object")})
        if (contains_word(other_makers, text_of(entry[name]))) return false;
    for (const std::string_view name : {"type", "mode"})
        if (contains_word(other_makers, text_of(member(entry["capabilities"], name))) ||
            contains_word(other_makers, text_of(member(entry["model_info"], name))))
            return false;
    for (const json_value& list :
         {entry["capabilities"], entry["labels"], entry["endpoints"], entry["supported_endpoints"],
          entry["output_modalities"], entry["supported_output_modalities"],
          member(entry["architecture"], "output_modalities")})
        if (only_makes_other(list)) return false;
    return flag_of(member(entry["capabilities"], "completion_chat")) != false && flag_of(entry["active"]) != false;
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

bool is_id(std::string_view text) {
    return !is_blank(text) && text.size() <= max_id_bytes && !has_control(text) && legible(text) == text;
}

/// A list of names alone.
std::optional<listed_model> named_alone(std::string_view id) {
    if (!is_id(id)) return std::nullopt;
    listed_model read;
    read.what.id = read.what.display_name = id;
    return read;
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
    if (std::string_view bare; json.get(bare) == simdjson::SUCCESS) return named_alone(bare);
    if (json.get(object) != simdjson::SUCCESS) return std::nullopt;
    const entry_fields entry(object);

    listed_model read;
    read.google = text_of(entry["owned_by"]) == "google";
    std::string_view raw_id = first_text(entry, {"id", "key", "model", "slug", "model_name", "name"});
    // A registry's address is not what is asked for.
    const bool is_address = raw_id.find("://") != raw_id.npos;
    if (is_address && !text_of(entry["name"]).empty()) raw_id = text_of(entry["name"]);
    std::string_view id = raw_id;
    constexpr std::string_view prefix = "models/";
    if ((strip_models_prefix || read.google) && id.starts_with(prefix)) id.remove_prefix(prefix.size());
    if (!is_id(id)) return std::nullopt;

    read.what.id = id;
    read.what.display_name = display_name_of(entry, raw_id, read.what.id);
    read.what.context_length = context_of(entry);
    read.what.max_output_tokens = max_output_of(entry);
    read.what.tools = tools_of(entry);
    read.what.vision = first_told({vision_of(entry), vision_capability(entry)});
    read.what.loaded = loaded_of(entry);
    read.what.thinks = thinks(entry);
    read.text = makes_text(entry);
    read.lmstudio = entry["key"] && entry["loaded_instances"];
    read.parent = text_of(entry["parent"]);
    read.completes =
        listed(entry["capabilities"], {"completion"}, {"embedding", "vision", "tools", "thinking", "insert"});
    const auto methods = items_of(entry["supportedGenerationMethods"]);
    if (methods && methods->size() > 0)
        read.generates = contains_any(entry["supportedGenerationMethods"], {"generateContent"});
    read.embedding_family = only_embeds(entry["details"]);
    return read;
}

}  // namespace opd
