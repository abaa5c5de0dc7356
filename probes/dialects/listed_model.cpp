#include "probes/dialects/listed_model.hpp"

#include "config/base/utf8.hpp"
#include "probes/dialects/entry_fields.hpp"
#include "probes/redact.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace opd {
namespace {

using simdjson::dom::element;
using tokens = std::optional<std::uint64_t>;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string_view first_text(const entry_fields& entry, std::initializer_list<field> names) {
    for (const field name : names) {
        const std::string_view text = text_of(entry[name]);
        if (!is_blank(text)) return text;
    }
    return {};
}

tokens first_known(std::initializer_list<tokens> candidates) {
    for (const tokens& candidate : candidates)
        if (candidate) return candidate;
    return std::nullopt;
}

std::optional<bool> first_told(std::initializer_list<std::optional<bool>> candidates) {
    for (const auto& candidate : candidates)
        if (candidate) return candidate;
    return std::nullopt;
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
    const json_value loaded = member(first_item(entry[field::loaded_instances]), "config");
    return first_known(
        {tokens_of(member(loaded, "context_length")), tokens_of(entry[field::loaded_context_length]),
         tokens_of(member(entry[field::meta], "n_ctx")),
         tokens_of(member(entry[field::top_provider], "context_length")), tokens_of(entry[field::max_input_tokens]),
         tokens_of(entry[field::inputTokenLimit]), tokens_of(entry[field::context_length]),
         tokens_of(entry[field::context_window]), tokens_of(entry[field::max_model_len]),
         tokens_of(entry[field::max_context_window]), tokens_of(entry[field::max_context_length]),
         tokens_of(member(entry[field::dmr], "context_window")),
         tokens_of(member(entry[field::details], "context_length")),
         tokens_of(member(entry[field::parameters], "max_seq_len")),
         tokens_of(member(entry[field::meta], "n_ctx_train")), provider_context(entry[field::providers])});
}

tokens max_output_of(const entry_fields& entry) {
    return first_known({tokens_of(entry[field::max_tokens]), tokens_of(entry[field::outputTokenLimit]),
                        tokens_of(member(entry[field::top_provider], "max_completion_tokens")),
                        tokens_of(entry[field::max_completion_tokens]), tokens_of(entry[field::max_output_tokens]),
                        tokens_of(entry[field::max_output_length])});
}

/// A list that names everything there is: what it leaves out is not there. An empty one tells nothing.
std::optional<bool> listed(json_value list, std::initializer_list<std::string_view> words) {
    const auto items = items_of(list);
    if (!items || items->size() == 0) return std::nullopt;
    return contains_any(list, words);
}

/// A list of remarks: what it leaves out may be there all the same.
std::optional<bool> tagged(json_value list, std::string_view word) {
    return contains_any(list, {word}) ? std::optional(true) : std::nullopt;
}

std::optional<bool> tools_of(const entry_fields& entry) {
    const json_value capabilities = entry[field::capabilities];
    return first_told({listed(entry[field::supported_parameters], {"tools"}),
                       flag_of(member(capabilities, "function_calling")),
                       flag_of(member(capabilities, "trained_for_tool_use")),
                       listed(capabilities, {"tools", "tool_use"}), flag_of(entry[field::supports_tools]),
                       listed(entry[field::supported_features], {"tools"}), tagged(entry[field::tags], "tool-use"),
                       tagged(entry[field::labels], "tool-calling"), provider_tools(entry[field::providers])});
}

std::optional<bool> vision_of(const entry_fields& entry) {
    const json_value capabilities = entry[field::capabilities];
    return first_told({flag_of(member(member(capabilities, "image_input"), "supported")),
                       flag_of(member(capabilities, "vision")),
                       listed(member(entry[field::architecture], "input_modalities"), {"image"}),
                       listed(entry[field::input_modalities], {"image"}), flag_of(entry[field::supports_image_input]),
                       text_of(entry[field::type]) == "vlm" ? std::optional(true) : std::nullopt,
                       tagged(entry[field::tags], "vision"), tagged(entry[field::labels], "vision")});
}

/// Ollama's list names everything that a model can do; LM Studio's older one, under the same name, only its tools.
std::optional<bool> vision_capability(const entry_fields& entry) {
    const json_value capabilities = entry[field::capabilities];
    if (contains_any(capabilities, {"vision"})) return true;
    return contains_any(capabilities, {"completion"}) ? std::optional(false) : std::nullopt;
}

/// LM Studio's `state` and `loaded_instances`, and the `status` of llama.cpp's router.
std::optional<bool> loaded_of(const entry_fields& entry) {
    if (const auto instances = items_of(entry[field::loaded_instances])) return instances->size() > 0;
    const std::string_view state = text_of(entry[field::state]);
    if (state == "loaded") return true;
    if (state == "not-loaded") return false;
    const std::string_view status = text_of(member(entry[field::status], "value"));
    if (status == "loaded") return true;
    constexpr std::array<std::string_view, 4> away{"unloaded", "loading", "sleeping", "downloading"};
    return std::ranges::find(away, status) != away.end() ? std::optional(false) : std::nullopt;
}

/// False where the entry itself says that it makes no text, or that it cannot be used.
bool makes_text(const entry_fields& entry) {
    if (contains_word({"embedding", "embeddings", "image", "video", "rerank", "reranker", "reranking", "moderation",
                       "transcription", "speech", "tts", "audio", "realtime"},
                      text_of(entry[field::type]))) {
        return false;
    }
    if (contains_word({"embedding_model"}, text_of(entry[field::kind]))) return false;
    if (listed(entry[field::output_modalities], {"text"}) == false) return false;
    if (listed(member(entry[field::architecture], "output_modalities"), {"text"}) == false) return false;
    if (flag_of(member(entry[field::capabilities], "completion_chat")) == false) return false;
    if (contains_any(entry[field::labels],
                     {"embedding", "embeddings", "image", "rerank", "reranking", "transcription", "speech", "tts"})) {
        return false;
    }
    return flag_of(entry[field::active]) != false;
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
    const std::string_view told = first_text(entry, {field::display_name, field::displayName, field::name});
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
    read.google = text_of(entry[field::owned_by]) == "google";
    const std::string_view raw_id = first_text(entry, {field::id, field::key, field::model, field::name});
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
    read.text = makes_text(entry);
    read.parent = text_of(entry[field::parent]);
    read.completes = listed(entry[field::capabilities], {"completion"});
    read.generates = listed(entry[field::supportedGenerationMethods], {"generateContent"});
    read.embedding_family = only_embeds(entry[field::details]);
    return read;
}

}  // namespace opd
