#include "tests/support/simulated_servers.hpp"

#include "tests/support/model_recipe.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace opd::test;
namespace json = boost::json;

namespace {

seen_request get(std::string target, header_list headers = {}) {
    headers.emplace_back("Host", "localhost:1");
    return {.method = "GET", .target = std::move(target), .headers = std::move(headers)};
}

header_list bearer(const std::string& key) { return {{"Authorization", "Bearer " + key}}; }

json::value body_of(const script& answer) {
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
}

std::size_t count(const json::value& body, std::string_view list) { return body.at(list).as_array().size(); }

}  // namespace

TEST_CASE("invented ids are all different") {
    for (const std::string slug : {"anthropic-api", "openai-api", "google-api", "ollama", "openrouter", "lmstudio"}) {
        CAPTURE(slug);
        std::set<std::string> ids;
        for (std::size_t i = 0; i < 1000; ++i) ids.insert(invent_model(slug, i).id);
        CHECK(ids.size() == 1000);
    }
    CHECK(invent_model("ollama", 0).id == "qwen2.5-coder:7b");
    CHECK(invent_model("openrouter", 6).id == "openai/gpt-oss-7b:free");
    CHECK(invent_model("anthropic-api", 1).id == "claude-sonnet-4");
    CHECK(invent_model("ollama", 75).id == "gemma3:7b-v2");
}

TEST_CASE("the simulated servers list their models to those who ask properly") {
    const auto ollama = body_of(simulated_ollama({.models = 4, .others = 1})(get("/api/tags")));
    CHECK(count(ollama, "models") == 5);
    CHECK(ollama.at_pointer("/models/0/capabilities") == json::value({"completion", "tools"}));
    CHECK(ollama.at_pointer("/models/4/capabilities/0") == "embedding");
    CHECK(count(body_of(simulated_ollama({.models = 9})(get("/api/ps"))), "models") == 3);
    const auto old = body_of(simulated_ollama({.capabilities = false})(get("/api/tags")));
    CHECK_FALSE(old.at_pointer("/models/0").as_object().contains("capabilities"));
    CHECK(body_of(simulated_ollama({.models = 0})(get("/v1/models"))).at("data").is_null());

    const auto compat = body_of(simulated_openai_compat({.key = "k"})(get("/v1/models", bearer("k"))));
    CHECK(compat.at_pointer("/data/0/id") == "qwen/qwen2.5-coder-7b");
    const auto openai = simulated_openai({.others = 2, .key = "k"})(get("/v1/models", bearer("k")));
    CHECK(count(body_of(openai), "data") == 5);

    const auto router = simulated_openrouter({.models = 400, .others = 1, .key = "k"});
    CHECK(count(body_of(router(get("/api/v1/models"))), "data") == 401);
    CHECK(body_of(router(get("/api/v1/models"))).at_pointer("/data/400/architecture/output_modalities/0") == "image");
    CHECK(body_of(router(get("/api/v1/key", bearer("k")))).at("data").is_object());

    const auto lmstudio = simulated_lmstudio({.models = 2, .others = 1});
    CHECK(body_of(lmstudio(get("/api/v1/models"))).at_pointer("/models/2/type") == "embedding");
    CHECK(body_of(lmstudio(get("/api/v0/models"))).at_pointer("/data/0/loaded_context_length") == 8192);
    CHECK(count(body_of(lmstudio(get("/v1/models"))), "data") == 3);
}

TEST_CASE("Anthropic's and Gemini's lists come in pages") {
    const auto anthropic = simulated_anthropic({.models = 5, .page_cap = 2, .key = "k"});
    const auto ask_anthropic = [&](const std::string& query) {
        return body_of(anthropic(get("/v1/models" + query, {{"X-Api-Key", "k"}, {"anthropic-version", "2023-06-01"}})));
    };
    const auto first = ask_anthropic("?limit=1000");
    CHECK(count(first, "data") == 2);
    CHECK(first.at("has_more") == true);
    CHECK(first.at("last_id") == "claude-sonnet-4");
    const auto last = ask_anthropic("?limit=1000&after_id=claude-opus-5");
    CHECK(count(last, "data") == 1);
    CHECK(last.at("has_more") == false);
    CHECK(ask_anthropic("?after_id=claude-sonnet-5").at("last_id").is_null());

    const auto gemini = simulated_gemini({.models = 3, .others = 1, .page_cap = 3, .key = "k"});
    const auto ask_gemini = [&](const std::string& query) {
        return body_of(gemini(get("/v1beta/models" + query, {{"x-goog-api-key", "k"}})));
    };
    const auto page = ask_gemini("?pageSize=1000");
    CHECK(count(page, "models") == 3);
    CHECK(page.at_pointer("/models/0/name") == "models/gemini-3.0-pro");
    const auto rest = ask_gemini("?pageSize=1000&pageToken=Cjw3%3D%3D");
    CHECK(rest.at_pointer("/models/0/name") == "models/gemini-embedding-0");
    CHECK_FALSE(rest.as_object().contains("nextPageToken"));
}

