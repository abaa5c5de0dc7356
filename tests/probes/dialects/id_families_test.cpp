#include "probes/dialects/dialect.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("OpenAI's ids tell which models are for text") {
    for (const char* const id :
         {"gpt-4", "gpt-5.6-luna", "o1", "o3-mini", "o4-mini-2025-04-16", "chatgpt-4o-latest", "chat-latest",
          "gpt-5-codex", "codex-mini-latest", "ft:gpt-4o-mini:acme::9xyz", "ft:gpt-4o-mini:acme:image-captions:9xyz"}) {
        CAPTURE(id);
        CHECK(is_openai_text_id(id));
    }
    for (const char* const id : {"text-embedding-3-small",
                                 "whisper-1",
                                 "tts-1-hd",
                                 "dall-e-3",
                                 "gpt-image-2",
                                 "chatgpt-image-latest",
                                 "sora-2",
                                 "omni-moderation-latest",
                                 "gpt-realtime",
                                 "gpt-audio-mini",
                                 "gpt-4o-transcribe",
                                 "gpt-realtime-translate",
                                 "gpt-live-transcribe",
                                 "gpt-4o-search-preview",
                                 "gpt-3.5-turbo-instruct",
                                 "babbage-002",
                                 "davinci-002",
                                 "o4-mini-deep-research",
                                 "o3-deep-research",
                                 "computer-use-preview",
                                 "ft:davinci-002:acme::1",
                                 "llama3",
                                 "o",
                                 ""}) {
        CAPTURE(id);
        CHECK_FALSE(is_openai_text_id(id));
    }
}

TEST_CASE("Gemini's ids tell which models are for text") {
    for (const char* const id : {"gemini-2.5-pro", "gemini-flash-latest", "gemma-3-27b-it"}) {
        CAPTURE(id);
        CHECK(is_gemini_text_id(id));
    }
    for (const char* const id : {"gemini-embedding-001", "aqa", "imagen-4", "veo-3.1", "lyria-3", "gemini-2.5-pro-tts",
                                 "gemini-2.5-flash-image", "nano-banana-pro", "gemini-2.5-flash-native-audio",
                                 "gemini-3-flash-live", "gemini-robotics-er", "gemini-2.5-computer-use-preview",
                                 "deep-research-pro", "antigravity-preview", "gemini-omni"}) {
        CAPTURE(id);
        CHECK_FALSE(is_gemini_text_id(id));
    }
}
