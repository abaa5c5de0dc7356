#include "config/model/kinds.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

constexpr std::array<kind, 7> table{{
    {.slug = "anthropic-api",
     .display_name = "Anthropic API",
     .description = "Claude models from Anthropic's own API",
     .setup_url = "https://console.anthropic.com/settings/keys",
     .provider = provider_class::first_party,
     .builtin = true,
     .dialect = listing_dialect::anthropic,
     .auth = listing_auth::x_api_key,
     .default_base_url = "https://api.anthropic.com",
     .default_api_key_env = "ANTHROPIC_API_KEY",
     .protocol = wire_protocol::anthropic,
     .agent_base_url_env = "ANTHROPIC_BASE_URL",
     .agent_api_key_env = "ANTHROPIC_API_KEY",
     .codicon = "cloud",
     .brand_icon = "anthropic"},
    {.slug = "openai-api",
     .display_name = "OpenAI API",
     .description = "GPT and o-series models from OpenAI's own API",
     .setup_url = "https://platform.openai.com/api-keys",
     .provider = provider_class::first_party,
     .builtin = true,
     .default_base_url = "https://api.openai.com",
     .default_api_key_env = "OPENAI_API_KEY",
     .codicon = "cloud"},
    {.slug = "google-api",
     .display_name = "Google Gemini API",
     .description = "Gemini models from Google's own API",
     .setup_url = "https://aistudio.google.com/apikey",
     .provider = provider_class::first_party,
     .builtin = true,
     .listing_path = "/v1beta/models",
     .dialect = listing_dialect::google,
     .auth = listing_auth::x_goog_api_key,
     .default_base_url = "https://generativelanguage.googleapis.com",
     .default_api_key_env = "GEMINI_API_KEY",
     .protocol = wire_protocol::google,
     .agent_base_url_env = "GOOGLE_GEMINI_BASE_URL",
     .agent_api_key_env = "GEMINI_API_KEY",
     .codicon = "cloud",
     .brand_icon = "google"},
    {.slug = "ollama",
     .display_name = "Ollama",
     .description = "Models that Ollama runs on your own machine",
     .setup_url = "https://ollama.com/download",
     .listing_path = "/api/tags",
     .dialect = listing_dialect::ollama,
     .auth = listing_auth::bearer_optional,
     .default_base_url = "http://localhost:11434",
     .codicon = "server",
     .brand_icon = "ollama"},
    {.slug = "openrouter",
     .display_name = "OpenRouter",
     .description = "Hundreds of models of many vendors behind one key",
     .setup_url = "https://openrouter.ai/keys",
     .listing_path = "/models below …/api/v1",
     .dialect = listing_dialect::openrouter,
     .default_base_url = "https://openrouter.ai/api/v1",
     .default_api_key_env = "OPENROUTER_API_KEY",
     .codicon = "cloud",
     .brand_icon = "openrouter"},
    {.slug = "openai-compat",
     .display_name = "OpenAI-compatible",
     .description = "Any server with OpenAI's API: vLLM, llama.cpp, groq, together.ai, LiteLLM ...",
     .setup_url = "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
     .codicon = "server"},
    {.slug = "lmstudio",
     .display_name = "LM Studio",
     .description = "Models that LM Studio runs on your own machine",
     .setup_url = "https://lmstudio.ai/docs/app/api",
     .listing_path = "/v1/models (richer: /api/v1/models, /api/v0/models)",
     .dialect = listing_dialect::lmstudio,
     .auth = listing_auth::bearer_optional,
     .default_base_url = "http://localhost:1234",
     .codicon = "server"},
}};

}  // namespace

std::span<const kind> kinds() { return table; }

const kind* find_kind(std::string_view slug) {
    const auto* found = std::ranges::find(table, slug, &kind::slug);
    return found == table.end() ? nullptr : found;
}

std::string_view slug(provider_class provider) {
    return provider == provider_class::first_party ? "first-party" : "gateway";
}

std::string_view category_label(provider_class provider) {
    return provider == provider_class::first_party ? "First-party" : "Gateways";
}

}  // namespace opd
