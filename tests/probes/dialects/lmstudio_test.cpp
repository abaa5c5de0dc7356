#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

TEST_CASE("LM Studio's lists are tried from the richest to the plainest") {
    CHECK(targets_of(listing_dialect::lmstudio, root_of("localhost", "", "/v1")) ==
          strings{"/api/v1/models", "/api/v0/models", "/v1/models"});
    CHECK(dialect_of(listing_dialect::lmstudio).routes(root_of("localhost"))[0].auth == credential::bearer);
}

TEST_CASE("LM Studio's newest list tells windows, tools, vision and what is loaded") {
    const page read = read_as(listing_dialect::lmstudio, R"({"models": [
        {"type": "llm", "key": "qwen/qwen3", "display_name": "Qwen3", "max_context_length": 131072,
         "loaded_instances": [{"id": "qwen3:2", "config": {"context_length": 8192}}],
         "capabilities": {"vision": false, "trained_for_tool_use": true}},
        {"type": "llm", "key": "big", "display_name": "Big", "max_context_length": 4096, "loaded_instances": []},
        {"type": "embedding", "key": "nomic", "display_name": "Nomic", "loaded_instances": []}]})");
    REQUIRE(read.models.size() == 2);
    CHECK(read.models[0] == model{"qwen/qwen3", "Qwen3", 8'192, {}, true, false, true});
    CHECK(read.models[1] == model{"big", "Big", 4'096, {}, {}, {}, false});
}

TEST_CASE("LM Studio's older list tells windows, tools and what is loaded") {
    const page read = read_as(listing_dialect::lmstudio, sample("lmstudio_api_v0_models_loaded.json"));
    REQUIRE(read.models.size() == 2);
    CHECK(read.models[0] == model{"qwen2-vl-7b-instruct", "qwen2-vl-7b-instruct", 32'768, {}, {}, true, false});
    CHECK(read.models[1] ==
          model{"meta-llama-3.1-8b-instruct", "meta-llama-3.1-8b-instruct", 8'192, {}, true, {}, true});
    CHECK(read_as(listing_dialect::lmstudio, sample("lmstudio_api_v0_models.json")).models.size() == 2);
}

TEST_CASE("LM Studio's plain list is passed on as it is, and its 200 for a wrong path is an error") {
    CHECK(ids_of(read_as(listing_dialect::lmstudio, sample("lmstudio_v1_models.json"))) ==
          strings{"qwen/qwen3.5-9b", "text-embedding-nomic-embed-text-v1.5"});
    const page wrong = read_as(listing_dialect::lmstudio, sample("lmstudio_unexpected_endpoint_200.json"));
    CHECK(wrong.what == page::shape::error);
    CHECK(wrong.note == "Unexpected endpoint or method. (GET /api/tags)");
}
