#include "config/model/kinds.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace opd {
namespace {

std::string row(const kind& k) {
    return fmt::format("{} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {}", k.slug, k.display_name, slug(k.provider),
                       k.builtin ? "yes" : "no", k.listing_path, k.default_base_url, k.default_api_key_env,
                       k.agent_base_url_env, k.agent_api_key_env, k.codicon, k.brand_icon);
}

}  // namespace

TEST_CASE("the kinds table is the documented one, in its order") {
    const std::vector<std::string> documented{
        "anthropic-api | Anthropic API | first-party | yes | /v1/models | https://api.anthropic.com | "
        "ANTHROPIC_API_KEY | "
        "ANTHROPIC_BASE_URL | ANTHROPIC_API_KEY | cloud | anthropic",
        "openai-api | OpenAI API | first-party | yes | /v1/models | https://api.openai.com | OPENAI_API_KEY | "
        "OPENAI_BASE_URL | OPENAI_API_KEY | cloud | ",
        "google-api | Google Gemini API | first-party | yes | /v1beta/models | "
        "https://generativelanguage.googleapis.com | "
        "GEMINI_API_KEY | GOOGLE_GEMINI_BASE_URL | GEMINI_API_KEY | cloud | google",
        "ollama | Ollama | gateway | no | /api/tags | http://localhost:11434 |  | OPENAI_BASE_URL | OPENAI_API_KEY | "
        "server | ollama",
        "openrouter | OpenRouter | gateway | no | /models below …/api/v1 | https://openrouter.ai/api/v1 | "
        "OPENROUTER_API_KEY | OPENAI_BASE_URL | OPENAI_API_KEY | cloud | openrouter",
        "openai-compat | OpenAI-compatible | gateway | no | /v1/models |  |  | OPENAI_BASE_URL | OPENAI_API_KEY | "
        "server | ",
        "lmstudio | LM Studio | gateway | no | /v1/models (richer: /api/v1/models, /api/v0/models) | "
        "http://localhost:1234 |  | OPENAI_BASE_URL | OPENAI_API_KEY | server | ",
    };
    std::vector<std::string> rows;
    for (const kind& k : kinds()) rows.push_back(row(k));
    CHECK(rows == documented);
}

TEST_CASE("a kind is found by its slug, and only by it") {
    for (const kind& k : kinds()) {
        CHECK(find_kind(k.slug) == &k);
        CHECK_FALSE(k.description.empty());
        CHECK(k.setup_url.starts_with("https://"));
    }
    CHECK(find_kind("Ollama") == nullptr);
    CHECK(find_kind("") == nullptr);
}

TEST_CASE("only a kind without a default has to be declared, and only local kinds do without a key") {
    for (const kind& k : kinds()) {
        CAPTURE(k.slug);
        CHECK(k.connectable() == (k.slug != "openai-compat"));
        CHECK(k.key_optional() == (k.slug == "ollama" || k.slug == "lmstudio"));
    }
}

TEST_CASE("provider classes have a slug and a label") {
    CHECK(slug(provider_class::first_party) == "first-party");
    CHECK(slug(provider_class::gateway) == "gateway");
    CHECK(category_label(provider_class::first_party) == "First-party");
    CHECK(category_label(provider_class::gateway) == "Gateways");
}

}  // namespace opd
