#include "probes/dialects/dialect.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

namespace {

report listed_as(const std::string& body) {
    report listed;
    listed.status = probe_status::ok;
    listed.models = read_as(listing_dialect::ollama, body).models;
    return listed;
}

void ask_ps(report& listed, const http_reply& reply) {
    const auto questions = dialect_of(listing_dialect::ollama).follow_ups(root_of("localhost"), false);
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].target == "/api/ps");
    questions[0].apply(reply, reply.status == 200 ? read_listing(reply) : listing{}, listed);
}

}  // namespace

TEST_CASE("Ollama is asked for its own list, whatever version its base URL names") {
    CHECK(targets_of(listing_dialect::ollama, root_of("localhost", "", "/v1")) == strings{"/api/tags"});
    CHECK(targets_of(listing_dialect::ollama, root_of("localhost", "/ollama")) == strings{"/ollama/api/tags"});
    CHECK(dialect_of(listing_dialect::ollama).routes(root_of("localhost"))[0].auth == credential::bearer);
}

TEST_CASE("Ollama's lists are read with and without capabilities") {
    CHECK(ids_of(read_as(listing_dialect::ollama, sample("ollama_tags_docs.json"))) ==
          strings{"deepseek-r1:latest", "llama3.2:latest"});
    const page mixed = read_as(listing_dialect::ollama, sample("ollama_tags_mixed_awkward.json"));
    CHECK(ids_of(mixed) ==
          strings{"gpt-oss:120b-cloud", "old:latest", "hf.co/bartowski/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M"});
    CHECK(mixed.models[0] == model{"gpt-oss:120b-cloud", "gpt-oss:120b-cloud", {}, {}, true, false, {}, true});
    CHECK(mixed.models[1] == model{"old:latest", "old:latest", {}, {}, {}, {}, {}});
    CHECK(read_as(listing_dialect::ollama, sample("ollama_tags_empty.json")).what == page::shape::listing);
    CHECK(read_as(listing_dialect::ollama, sample("ollama_v1_models_empty.json")).what == page::shape::listing);
    CHECK(read_as(listing_dialect::ollama, R"({"models": null})").what == page::shape::listing);
}

TEST_CASE("of an Ollama without capabilities the families tell what only embeds") {
    const page read = read_as(listing_dialect::ollama, R"({"models": [
        {"name": "a", "details": {"family": "bert", "families": ["bert"]}},
        {"name": "b", "details": {"family": "nomic-bert", "families": null}},
        {"name": "c", "details": {"family": "llama", "families": ["llama", "bert"]}},
        {"name": "d", "details": {"family": "bert", "families": ["bert"]}, "capabilities": ["completion"]},
        {"name": "e", "details": {"family": "llama"}, "capabilities": ["embedding"]},
        {"name": "f", "details": {"family": "llama", "context_length": 4096}, "capabilities": []},
        {"name": "g"}]})");
    CHECK(ids_of(read) == strings{"c", "d", "f", "g"});
    CHECK(read.models[2].context_length == 4'096);
}

TEST_CASE("what runs in Ollama is loaded, with the window it runs with") {
    report listed = listed_as(R"({"models": [
        {"model": "mistral:latest", "details": {"context_length": 32768}},
        {"model": "llama3.2:latest", "details": {"context_length": 131072}}]})");
    REQUIRE(listed.models.size() == 2);
    CHECK(listed.models[0].loaded == std::nullopt);
    ask_ps(listed, reply_of(sample("ollama_ps_docs.json")));
    CHECK(listed.models[0] == model{"mistral:latest", "mistral:latest", 4'096, {}, {}, {}, true});
    CHECK(listed.models[1] == model{"llama3.2:latest", "llama3.2:latest", 131'072, {}, {}, {}, false});
}

TEST_CASE("an Ollama in which nothing runs has nothing loaded, and a bad answer tells nothing") {
    const report before = listed_as(sample("ollama_tags_docs.json"));
    for (const http_reply& reply : {reply_of("{}", 200), reply_of("not found", 404), reply_of(R"({"models": [)"),
                                    reply_of(R"({"models": []})", 500), reply_of("")}) {
        CAPTURE(reply.body);
        report same = before;
        ask_ps(same, reply);
        CHECK(same.models == before.models);
    }
    report idle = before;
    ask_ps(idle, reply_of(R"({"models": []})"));
    CHECK(idle.models[0].loaded == false);
    CHECK(idle.models[1].loaded == false);
    report untold = before;
    ask_ps(untold, reply_of(R"({"models": [{"name": "llama3.2:latest", "context_length": 0}]})"));
    CHECK(untold.models[1].loaded == true);
    CHECK(untold.models[1].context_length == std::nullopt);
}
