#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

TEST_CASE("a declared version is kept to, and without one both forms of a base URL are tried") {
    struct {
        const char* prefix;
        const char* version;
        strings targets;
    } const cases[] = {
        {"", "/v1", {"/v1/models"}},
        {"/openai", "/v1", {"/openai/v1/models"}},
        {"", "/api/v3", {"/api/v3/models"}},
        {"", "/v1beta/openai", {"/v1beta/openai/models"}},
        {"", "", {"/v1/models", "/models"}},
        {"/inference", "", {"/inference/v1/models", "/inference/models"}},
        {"/openai", "", {"/openai/models", "/openai/v1/models"}},
    };

    for (const auto& one : cases) {
        CAPTURE(one.prefix);
        CAPTURE(one.version);
        CHECK(targets_of(listing_dialect::openai, root_of("localhost", one.prefix, one.version)) == one.targets);
    }
    for (const route& one : dialect_of(listing_dialect::openai).routes(root_of("localhost"))) {
        CHECK(one.auth == credential::bearer);
        CHECK(one.headers.empty());
    }
}

TEST_CASE("OpenAI's own list of 126 is cut to its 70 text models, and the same list elsewhere is not") {
    const std::string body = sample("openai_models_2026-08-23.json");
    const page own = read_as(listing_dialect::openai, body, root_of("api.openai.com"));
    REQUIRE(own.what == page::shape::listing);
    CHECK(own.models.size() == 70);
    CHECK(own.next.empty());
    CHECK(own.models[0].id == "gpt-4-0613");
    CHECK(own.models[0].display_name == "gpt-4-0613");
    CHECK(own.models[0].context_length == std::nullopt);
    CHECK(read_as(listing_dialect::openai, body).models.size() == 126);
}

TEST_CASE("the recorded lists of OpenAI-compatible servers are read with what they tell") {
    struct {
        const char* file;
        strings ids;
    } const cases[] = {
        {"vllm_v1_models.json", {"qwen3.8-27b-bf16-896k"}},
        {"sglang_v1_models.json", {"Qwen/Qwen2.5-7B-Instruct"}},
        {"tgi_v1_models.json", {"gpt2"}},
        {"textgen_webui_v1_models.json", {"Qwen2.5-7B-Instruct-Q4_K_M.gguf"}},
        {"koboldcpp_v1_models.json", {"koboldcpp/Qwen3-8B-Q4_K_M"}},
        {"mlx_lm_v1_models.json", {"mlx-community/Qwen3-4B-4bit"}},
        {"llamacpp_v1_models_build11429.json", {"qwen2.5-14b"}},
        {"llamacpp_v1_models_old_path_id.json", {"/models/Qwen3-8B-Q4_K_M.gguf"}},
        {"llamacpp_router_models.json", {"ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", "big"}},
        {"litellm_models.json", {"gpt-4o", "claude-sonnet", "anthropic/*"}},
        {"lemonade_v1_models.json", {"Qwen3-0.6B-GGUF", "Gemma-3-4b-it-GGUF"}},
        {"localai_v1_models_capabilities.json", {"qwen3-8b"}},
        {"docker_model_runner_v1_models.json",
         {"docker.io/ai/smollm2:latest", "docker.io/ai/mxbai-embed-large:latest"}},
        {"deepseek_models_2025-12.json", {"deepseek-chat", "deepseek-reasoner"}},
        {"deepseek_models_docs_2026.json", {"deepseek-flash", "deepseek-v4-pro"}},
        {"together_models_bare_array.json", {"meta-llama/Llama-3.3-70B-Instruct-Turbo", "Austism/chronos-hermes-13b"}},
        {"mistral_docs_example_bare_array.json", {"<model_id>"}},
        {"gemini_openai_compat_models.json", {"gemini-2.5-flash", "gemini-2.5-pro"}},
        {"ollama_v1_models.json", {"llama3.2:latest", "hf.co/bartowski/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M"}},
        {"ollama_v1_models_empty.json", {}},
        {"openai_compat_awkward.json", {"a", "b", "c", "模型-ü-😀", "plain-string-id", "only-name"}},
    };

    for (const auto& one : cases) {
        CAPTURE(one.file);
        const page read = read_as(listing_dialect::openai, sample(one.file));
        CHECK(read.what == page::shape::listing);
        CHECK(ids_of(read) == one.ids);
    }
    CHECK(read_as(listing_dialect::openai, sample("groq_models_2025-12.json")).models.size() == 20);
}

TEST_CASE("limits and capabilities of OpenAI-compatible servers are kept where they are told") {
    struct {
        const char* file;
        model expected;
    } const cases[] = {
        {"vllm_v1_models.json", {"qwen3.8-27b-bf16-896k", "qwen3.8-27b-bf16-896k", 917'504, {}, {}, {}, {}}},
        {"llamacpp_v1_models_build11429.json", {"qwen2.5-14b", "qwen2.5-14b", 6'144, {}, {}, false, {}}},
        {"llamacpp_router_models.json",
         {"ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", "ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", {}, {}, {}, {}, true}},
        {"lemonade_v1_models.json", {"Qwen3-0.6B-GGUF", "Qwen3-0.6B-GGUF", 8'192, {}, {}, {}, {}}},
        {"localai_v1_models_capabilities.json", {"qwen3-8b", "qwen3-8b", {}, {}, true, false, {}}},
        {"docker_model_runner_v1_models.json",
         {"docker.io/ai/smollm2:latest", "docker.io/ai/smollm2:latest", 8'192, {}, {}, {}, {}}},
        {"deepseek_models_docs_2026.json", {"deepseek-flash", "DeepSeek-V4.1-Flash", 1'048'576, 393'216, {}, true, {}}},
        {"together_models_bare_array.json",
         {"meta-llama/Llama-3.3-70B-Instruct-Turbo", "Meta Llama 3.3 70B Instruct Turbo", 131'072, {}, {}, {}, {}}},
        {"mistral_docs_example_bare_array.json", {"<model_id>", "<name>", 32'768, {}, false, false, {}}},
        {"gemini_openai_compat_models.json", {"gemini-2.5-flash", "Gemini 2.5 Flash", {}, {}, {}, {}, {}}},
        {"groq_models_2025-12.json", {"allam-2-7b", "allam-2-7b", 4'096, 4'096, {}, {}, {}}},
    };

    for (const auto& one : cases) {
        CAPTURE(one.file);
        const page read = read_as(listing_dialect::openai, sample(one.file));
        REQUIRE_FALSE(read.models.empty());
        CHECK(read.models[0] == one.expected);
    }
    const page router = read_as(listing_dialect::openai, sample("llamacpp_router_models.json"));
    CHECK(router.models[1].loaded == false);
    const page lemonade = read_as(listing_dialect::openai, sample("lemonade_v1_models.json"));
    CHECK(lemonade.models[1].vision == true);
}

TEST_CASE("Google's OpenAI door is known by its host or its path") {
    const std::string body = R"({"data": [{"id": "models/gemini-2.5-pro"}, {"id": "models/gemini-embedding-001"}]})";
    CHECK(ids_of(read_as(listing_dialect::openai, body,
                         root_of("generativelanguage.googleapis.com", "", "/v1beta/openai"))) ==
          strings{"gemini-2.5-pro"});
    CHECK(ids_of(read_as(listing_dialect::openai, body, root_of("localhost", "", "/v1beta/openai"))) ==
          strings{"gemini-2.5-pro", "gemini-embedding-001"});
    CHECK(ids_of(read_as(listing_dialect::openai, body)) ==
          strings{"models/gemini-2.5-pro", "models/gemini-embedding-001"});
}
