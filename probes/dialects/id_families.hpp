#pragma once

#include <string_view>

namespace opd {

/// OpenAI's list names everything it serves and tells nothing about it but the id. True for the families that chat or
/// write code by text; specialists that cannot act as an agent (deep research, computer use, search) are hidden.
/// For api.openai.com only: elsewhere such words are normal parts of names.
bool is_openai_text_id(std::string_view id);

/// The same for the models of Google's own list, where `generateContent` also makes speech, pictures and music.
bool is_gemini_text_id(std::string_view id);

}  // namespace opd
