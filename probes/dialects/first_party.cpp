// The vendors' own lists, and those of everyone who speaks their languages.
#include "probes/dialects/dialect.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

std::string anthropic_next(const listing& list, std::string_view target) {
    return next_page(target, "?limit=1000&after_id=", list.has_more ? list.last_id : std::string_view());
}

/// Gateways choose the shape of their list by the headers, and many Anthropic-compatible servers have only the
/// OpenAI-shaped one, so the other routes carry nothing of Anthropic's.
std::vector<route> anthropic_routes(const api_root& root) {
    return {{.target = root.prefix + "/v1/models?limit=1000",
             .auth = credential::x_api_key,
             .headers = {{"anthropic-version", "2023-06-01"}},
             .next = anthropic_next},
            {.target = root.prefix + "/v1/models", .auth = credential::bearer, .next = anthropic_next},
            {.target = root.prefix + "/models", .auth = credential::bearer, .next = anthropic_next}};
}

bool is_gemini_text(const listed_model& one) { return one.generates.value_or(true) && is_gemini_text_id(one.what.id); }

std::string google_next(const listing& list, std::string_view target) {
    return next_page(target, "?pageSize=1000&pageToken=", list.next_page_token);
}

std::vector<route> google_routes(const api_root& root) {
    return {{.target = root.prefix + "/v1beta/models?pageSize=1000",
             .auth = credential::x_goog_api_key,
             .rules = {.empty_object_is_empty_list = true, .strip_models_prefix = true, .is_text = is_gemini_text},
             .next = google_next}};
}

constexpr std::string_view openai_host = "api.openai.com";
constexpr std::string_view google_host = "generativelanguage.googleapis.com";

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
    const bool openais = root.host == openai_host;
    const bool googles = root.host == google_host;
    return {.target = std::move(target),
            .auth = credential::bearer,
            .rules = {.strip_models_prefix = googles || root.version.starts_with("/v1beta"),
                      .is_text = openais   ? is_openais_text
                                 : googles ? is_googles_text
                                           : nullptr}};
}

/// A base URL without a version may stand for either form; one that ends in `/openai` is more likely to be whole.
std::vector<route> openai_routes(const api_root& root) {
    if (!root.version.empty()) return {at(root, root.prefix + root.version + "/models")};
    const std::string whole = root.prefix + "/models";
    const std::string versioned = root.prefix + "/v1/models";
    if (root.prefix.ends_with("/openai")) return {at(root, whole), at(root, versioned)};
    return {at(root, versioned), at(root, whole)};
}

}  // namespace

constinit const dialect anthropic_dialect{.routes = anthropic_routes};

constinit const dialect google_dialect{.routes = google_routes};

bool is_gemini_text_id(std::string_view id) {
    constexpr std::array<std::string_view, 15> other_uses{
        "embedding",    "aqa",   "imagen",   "veo",          "lyria",         "-tts",        "-image", "nano-banana",
        "native-audio", "-live", "robotics", "computer-use", "deep-research", "antigravity", "omni"};
    return !has_any(id, other_uses);
}

constinit const dialect openai_dialect{.routes = openai_routes};

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