TEST_CASE("the simulated servers refuse what the real ones refuse, in their words") {
    struct refusal {
        behaviour server;
        seen_request request;
        unsigned status;
        std::string part_of_body;
    };

    const auto version = std::pair<std::string, std::string>{"anthropic-version", "2023-06-01"};
    auto foreign_host = get("/api/tags");
    foreign_host.headers = {{"Host", "evil.example:80"}};
    auto post = get("/v1/models");
    post.method = "POST";
    const std::vector<refusal> refusals = {
        {simulated_ollama({}), get("/api/nope"), 404, "404 page not found"},
        {simulated_ollama({}), foreign_host, 403, ""},
        {simulated_ollama({.key = "k"}), get("/api/tags", bearer("x")), 401, R"({"error":"unauthorized"})"},
        {simulated_openai_compat({.key = "k"}), get("/v1/models"), 401, R"({"error":"Unauthorized"})"},
        {simulated_openai_compat({.key = "k"}), get("/models", bearer("k")), 404, R"({"detail":"Not Found"})"},
        {simulated_openai_compat({}), post, 405, "Method Not Allowed"},
        {simulated_openai_compat({}), get("/v1/models", {version}), 400, "unexpected header anthropic-version"},
        {simulated_openai({}), get("/v1/models"), 401, "You didn't provide an API key."},
        {simulated_openai({}), get("/v1/models", bearer("sk-x")), 401, R"("code":"invalid_api_key")"},
        {simulated_openai({.key = "k"}), get("/v1/v1/models", bearer("k")), 404, "Invalid URL (GET /v1/v1/models)"},
        {simulated_anthropic({}), get("/v1/models", {version}), 401, "x-api-key header is required"},
        {simulated_anthropic({}), get("/v1/models", {version, {"x-api-key", "x"}}), 401, "invalid x-api-key"},
        {simulated_anthropic({.key = "k"}), get("/v1/models", {{"x-api-key", "k"}}), 400, "anthropic-version"},
        {simulated_anthropic({.key = "k"}), get("/v1/models?limit=1001", {version, {"x-api-key", "k"}}), 400, "limit"},
        {simulated_gemini({}), get("/v1beta/models"), 403, "PERMISSION_DENIED"},
        {simulated_gemini({}), get("/v1beta/models", {{"x-goog-api-key", "x"}}), 400, "API_KEY_INVALID"},
        {simulated_gemini({.key = "k"}), get("/v1beta/models?key=k"), 400, "x-goog-api-key"},
        {simulated_gemini({.key = "k"}), get("/v1beta/models?a=b", {{"x-goog-api-key", "k"}}), 400, "Unknown name"},
        {simulated_gemini({}), get("/v1/models"), 404, "<html>"},
        {simulated_openrouter({}), get("/api/v1/key"), 401, "Missing Authentication header"},
        {simulated_openrouter({}), get("/api/v1/key", bearer("x")), 401, "Missing Authentication header"},
        {simulated_openrouter({}), get("/v1/models"), 404, "<html>"},
        {simulated_lmstudio({.key = "k"}), get("/api/v1/models"), 401, "API token is required"},
        {simulated_lmstudio({.key = "k", .refusal_status = 200}), get("/v1/models"), 200, "API token is required"},
        {simulated_lmstudio({.generation = lmstudio_generation::v0}), get("/api/v1/models"), 200,
         "Unexpected endpoint or method. (GET /api/v1/models)"},
        {simulated_lmstudio({.generation = lmstudio_generation::plain}), get("/api/v0/models"), 200,
         "Unexpected endpoint"},
    };
    for (const auto& refusal : refusals) {
        CAPTURE(refusal.request.target);
        const auto answer = refusal.server(refusal.request);
        CHECK(answer.status == refusal.status);
        CHECK_MESSAGE(answer.body.find(refusal.part_of_body) != std::string::npos, answer.body);
    }
}
