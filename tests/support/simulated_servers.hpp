#pragma once

#include "tests/support/http_fixture/script.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace opd::test {

/// Strict stand-ins for the seven kinds of model servers. Each takes only the method, path, query, key and version
/// headers that the real one documents, and refuses everything else the way the real one does. Stricter than the real
/// ones on purpose: a key in the query, another vendor's headers, and unknown query parameters are refused, too.
/// Models are those of invent_model(SLUG, 0 … models-1), in this order; `others` more are no text models.
///
/// To be given to model_server_sim::answer_everything(), maybe below mounted_at(). They only depend on their arguments.

struct ollama_sim {
    std::size_t models = 3;
    std::size_t others = 0;    ///< embedding models
    bool capabilities = true;  ///< 0.30 and later tell capabilities and context_length in /api/tags
    std::string key{};         ///< set: a proxy in front of it wants it as Bearer
};

behaviour simulated_ollama(const ollama_sim&);

enum class lmstudio_generation : std::uint8_t { plain, v0, v1 };  ///< the richest listing it has

struct lmstudio_sim {
    std::size_t models = 3;
    std::size_t others = 0;  ///< embedding models; the plain listing cannot tell them apart
    lmstudio_generation generation = lmstudio_generation::v1;
    std::string key{};
    unsigned refusal_status = 401;  ///< for a bad key; 200 was seen, too
};

behaviour simulated_lmstudio(const lmstudio_sim&);

/// A vLLM: `/v1/models`, guarded where a key is set.
struct openai_compat_sim {
    std::size_t models = 3;
    std::string key{};
};

behaviour simulated_openai_compat(const openai_compat_sim&);

struct openai_sim {
    std::size_t models = 3;
    std::size_t others = 0;  ///< embedding, speech and image models
    std::string key = "sk-simulated-openai";
};

behaviour simulated_openai(const openai_sim&);

struct anthropic_sim {
    std::size_t models = 3;
    std::size_t page_cap = 1000;  ///< the most entries of a page, whatever `limit` says
    std::string key = "sk-ant-simulated";
};

behaviour simulated_anthropic(const anthropic_sim&);

struct gemini_sim {
    std::size_t models = 3;
    std::size_t others = 0;       ///< embedding and image models
    std::size_t page_cap = 1000;  ///< the most entries of a page, whatever `pageSize` says
    std::string key = "AIza-simulated";
};

behaviour simulated_gemini(const gemini_sim&);

/// `/api/v1/models` is open to everybody, `/api/v1/key` checks the key.
struct openrouter_sim {
    std::size_t models = 320;
    std::size_t others = 0;  ///< models that only put out images
    std::string key = "sk-or-simulated";
};

behaviour simulated_openrouter(const openrouter_sim&);

}  // namespace opd::test
