#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

TEST_CASE("Anthropic is asked in its own way first, then as OpenAI is") {
    const auto routes = dialect_of(listing_dialect::anthropic).routes(root_of("localhost", "/proxy", "/v1"));
    REQUIRE(routes.size() == 3);
    CHECK(routes[0].target == "/proxy/v1/models?limit=1000");
    CHECK(routes[0].auth == credential::x_api_key);
    REQUIRE(routes[0].headers.size() == 1);
    CHECK(routes[0].headers[0].first == "anthropic-version");
    CHECK(routes[0].headers[0].second == "2023-06-01");
    CHECK(routes[1].target == "/proxy/v1/models");
    CHECK(routes[2].target == "/proxy/models");
    for (const std::size_t fallback : {1U, 2U}) {
        CHECK(routes[fallback].auth == credential::bearer);
        CHECK(routes[fallback].headers.empty());
    }
    CHECK((dialect_of(listing_dialect::anthropic).follow_ups == nullptr));
}

TEST_CASE("Anthropic's first page leads to the second, and the second ends") {
    const page first = read_as(listing_dialect::anthropic, sample("anthropic_models_page1.json"));
    REQUIRE(first.what == page::shape::listing);
    CHECK(ids_of(first) == strings{"claude-opus-5", "claude-opus-4-8", "claude-haiku-4-5-20251001"});
    CHECK(first.models[1] == model{.id = "claude-opus-4-8",
                                   .display_name = "Claude Opus 4.8",
                                   .context_length = 1'000'000,
                                   .max_output_tokens = 128'000,
                                   .tools = std::nullopt,
                                   .vision = true,
                                   .loaded = std::nullopt});
    CHECK(first.next == "/v1/models?limit=1000&after_id=claude-haiku-4-5-20251001");

    const page second = read_as(listing_dialect::anthropic, sample("anthropic_models_page2.json"));
    CHECK(ids_of(second) == strings{"claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805"});
    CHECK(second.models[0] == model{.id = "claude-sonnet-4-5-20250929",
                                    .display_name = "Claude Sonnet 4.5",
                                    .context_length = std::nullopt,
                                    .max_output_tokens = std::nullopt,
                                    .tools = std::nullopt,
                                    .vision = std::nullopt,
                                    .loaded = std::nullopt});
    CHECK(second.next.empty());

    const page empty = read_as(listing_dialect::anthropic, sample("anthropic_models_empty.json"));
    CHECK(empty.what == page::shape::listing);
    CHECK(empty.models.empty());
    CHECK(empty.next.empty());
}

TEST_CASE("a cursor that is repeated ends Anthropic's list, and any other is percent-encoded") {
    const route first = dialect_of(listing_dialect::anthropic).routes(root_of("localhost"))[0];
    const auto next_of = [&first](const std::string& tail, std::string_view target) {
        return read_page(first, reply_of(R"({"data": [{"id": "a"}], )" + tail + "}"), target).next;
    };
    const std::string_view start = "/v1/models?limit=1000";
    // Without its own word for it the last id is that of the last entry.
    CHECK(next_of(R"("has_more": true, "last_id": null)", start) == "/v1/models?limit=1000&after_id=a");
    CHECK(next_of(R"("has_more": true, "last_id": "")", start) == "/v1/models?limit=1000&after_id=a");
    CHECK(next_of(R"("has_more": true)", start) == "/v1/models?limit=1000&after_id=a");
    CHECK(next_of(R"("has_more": true)", "/v1/models?limit=1000&after_id=a").empty());
    CHECK(next_of(R"("has_more": "yes", "last_id": "a")", start).empty());
    CHECK(next_of(R"("has_more": false, "last_id": "a")", start).empty());
    CHECK(next_of(R"("has_more": true, "last_id": "a b&c/ü")", start) ==
          "/v1/models?limit=1000&after_id=a%20b%26c%2F%C3%BC");
    CHECK(next_of(R"("has_more": true, "last_id": "a b")", "/v1/models?limit=1000&after_id=a%20b").empty());
    CHECK(next_of(R"("has_more": true, "last_id": "c")", "/v1/models?limit=1000&after_id=a%20b") ==
          "/v1/models?limit=1000&after_id=c");
    CHECK(next_of(R"("has_more": true, "last_id": ")" + std::string(5000, 'x') + '"', start).empty());
}

TEST_CASE("an OpenAI-shaped list is read at an Anthropic server, too") {
    const page read =
        read_as(listing_dialect::anthropic, sample("deepseek_models_2025-12.json"), root_of("localhost"), 2);
    CHECK(ids_of(read) == strings{"deepseek-chat", "deepseek-reasoner"});
}
