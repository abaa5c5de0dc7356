#include "probes/dialects/dialect.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace opd {
namespace {

constexpr std::size_t max_cursor_bytes = 2048;

/// The target of the page after `target`: its path, then `query` (which ends in `=`) and the percent-encoded cursor.
/// Empty where there is no next page: no cursor, an absurd one, or the one that `target` already has.
std::string next_page(std::string_view target, std::string_view query, std::string_view cursor) {
    if (cursor.empty() || cursor.size() > max_cursor_bytes) return {};
    std::string next(target.substr(0, target.find('?')));
    next += query;
    percent_encode(cursor, next);
    return next == target ? std::string() : next;
}

// The vendors' own lists, and those of everyone who speaks their languages.

/// Anthropic's paged list, and the OpenAI-shaped ones of servers that only answer chats in its language: gateways
/// choose the shape of their list by the headers, and many Anthropic-compatible servers have only the OpenAI-shaped
/// one, so the other routes carry nothing of Anthropic's.
std::vector<route> anthropic_routes(const api_root& root) {
    return {{.target = root.prefix + "/v1/models?limit=1000",
             .auth = credential::x_api_key,
             .headers = {{"anthropic-version", "2023-06-01"}},
             .by_id = "?limit=1000&after_id="},
            {.target = root.prefix + "/v1/models", .by_id = "?limit=1000&after_id="},
            {.target = root.prefix + "/models", .by_id = "?limit=1000&after_id="}};
}

bool is_gemini_text(const listed_model& one) { return one.generates.value_or(true) && is_gemini_text_id(one.what.id); }

/// Gemini's paged list, without the models that are not for text.
std::vector<route> google_routes(const api_root& root) {
    return {{.target = root.prefix + "/v1beta/models?pageSize=1000",
             .auth = credential::x_goog_api_key,
             .rules = {.empty_object_is_empty_list = true, .strip_models_prefix = true, .is_text = is_gemini_text},
             .by_token = "?pageSize=1000&pageToken="}};
}

template <class Words>
bool has_any(std::string_view id, const Words& words) {
    return std::ranges::any_of(words, [id](std::string_view word) { return id.find(word) != std::string_view::npos; });
}

/// o1, o3-mini, o4 ...
bool is_reasoning_family(std::string_view id) { return id.size() >= 2 && id[0] == 'o' && id[1] >= '0' && id[1] <= '9'; }

bool is_openais_text(const listed_model& one) { return is_openai_text_id(one.what.id); }
bool is_googles_text(const listed_model& one) { return is_gemini_text_id(one.what.id); }

/// Two hosts' lists are known well enough to tell models by their ids.
route at(const api_root& root, std::string target) {
    const bool googles = root.host == "generativelanguage.googleapis.com";
    route made{.target = std::move(target)};
    made.rules.strip_models_prefix = googles || root.version.starts_with("/v1beta");
    if (googles) made.rules.is_text = is_googles_text;
    if (root.host == "api.openai.com") made.rules.is_text = is_openais_text;
    return made;
}

/// The list of OpenAI and of everyone who speaks its language: one page, ids at least. A base URL without a version may
/// stand for either form; one that ends in `/openai` is more likely to be whole.
std::vector<route> openai_routes(const api_root& root) {
    if (!root.version.empty()) return {at(root, root.prefix + root.version + "/models")};
    route whole = at(root, root.prefix + "/models");
    whole.unversioned = true;
    route versioned = at(root, root.prefix + "/v1/models");
    if (root.prefix.ends_with("/openai")) return {std::move(whole), std::move(versioned)};
    return {std::move(versioned), std::move(whole)};
}

// The lists of servers that front many models.

/// Servers since 0.30 tell what a model can do; older ones only what it was made from.
bool completes(const listed_model& one) { return one.completes.value_or(!one.embedding_family); }

std::vector<route> ollama_routes(const api_root& root) {
    return {{.target = root.prefix + "/api/tags", .rules = {.is_text = completes}}};
}

/// What runs, and with which window: it may be far smaller than the one the model was made for.
void apply_running(const http_reply&, const listing& running, report& listed) {
    if (running.what != page::shape::listing) return;
    std::unordered_map<std::string_view, const model*> by_id;
    for (const listed_model& one : running.models) by_id.emplace(one.what.id, &one.what);
    for (model& one : listed.models) {
        const auto found = by_id.find(one.id);
        one.loaded = found != by_id.end();
        if (!*one.loaded || !found->second->context_length) continue;
        one.context_length = found->second->context_length;
        if (one.max_output_tokens) one.max_output_tokens = std::min(*one.max_output_tokens, *one.context_length);
    }
}

std::vector<follow_up> ollama_follow_ups(const api_root& root, bool) {
    return {{.target = root.prefix + "/api/ps", .apply = apply_running}};
}

/// Where the API may begin, best first.
std::vector<std::string> bases(const api_root& root) {
    if (!root.version.empty()) return {root.prefix + root.version};
    if (root.prefix.ends_with("/api")) return {root.prefix + "/v1"};
    return {root.prefix + "/api/v1", root.prefix + "/v1"};
}

std::vector<route> openrouter_routes(const api_root& root) {
    std::vector<route> all;
    for (const std::string& base : bases(root)) all.push_back({.target = base + "/models"});
    return all;
}

/// The list is open to all, so the key is asked about by itself.
void apply_key(const http_reply& reply, const listing&, report& listed) {
    if (reply.status == 401 || reply.status == 403) listed.status = probe_status::auth_failed;
}

std::vector<follow_up> openrouter_follow_ups(const api_root& root, bool has_key) {
    if (!has_key) return {};
    return {{.target = bases(root).front() + "/key", .apply = apply_key}};
}

/// Its own list tells most, the older one less, the OpenAI-shaped one only ids.
std::vector<route> lmstudio_routes(const api_root& root) {
    std::vector<route> all;
    for (const std::string_view place : {"/api/v1/models", "/api/v0/models", "/v1/models"})
        all.push_back({.target = root.prefix + std::string(place)});
    return all;
}

}  // namespace

