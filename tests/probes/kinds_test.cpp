// Every kind of server, in its strict simulation, with the base URLs that people write.
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/model_recipe.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace opd;
using namespace opd::test;

namespace {

const std::string key(lab_key);

/// Probes the server at its root and below a path, with each of these endings of the base URL.
void check_bases(const std::string& slug, const behaviour& serve, const std::vector<std::string>& endings,
                 std::size_t models, bool keyed = true) {
    for (const std::string prefix : {"", "/proxy", "/a/b"}) {
        for (const std::string& ending : endings) {
            CAPTURE(slug);
            CAPTURE(prefix);
            CAPTURE(ending);
            model_server_sim server;
            server.answer_everything(mounted_at(prefix, serve));
            const std::string base = server.base_url() + prefix + ending;
            const report got = trial{.server = keyed ? declared_with_key(slug, base) : declared(slug, base)}.run();
            CAPTURE(got.error);
            CHECK(to_string(got.status) == "ok");
            REQUIRE(got.models.size() == models);
            for (std::size_t i = 0; i < models; i += 7) CHECK(got.models[i].id == invent_model(slug, i).id);
            CHECK(server.connections() == 1);
        }
    }
}

const std::vector<std::string> with_or_without_version{
    "", "/", "/v1", "/v1/", "/v1/models", "/v1/chat/completions", "//v1//", "/v1/v1"};

}  // namespace

TEST_CASE("OpenAI-compatible servers are listed, however their base is written") {
    check_bases("openai-compat", simulated_openai_compat({.models = 30, .key = key}), with_or_without_version, 30);
    check_bases("openai-compat", simulated_openai_compat({.models = 0}), with_or_without_version, 0, false);
}

TEST_CASE("an OpenAI elsewhere than at OpenAI is listed as it is") {
    check_bases("openai-api", simulated_openai({.models = 40, .others = 0, .key = key}), with_or_without_version, 40);
}

TEST_CASE("Anthropic is listed page by page, however its base is written") {
    check_bases("anthropic-api", simulated_anthropic({.models = 23, .page_cap = 10, .key = key}),
                {"", "/", "/v1", "/v1/", "/v1/messages", "/v1/models"}, 23);
    check_bases("anthropic-api", simulated_anthropic({.models = 1005, .key = key}), {"/v1"}, 1005);
}

TEST_CASE("Gemini is listed page by page without what makes no text, however its base is written") {
    check_bases("google-api", simulated_gemini({.models = 57, .others = 9, .page_cap = 25, .key = key}),
                {"", "/", "/v1beta", "/v1beta/", "/v1", "/v1beta/openai", "/v1beta/openai/", "/v1beta/models",
                 "/v1beta/models/gemini-2.5-pro:generateContent"},
                57);
}

TEST_CASE("Ollama is listed without embedding models, however its base is written") {
    const std::vector<std::string> endings{
        "", "/", "/v1", "/v1/", "/api", "/api/", "/api/tags", "/api/chat", "/v1/chat/completions"};
    check_bases("ollama", simulated_ollama({.models = 15, .others = 4}), endings, 15, false);
    check_bases("ollama", simulated_ollama({.models = 15, .others = 4, .capabilities = false}), {"", "/v1"}, 15, false);
    check_bases("ollama", simulated_ollama({.models = 5, .others = 1, .key = key}), {"", "/v1"}, 5);
    check_bases("ollama", simulated_ollama({.models = 0}), {"", "/v1"}, 0, false);
}

TEST_CASE("OpenRouter's hundreds are listed without what makes no text, however its base is written") {
    const std::vector<std::string> endings{"/api/v1", "/api/v1/", "/api", "/api/", "", "/", "/api/v1/models"};
    check_bases("openrouter", simulated_openrouter({.models = 340, .others = 12, .key = key}), endings, 340);
}

TEST_CASE("LM Studio is listed by the richest list it has, however its base is written") {
    const std::vector<std::string> endings{"", "/", "/v1", "/v1/", "/api/v1", "/api/v0", "/api", "/v1/models"};
    check_bases("lmstudio", simulated_lmstudio({.models = 12, .others = 3}), endings, 12, false);
    check_bases("lmstudio", simulated_lmstudio({.models = 12, .others = 3, .generation = lmstudio_generation::v0}),
                endings, 12, false);
    check_bases("lmstudio", simulated_lmstudio({.models = 12, .generation = lmstudio_generation::plain}), endings, 12,
                false);
    check_bases("lmstudio", simulated_lmstudio({.models = 12, .key = key}), {"", "/v1"}, 12);
}

TEST_CASE("a wrong key is told by each kind, also where the list itself is open") {
    struct row {
        std::string slug;
        behaviour serve;
    };

    const std::vector<row> rows{
        {"openai-compat", simulated_openai_compat({.key = "another"})},
        {"openai-api", simulated_openai({.key = "another"})},
        {"anthropic-api", simulated_anthropic({.key = "another"})},
        {"google-api", simulated_gemini({.key = "another"})},
        {"ollama", simulated_ollama({.key = "another"})},
        {"openrouter", simulated_openrouter({.key = "another"})},
        {"lmstudio", simulated_lmstudio({.key = "another"})},
        {"lmstudio", simulated_lmstudio({.key = "another", .refusal_status = 200})},
    };
    for (const row& one : rows) {
        CAPTURE(one.slug);
        model_server_sim server;
        server.answer_everything(one.serve);
        const report got = trial{.server = declared_with_key(one.slug, server.base_url())}.run();
        CHECK(to_string(got.status) == "auth_failed");
        CHECK(got.models.empty());
        CHECK(without_port(got.hint, server.port()) ==
              "check that LAB_KEY holds the key that http://127.0.0.1:PORT expects");
        CHECK_FALSE(gives_away(got.error, lab_key));
    }
}

TEST_CASE("what a server tells about its models is in the report") {
    model_server_sim server;
    server.answer_everything(simulated_ollama({.models = 6}));
    const report ollama = trial{.server = declared("ollama", server.base_url())}.run();
    REQUIRE(ollama.models.size() == 6);
    for (std::size_t i = 0; i != 6; ++i) {
        const auto made = invent_model("ollama", i);
        CAPTURE(made.id);
        CHECK(ollama.models[i].context_length == (made.loaded ? 4096 : made.context_length));
        CHECK(ollama.models[i].tools == made.tools);
        CHECK(ollama.models[i].vision == made.vision);
        CHECK(ollama.models[i].loaded == made.loaded);
    }

    server.answer_everything(simulated_anthropic({.models = 6, .key = key}));
    const report anthropic = trial{.server = declared_with_key("anthropic-api", server.base_url())}.run();
    REQUIRE(anthropic.models.size() == 6);
    for (std::size_t i = 0; i != 6; ++i) {
        const auto made = invent_model("anthropic-api", i);
        CAPTURE(made.id);
        CHECK(anthropic.models[i].display_name == made.name);
        CHECK(anthropic.models[i].context_length == made.context_length);
        CHECK(anthropic.models[i].max_output_tokens == made.max_output_tokens);
        CHECK(anthropic.models[i].vision == made.vision);
    }
}
