#include "tests/support/model_recipe.hpp"

#include <fmt/format.h>

#include <array>

namespace opd::test {
namespace {

struct family {
    std::string_view vendor;
    std::string_view vendor_name;
    std::string_view slug;
    std::string_view name;
    std::uint64_t context_length;
    bool tools;
    bool vision;
};

constexpr std::array families = {
    family{"qwen", "Qwen", "qwen2.5-coder", "Qwen2.5 Coder", 32'768, true, false},
    family{"meta-llama", "Meta", "llama3.1", "Llama 3.1", 131'072, true, false},
    family{"mistralai", "Mistral", "devstral", "Devstral", 131'072, true, false},
    family{"google", "Google", "gemma3", "Gemma 3", 131'072, false, true},
    family{"deepseek", "DeepSeek", "deepseek-coder-v2", "DeepSeek Coder V2", 163'840, false, false},
    family{"microsoft", "Microsoft", "phi4", "Phi-4", 16'384, false, false},
    family{"openai", "OpenAI", "gpt-oss", "gpt-oss", 131'072, true, false},
    family{"z-ai", "Z.AI", "glm4", "GLM 4", 202'752, true, false},
    family{"moonshotai", "MoonshotAI", "kimi-k2", "Kimi K2", 262'144, true, false},
    family{"ibm-granite", "IBM", "granite3.3", "Granite 3.3", 131'072, true, false},
    family{"cohere", "Cohere", "command-r", "Command R", 131'072, true, false},
    family{"qwen", "Qwen", "qwen2.5vl", "Qwen2.5 VL", 125'000, false, true},
};
constexpr std::array sizes = {7, 32, 14, 3, 70, 1};  // billions of parameters

invented_model open_weights(std::string_view kind_slug, std::size_t number) {
    const auto& line = families[number % families.size()];
    const auto size = sizes[number / families.size() % sizes.size()];
    const auto generation = number / (families.size() * sizes.size());
    const auto suffix = generation == 0 ? std::string() : fmt::format("-v{}", generation + 1);

    invented_model model;
    model.vendor = line.vendor;
    model.context_length = line.context_length;
    model.max_output_tokens = line.context_length / 4;
    model.tools = line.tools;
    model.vision = line.vision;
    model.loaded = number % 4 == 0;
    model.bytes = static_cast<std::uint64_t>(size) * 620'000'000;
    model.name = fmt::format("{} {}B{}", line.name, size, suffix);
    if (kind_slug == "ollama") {
        model.id = fmt::format("{}:{}b{}", line.slug, size, suffix);
    } else if (kind_slug == "openrouter") {
        model.id = fmt::format("{}/{}-{}b{}{}", line.vendor, line.slug, size, suffix, number % 7 == 6 ? ":free" : "");
        model.name = fmt::format("{}: {}", line.vendor_name, model.name);
    } else {
        model.id = fmt::format("{}/{}-{}b{}", line.vendor, line.slug, size, suffix);
    }
    return model;
}

invented_model vendors_own(std::string_view kind_slug, std::size_t number) {
    const auto rank = number % 3;
    const auto generation = number / 3;
    invented_model model;
    model.context_length = rank == 0 ? 1'000'000 : 200'000;
    model.max_output_tokens = rank == 0 ? 128'000 : 64'000;
    model.tools = true;
    model.vision = true;
    if (kind_slug == "anthropic-api") {
        constexpr std::array<std::string_view, 3> slugs = {"opus", "sonnet", "haiku"};
        constexpr std::array<std::string_view, 3> names = {"Opus", "Sonnet", "Haiku"};
        model.id = fmt::format("claude-{}-{}", slugs[rank], generation + 4);
        model.name = fmt::format("Claude {} {}", names[rank], generation + 4);
    } else if (kind_slug == "openai-api") {
        constexpr std::array<std::string_view, 3> slugs = {"", "-mini", "-codex"};
        model.id = fmt::format("gpt-5.{}{}", generation, slugs[rank]);
        model.name = model.id;
    } else {
        constexpr std::array<std::string_view, 3> slugs = {"pro", "flash", "flash-lite"};
        constexpr std::array<std::string_view, 3> names = {"Pro", "Flash", "Flash-Lite"};
        model.id = fmt::format("gemini-3.{}-{}", generation, slugs[rank]);
        model.name = fmt::format("Gemini 3.{} {}", generation, names[rank]);
    }
    return model;
}

}  // namespace

invented_model invent_model(std::string_view kind_slug, std::size_t number) {
    return kind_slug.ends_with("-api") ? vendors_own(kind_slug, number) : open_weights(kind_slug, number);
}

}  // namespace opd::test