dialect dialect_of(listing_dialect which) {
    switch (which) {
        case listing_dialect::anthropic: return {.routes = anthropic_routes};
        case listing_dialect::google: return {.routes = google_routes};
        case listing_dialect::ollama: return {.routes = ollama_routes, .follow_ups = ollama_follow_ups};
        case listing_dialect::openrouter: return {.routes = openrouter_routes, .follow_ups = openrouter_follow_ups};
        case listing_dialect::lmstudio: return {.routes = lmstudio_routes};
        case listing_dialect::openai: break;
    }
    return {.routes = openai_routes};
}

std::string same_origin_target(const api_root& root, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    if (reference.size() > max_cursor_bytes || has_control(reference) || reference.find(' ') != reference.npos)
        return {};
    const std::string origin = root.origin();
    const std::string_view start = reference.substr(0, origin.size());
    if (same_in_any_case(start, origin) && reference.substr(start.size()).starts_with('/'))
        reference.remove_prefix(start.size());
    const bool is_path = reference.starts_with('/') && !reference.starts_with("//");
    return is_path ? std::string(reference) : std::string();
}

namespace {

/// Wherever a list says that there is more.
std::string next_of(const route& from, const api_root& root, const listing& list, std::string_view target,
                    std::string_view link) {
    if (list.has_more) return next_page(target, from.by_id.empty() ? "?after=" : from.by_id, list.last_id);
    if (!list.next_page_token.empty())
        return next_page(target, from.by_token.empty() ? "?page_token=" : from.by_token, list.next_page_token);
    std::string told = same_origin_target(root, list.next_link.empty() ? link : list.next_link);
    return told == target ? std::string() : told;
}

}  // namespace

page to_page(const route& from, const api_root& root, listing&& list, std::string_view target, std::string_view link) {
    page made{.what = list.what,
              .models = {},
              .next = next_of(from, root, list, target, link),
              .note = std::move(list.note),
              .about_key = list.about_key,
              .entries = list.models.size(),
              .lmstudio = !list.models.empty() && list.models.front().lmstudio};
    made.models.reserve(list.models.size());
    for (listed_model& one : list.models)
        if (one.text) made.models.push_back(std::move(one.what));
    return made;
}

bool is_gemini_text_id(std::string_view id) {
    constexpr std::array<std::string_view, 15> other_uses{
        "embedding",    "aqa",   "imagen",   "veo",          "lyria",         "-tts",        "-image", "nano-banana",
        "native-audio", "-live", "robotics", "computer-use", "deep-research", "antigravity", "omni"};
    return !has_any(id, other_uses);
}

bool is_openai_text_id(std::string_view id) {
    constexpr std::array<std::string_view, 4> families{"gpt-", "chatgpt-", "chat-latest", "codex-"};
    constexpr std::array<std::string_view, 20> other_uses{
        "embedding", "whisper",    "tts",        "dall-e",    "image",         "sora",        "moderation",
        "realtime",  "audio",      "transcribe", "translate", "search",        "instruct",    "babbage",
        "davinci",   "similarity", "edit",       "gpt-live",  "deep-research", "computer-use"};
    constexpr std::string_view fine_tuned = "ft:";
    if (id.starts_with(fine_tuned)) {
        // The rest names the owner's organisation and purpose, in words of their own.
        id.remove_prefix(fine_tuned.size());
        id = id.substr(0, id.find(':'));
    }
    const bool known = is_reasoning_family(id) ||
                       std::ranges::any_of(families, [id](std::string_view start) { return id.starts_with(start); });
    return known && !has_any(id, other_uses);
}

}  // namespace opd
