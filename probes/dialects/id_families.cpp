#include "probes/dialects/id_families.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

template <class Words>
bool has_any(std::string_view id, const Words& words) {
    return std::ranges::any_of(words, [id](std::string_view word) { return id.find(word) != std::string_view::npos; });
}

/// o1, o3-mini, o4 ...
bool is_reasoning_family(std::string_view id) {
    return id.size() >= 2 && id[0] == 'o' && id[1] >= '0' && id[1] <= '9';
}

}  // namespace

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

bool is_gemini_text_id(std::string_view id) {
    constexpr std::array<std::string_view, 15> other_uses{
        "embedding",    "aqa",   "imagen",   "veo",          "lyria",         "-tts",        "-image", "nano-banana",
        "native-audio", "-live", "robotics", "computer-use", "deep-research", "antigravity", "omni"};
    return !has_any(id, other_uses);
}

}  // namespace opd
