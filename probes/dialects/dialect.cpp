#include "probes/dialects/dialect.hpp"

#include "probes/dialects/anthropic.hpp"
#include "probes/dialects/google.hpp"
#include "probes/dialects/lmstudio.hpp"
#include "probes/dialects/ollama.hpp"
#include "probes/dialects/openai.hpp"
#include "probes/dialects/openrouter.hpp"

namespace opd {

const dialect& dialect_of(listing_dialect which) {
    switch (which) {
        case listing_dialect::anthropic:
            return anthropic_dialect();
        case listing_dialect::google:
            return google_dialect();
        case listing_dialect::ollama:
            return ollama_dialect();
        case listing_dialect::openrouter:
            return openrouter_dialect();
        case listing_dialect::lmstudio:
            return lmstudio_dialect();
        case listing_dialect::openai:
            break;
    }
    return openai_dialect();
}

}  // namespace opd
