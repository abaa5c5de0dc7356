#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

TEST_CASE("Gemini is asked for a large page with the key in a header") {
    const auto routes = dialect_of(listing_dialect::google).routes(root_of("localhost", "/proxy", "/v1beta"));
    REQUIRE(routes.size() == 1);
    CHECK(routes[0].target == "/proxy/v1beta/models?pageSize=1000");
    CHECK(routes[0].auth == credential::x_goog_api_key);
    CHECK(routes[0].headers.empty());
}

TEST_CASE("of Gemini's recorded page of 50 the 21 text models are kept") {
    const page read = read_as(listing_dialect::google, sample("gemini_v1beta_models_real_2026-08-05_page1.json"));
    REQUIRE(read.what == page::shape::listing);
    CHECK(read.models.size() == 21);
    CHECK(read.models[0] == model{.id = "gemini-2.5-flash",
                                  .display_name = "Gemini 2.5 Flash",
                                  .context_length = 1'048'576,
                                  .max_output_tokens = 65'536,
                                  .tools = std::nullopt,
                                  .vision = std::nullopt,
                                  .loaded = std::nullopt});
    CHECK(read.next == "/v1beta/models?pageSize=1000&pageToken=Ch9tb2RlbHMvdmVvLTMuMS1nZW5lcmF0ZS1wcmV2aWV3");
    for (const model& one : read.models) CHECK_FALSE(one.id.starts_with("models/"));
}

TEST_CASE("Gemini's empty lists are lists, and a repeated token ends the paging") {
    const route first = dialect_of(listing_dialect::google).routes(root_of("localhost"))[0];
    const auto page_of = [&first](const std::string& body, std::string_view target) {
        return read_page(first, reply_of(body), target);
    };
    const std::string_view start = "/v1beta/models?pageSize=1000";
    CHECK(page_of(sample("gemini_models_empty.json"), start).what == page::shape::listing);
    const page only_token = page_of(R"({"nextPageToken": "a/b="})", start);
    CHECK(only_token.what == page::shape::listing);
    CHECK(only_token.next == "/v1beta/models?pageSize=1000&pageToken=a%2Fb%3D");
    CHECK(page_of(R"({"nextPageToken": "a/b="})", only_token.next).next.empty());
    CHECK(page_of(R"({"nextPageToken": ""})", start).next.empty());
    CHECK(page_of(R"({"nextPageToken": null})", start).what == page::shape::listing);
    CHECK(page_of(R"({"status": "fine"})", start).what != page::shape::listing);
}

TEST_CASE("Gemini's models without generateContent are no text models") {
    const page read = read_as(listing_dialect::google, R"({"models": [
        {"name": "models/gemini-a", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/gemini-b", "supportedGenerationMethods": ["countTokens", "generateContent"]},
        {"name": "models/gemini-c"}]})");
    CHECK(ids_of(read) == strings{"gemini-b", "gemini-c"});
    CHECK(read.models[0].display_name == "gemini-b");
}
