#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

#include <algorithm>

using namespace opd;
using namespace opd::testing;

TEST_CASE("OpenRouter's list is found from every form of its base URL") {
    CHECK(targets_of(listing_dialect::openrouter, root_of("openrouter.ai", "/api", "/v1")) ==
          strings{"/api/v1/models"});
    CHECK(targets_of(listing_dialect::openrouter, root_of("openrouter.ai", "", "/api/v1")) ==
          strings{"/api/v1/models"});
    CHECK(targets_of(listing_dialect::openrouter, root_of("openrouter.ai", "/api")) == strings{"/api/v1/models"});
    CHECK(targets_of(listing_dialect::openrouter, root_of("openrouter.ai")) == strings{"/api/v1/models", "/v1/models"});
}

TEST_CASE("OpenRouter's full list of 321 is kept, with limits, tools and vision") {
    const page read = read_as(listing_dialect::openrouter, sample("openrouter_models_full_2025-05-23.json"));
    REQUIRE(read.what == page::shape::listing);
    CHECK(read.models.size() == 321);
    CHECK(read.models[0] == model{.id = "anthropic/claude-opus-4",
                                  .display_name = "Anthropic: Claude Opus 4",
                                  .context_length = 200'000,
                                  .max_output_tokens = 32'000,
                                  .tools = true,
                                  .vision = true,
                                  .loaded = std::nullopt,
                                  .thinks = true});
    CHECK(std::ranges::count(read.models, std::optional(true), &model::tools) == 132);
    const auto clamped = std::ranges::find(read.models, "meta-llama/llama-3-8b-instruct", &model::id);
    REQUIRE(clamped != read.models.end());
    CHECK(clamped->context_length == 8'192);
    CHECK(clamped->max_output_tokens == 8'192);
}

TEST_CASE("OpenRouter's newer envelope is read, and the smaller window of the best provider counts") {
    const page read =
        read_as(listing_dialect::openrouter, sample("openrouter_models_llm-openrouter_cassette_2026.json"));
    CHECK(ids_of(read) ==
          strings{"anthropic/claude-sonnet-4", "openai/gpt-4.1-mini", "openai/gpt-4o", "openai/gpt-3.5-turbo"});
    CHECK(read.models[0].context_length == 200'000);
    CHECK(read.models[3].vision == false);
}

TEST_CASE("models that answer with pictures alone are not kept") {
    const page read = read_as(listing_dialect::openrouter, R"({"data": [
        {"id": "painter", "architecture": {"output_modalities": ["image"]}},
        {"id": "both", "architecture": {"output_modalities": ["image", "text"]}},
        {"id": "untold", "architecture": {"output_modalities": []}}]})");
    CHECK(ids_of(read) == strings{"both", "untold"});
}

TEST_CASE("an open list does not prove OpenRouter's key, so it is asked about by itself") {
    const dialect& speaks = dialect_of(listing_dialect::openrouter);
    REQUIRE((speaks.follow_ups != nullptr));
    CHECK(speaks.follow_ups(root_of("openrouter.ai", "/api", "/v1"), false).empty());
    const auto questions = speaks.follow_ups(root_of("openrouter.ai", "/api", "/v1"), true);
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].target == "/api/v1/key");
    CHECK(questions[0].auth == credential::bearer);

    report good;
    good.status = probe_status::ok;
    good.models.push_back({"a", "a", {}, {}, {}, {}, {}});
    for (const unsigned status : {200U, 404U, 429U, 500U}) {
        CAPTURE(status);
        report same = good;
        questions[0].apply(reply_of("{}", status), {}, same);
        CHECK(same.status == probe_status::ok);
        CHECK(same.models.size() == 1);
    }
    for (const unsigned status : {401U, 403U}) {
        CAPTURE(status);
        report bad = good;
        questions[0].apply(reply_of(sample("openrouter_error_401.json"), status), {}, bad);
        CHECK(bad.status == probe_status::auth_failed);
    }
}
