#include "probes/dialects/listing_json.hpp"

#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

namespace {

using shape = page::shape;

listing read(std::string body) { return read_listing(reply_of(std::move(body))); }

/// The single model of a list with this entry.
model only(const std::string& entry) {
    const listing list = read(R"({"data": [)" + entry + "]}");
    REQUIRE(list.what == shape::listing);
    REQUIRE(list.models.size() == 1);
    return list.models[0].what;
}

strings listed_ids(const std::string& body) {
    strings ids;
    for (const listed_model& one : read(body).models) ids.push_back(one.what.id);
    return ids;
}

}  // namespace

TEST_CASE("what is no list is told apart, in words") {
    struct {
        std::string body;
        shape what;
        std::string note;
    } const cases[] = {
        {"", shape::not_json, "is empty"},
        {" \r\n", shape::not_json, "is empty"},
        {sample("ollama_root.txt"), shape::not_json, "begins with \"Ollama is running\""},
        {"\x1b[31mred\x1b[0m\xff", shape::not_json, "begins with \"red\xEF\xBF\xBD\""},
        {sample("html_200_spa_index.html"), shape::html, "Open WebUI"},
        {"\xEF\xBB\xBF \n<p>hello</p>", shape::html, ""},
        {R"({"data": [{"id": "a"})", shape::not_json, "is JSON that breaks off at line 1, column 22"},
        {sample("openai_docs_example_trailing_comma.txt"), shape::not_json,
         "is JSON that is wrong at line 15, column 5 (syntax error)"},
        {R"({"data": []} x)", shape::not_json, "is JSON that goes on after its end, at line 1, column 14"},
        {R"({"data": []}{})", shape::not_json, "is JSON that goes on after its end, at line 1, column 13"},
        {"{\"data\": [{\"id\": \"a\xff\"}]}", shape::unknown,
         "has 1 entries, none of which is a model that can be read"},
        {"{}", shape::unknown, "is an empty JSON object"},
        {"42", shape::unknown, "is a single JSON value"},
        {"\"Ollama is running\"", shape::unknown, "is a single JSON value"},
        {"null", shape::unknown, "is a single JSON value"},
        {"nothing", shape::not_json, "is JSON that is wrong at line 1, column 1 (syntax error)"},
        {sample("vllm_version.json"), shape::unknown, "is a JSON object without a list of models (it has \"version\")"},
        {R"({"data": {"id": "a"}})", shape::unknown, "has something else than a list where the models belong"},
        {"[1, 2]", shape::unknown, "has 2 entries, none of which is a model that can be read"},
        {sample("vllm_401.json"), shape::error, "Unauthorized"},
        {sample("fastapi_404.json"), shape::error, "Not Found"},
        {R"({"code": 30014, "message": "no key", "data": null})", shape::error, "no key"},
        {R"({"data": [], "error": {"message": "no key"}})", shape::error, "no key"},
        {R"([{"error": {"message": "quota", "status": "RESOURCE_EXHAUSTED"}}])", shape::error, "quota"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.body);
        const listing list = read(one.body);
        CHECK(list.what == one.what);
        CHECK(list.note == one.note);
        CHECK(list.models.empty());
    }
}

TEST_CASE("all forms of an empty list are lists") {
    for (const char* const body : {R"({"data": []})", R"({"models": []})", R"({"object": "list", "data": null})", "[]",
                                   R"({"data": [], "error": null})", "\xEF\xBB\xBF{\"data\": [ ]}\n"}) {
        CAPTURE(body);
        const listing list = read(body);
        CHECK(list.what == shape::listing);
        CHECK(list.models.empty());
    }
}

TEST_CASE("of two lists data counts, whichever comes first") {
    CHECK(listed_ids(R"({"models": [{"name": "m"}], "data": [{"id": "d"}]})") == strings{"d"});
    CHECK(listed_ids(R"({"data": [{"id": "d"}], "models": [{"name": "m"}]})") == strings{"d"});
    CHECK(listed_ids(R"({"data": null, "models": [{"name": "m"}]})") == strings{"m"});
    CHECK(listed_ids(R"({"data": [{"id": "d"}], "data": [{"id": "again"}]})") == strings{"d"});
}

TEST_CASE("a compressed body is not looked into") {
    http_reply reply = reply_of("\x1f\x8b binary");
    reply.content_encoding = "gzip";
    const listing list = read_listing(reply);
    CHECK(list.what == shape::not_json);
    CHECK(list.note == "is compressed (gzip)");
    reply = reply_of(R"({"data": []})");
    reply.content_encoding = "identity";
    CHECK(read_listing(reply).what == shape::listing);
}

TEST_CASE("an entry that is no model costs nothing but itself") {
    CHECK(listed_ids(R"({"data": [null, 1, "text", [], {}, {"id": ["a"]}, {"id": 7}, {"id": " "}, {"id": "good"},
                                  {"id": "good"}, {"id": "a\nb"}, {"id": "a\u001b[31m"}, {"id": "a\u0085"}]})") ==
          strings{"text", "good"});
    CHECK(listed_ids("{\"data\": [{\"id\": \"odd\xff\"}, {\"id\": \"good\", \"n\": NaN, \"m\": [-Infinity, Infinity], "
                     "\"s\": \"NaN \\\" Infinity\"}]}") == strings{"good"});
    CHECK(listed_ids(R"({"data": [{"id": "x", "created": 18446744073709551616}, {"id": "good"}]})") == strings{"good"});
    CHECK(listed_ids(R"({"data": [{"id": "x", "size": 1e99999}, {"id": "good"}], "total": 99999999999999999999})") ==
          strings{"good"});
    CHECK(listed_ids(R"({"data": [{"id": "cut", "description": "\ud83d"}, {"id": "good"}]})") ==
          strings{"cut", "good"});
    const std::string deep = std::string(5000, '[') + std::string(5000, ']');
    CHECK(listed_ids(R"({"data": [{"id": "x", "deep": )" + deep + R"(}, {"id": "good"}], "deep": )" + deep + "}") ==
          strings{"good"});
    const std::string longest(max_id_bytes, 'x');
    CHECK(listed_ids(R"({"data": [{"id": ")" + longest + R"("}, {"id": ")" + longest + R"(x"}]})") == strings{longest});
}

TEST_CASE("what breaks the grammar anywhere is no list") {
    for (const char* const body :
         {R"({"data": [{"id": "a"},]})", R"({"data": [{"id": "a",}]})", R"({"data": [{"id": "a"} {"id": "b"}]})",
          R"({"data": [{"id": "a"}], "total": 01})", R"({"data": [{"id": "a", "n": 1.}]})", R"({"data": [{"id": a}]})",
          R"({"data": [{"id": "a", "n": [1, 2}]}]})", R"({"data": [{"id": "a"}], "rest": {"x" 1}})",
          R"({"data": [{"id": "a\x"}]})", R"({"data": [{"id": 'a'}]})", R"({"data": [{"id": "a"}], })",
          R"({"data": [{"id": "a"}]]})", R"([{"id": "a"}})", R"([{"id": "a"},])", "{\"data\": [{\"id\": \"a\nb\"}]}",
          R"({data: []})", R"({"data": [tru]})"}) {
        CAPTURE(body);
        CHECK(read(body).what == shape::not_json);
    }
}

TEST_CASE("no cut-off start of a recorded list is a list, and none does harm") {
    for (const char* const file :
         {"anthropic_models_page1.json", "openai_compat_awkward.json", "together_models_bare_array.json",
          "llamacpp_router_models.json", "ollama_tags_mixed_awkward.json", "lmstudio_api_v0_models_loaded.json",
          "gemini_openai_compat_models.json", "ollama_v1_models_empty.json", "anthropic_models_empty.json"}) {
        const std::string body = sample(file);
        const std::size_t whole = body.find_last_of("]}") + 1;
        CAPTURE(file);
        for (std::size_t size = 0; size < whole; ++size) {
            CAPTURE(size);
            REQUIRE(read(body.substr(0, size)).what != shape::listing);
        }
        CHECK(read(body.substr(0, whole)).what == shape::listing);
    }
}

TEST_CASE("no single changed byte of a recorded list does harm") {
    const std::string body = sample("ollama_tags_mixed_awkward.json");
    for (std::size_t at = 0; at < body.size(); ++at) {
        for (const char byte : {'"', '{', ']', ',', '\\', '9', '\0', '\xff'}) {
            std::string changed = body;
            changed[at] = byte;
            const listing list = read(changed);
            REQUIRE(list.models.size() <= 4);
            REQUIRE((list.what == shape::listing || !list.note.empty()));
        }
    }
}

TEST_CASE("nesting without end and lists without end are bounded") {
    CHECK(read(std::string(1'000'000, '[')).what == shape::not_json);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"data\":";
    CHECK(read(objects).what == shape::not_json);
    std::string many = R"({"data": [)";
    for (std::size_t i = 0; i <= probe_limits().models; ++i)
        many += (i == 0 ? R"({"id":")" : R"(,{"id":")") + std::to_string(i) + "\"}";
    const listing list = read(many + "]}");
    CHECK(list.what == shape::listing);
    CHECK(list.models.size() == probe_limits().models);
}

TEST_CASE("a list that goes on and on is read no further than five entries for each model that may be kept") {
    const listing_rules one_model{.most_models = 1};
    for (const bool bare : {false, true}) {
        const std::string start = (bare ? "" : R"({"data": )") + std::string(R"([{"id": "a"}, {"id": "b"}, 1, 1)");
        const std::string end = bare ? ", what now]" : ", what now]}";
        const listing cut = read_listing(reply_of(start + ", 1" + end), one_model);
        CHECK(cut.what == shape::listing);
        REQUIRE(cut.models.size() == 1);
        CHECK(cut.models[0].what.id == "a");
        CHECK(read_listing(reply_of(start + end), one_model).what == shape::not_json);
    }
    std::string fields;
    for (int i = 0; i != 10'000; ++i) fields += "\"a\":0,";
    CHECK(read("{" + fields + "\"data\":[]}").what == shape::not_json);
    CHECK(read("{" + fields.substr(6) + "\"data\":[]}").what == shape::listing);
}

TEST_CASE("the id is the first text of id, key, model and name") {
    CHECK(only(R"({"id": "i", "key": "k", "model": "m", "name": "n"})").id == "i");
    CHECK(only(R"({"id": null, "key": "k", "model": "m", "name": "n"})").id == "k");
    CHECK(only(R"({"id": "", "model": "m", "name": "n"})").id == "m");
    CHECK(only(R"({"name": "n"})").id == "n");
    CHECK(only(R"({"id": "models/x"})").id == "models/x");
    CHECK(only(R"({"id": "models/x", "owned_by": "google"})") == model{"x", "x", {}, {}, {}, {}, {}});
}

TEST_CASE("the display name is clean and of a readable length") {
    CHECK(only(R"({"id": "i", "display_name": "D", "displayName": "d", "name": "n"})").display_name == "D");
    CHECK(only(R"({"id": "i", "display_name": null, "displayName": " ", "name": "n"})").display_name == "n");
    CHECK(only(R"({"id": "i", "name": 7})").display_name == "i");
    CHECK(only(R"({"id": "i", "name": "\u001b[1mBold\u001b[0m\r\n \u202eend\u0007"})").display_name == "Bold end");
    CHECK(only(R"({"id": "i", "name": "\u001b\u0007"})").display_name == "i");
    const std::string name = only(R"({"id": "i", "name": ")" + std::string(400, 'n') + "\"}").display_name;
    CHECK(name == std::string(253, 'n') + "…");
}

TEST_CASE("numbers of tokens are read in every form, and nothing is made up") {
    struct {
        const char* number;
        std::optional<std::uint64_t> tokens;
    } const cases[] = {{"4096", 4096},
                       {"4096.0", 4096},
                       {"\"4096\"", 4096},
                       {"\"4096.7\"", 4096},
                       {"4.096e3", 4096},
                       {"0", {}},
                       {"-1", {}},
                       {"null", {}},
                       {"\"\"", {}},
                       {"\"32k\"", {}},
                       {"\"inf\"", {}},
                       {"\"nan\"", {}},
                       {"0.4", {}},
                       {"true", {}},
                       {"[4096]", {}},
                       {"1e300", {}},
                       {"18446744073709551615", {}},
                       {"9007199254740991", 9007199254740991U}};

    for (const auto& one : cases) {
        CAPTURE(one.number);
        CHECK(only(std::string(R"({"id": "i", "context_length": )") + one.number + "}").context_length == one.tokens);
    }
}

TEST_CASE("the window that is really served counts before the one a model was made for") {
    struct {
        const char* fields;
        std::uint64_t context;
    } const cases[] = {
        {R"("loaded_instances": [{"config": {"context_length": 1}}], "max_context_length": 9)", 1},
        {R"("loaded_instances": [], "max_context_length": 9)", 9},
        {R"("loaded_context_length": 1, "max_context_length": 9)", 1},
        {R"("meta": {"n_ctx": 1, "n_ctx_train": 9})", 1},
        {R"("meta": {"n_ctx_train": 9})", 9},
        {R"("top_provider": {"context_length": 1}, "context_length": 9)", 1},
        {R"("top_provider": {"context_length": null}, "context_length": 9)", 9},
        {R"("max_input_tokens": 9)", 9},
        {R"("inputTokenLimit": 9)", 9},
        {R"("context_window": 9)", 9},
        {R"("max_model_len": 9)", 9},
        {R"("max_context_window": 9)", 9},
        {R"("dmr": {"context_window": 9})", 9},
        {R"("details": {"context_length": 9})", 9},
        {R"("parameters": {"max_seq_len": 9})", 9},
        {R"("providers": [{"context_length": null}, {"context_length": 9}])", 9},
    };

    for (const auto& one : cases) {
        CAPTURE(one.fields);
        CHECK(only(std::string(R"({"id": "i", )") + one.fields + "}").context_length == one.context);
    }
}

TEST_CASE("the longest answer is never longer than the window") {
    CHECK(only(R"({"id": "i", "max_tokens": 9})").max_output_tokens == 9);
    CHECK(only(R"({"id": "i", "outputTokenLimit": 9, "inputTokenLimit": 5})").max_output_tokens == 5);
    CHECK(only(R"({"id": "i", "top_provider": {"max_completion_tokens": 9}})").max_output_tokens == 9);
    CHECK(only(R"({"id": "i", "max_completion_tokens": 9})").max_output_tokens == 9);
    CHECK(only(R"({"id": "i", "max_output_tokens": 9})").max_output_tokens == 9);
}

TEST_CASE("tools and vision are known only where a server tells") {
    struct {
        const char* fields;
        std::optional<bool> tools;
        std::optional<bool> vision;
    } const cases[] = {
        {R"("supported_parameters": ["tools"])", true, {}},
        {R"("supported_parameters": ["stop"])", false, {}},
        {R"("supported_parameters": [])", {}, {}},
        {R"("capabilities": {"function_calling": true, "vision": false})", true, false},
        {R"("capabilities": {"function_calling": false, "vision": true})", false, true},
        {R"("capabilities": ["completion", "tools", "vision"])", true, true},
        {R"("capabilities": ["completion"])", false, false},
        {R"("capabilities": ["tool_use"])", true, {}},
        {R"("capabilities": {"trained_for_tool_use": true})", true, {}},
        {R"("capabilities": {"image_input": {"supported": false}})", {}, false},
        {R"("capabilities": null)", {}, {}},
        {R"("supports_tools": true, "supports_image_input": true)", true, true},
        {R"("supported_features": ["tools"])", true, {}},
        {R"("tags": ["tool-use", "vision"])", true, true},
        {R"("tags": [])", {}, {}},
        {R"("labels": ["reasoning"])", {}, {}},
        {R"("labels": ["tool-calling"])", true, {}},
        {R"("providers": [{"supports_tools": false}, {"supports_tools": true}])", true, {}},
        {R"("providers": [{"supports_tools": false}])", false, {}},
        {R"("providers": [{}])", {}, {}},
        {R"("input_modalities": ["text", "image"])", {}, true},
        {R"("architecture": {"input_modalities": ["text"]})", {}, false},
        {R"("type": "vlm")", {}, true},
        {R"("type": "llm")", {}, {}},
    };

    for (const auto& one : cases) {
        CAPTURE(one.fields);
        const model read_back = only(std::string(R"({"id": "i", )") + one.fields + "}");
        CHECK(read_back.tools == one.tools);
        CHECK(read_back.vision == one.vision);
    }
}

TEST_CASE("a model reasons where its server tells") {
    for (const char* fields :
         {R"("supported_parameters": ["tools", "reasoning"])", R"("capabilities": ["completion", "thinking"])",
          R"("capabilities": {"reasoning": true})", R"("supported_features": ["reasoning"])"})
        CHECK(only(std::string(R"({"id": "i", )") + fields + "}").thinks);
    for (const char* fields : {R"("supported_parameters": ["tools"])", R"("capabilities": ["completion"])",
                               R"("capabilities": {"reasoning": false})", R"("x": 1)"})
        CHECK_FALSE(only(std::string(R"({"id": "i", )") + fields + "}").thinks);
}

TEST_CASE("what is in memory is known only where a server tells") {
    CHECK(only(R"({"id": "i", "state": "loaded"})").loaded == true);
    CHECK(only(R"({"id": "i", "state": "not-loaded"})").loaded == false);
    CHECK(only(R"({"id": "i", "state": "active"})").loaded == std::nullopt);
    CHECK(only(R"({"id": "i", "loaded_instances": [{}]})").loaded == true);
    CHECK(only(R"({"id": "i", "loaded_instances": []})").loaded == false);
    CHECK(only(R"({"id": "i", "status": {"value": "loaded"}})").loaded == true);
    CHECK(only(R"({"id": "i", "status": {"value": "sleeping"}})").loaded == false);
    CHECK(only(R"({"id": "i", "status": "ACTIVE"})").loaded == std::nullopt);
}

TEST_CASE("what says itself that it makes no text is marked, and names alone say nothing") {
    struct {
        const char* fields;
        bool text;
    } const cases[] = {
        {R"("type": "embedding")", false},
        {R"("type": "Embeddings")", false},
        {R"("type": "image")", false},
        {R"("type": "rerank")", false},
        {R"("type": "moderation")", false},
        {R"("type": "chat")", true},
        {R"("type": "model")", true},
        {R"("kind": "EMBEDDING_MODEL")", false},
        {R"("kind": "HF_BASE_MODEL")", true},
        {R"("output_modalities": ["image"])", false},
        {R"("output_modalities": ["text", "image"])", true},
        {R"("output_modalities": [])", true},
        {R"("architecture": {"output_modalities": ["audio"]})", false},
        {R"("capabilities": {"completion_chat": false})", false},
        {R"("capabilities": {"completion_chat": true})", true},
        {R"("labels": ["image"])", false},
        {R"("labels": ["hot", "embeddings"])", false},
        {R"("labels": ["hot", "vision"])", true},
        {R"("active": false)", false},
        {R"("active": true)", true},
        {R"("name": "text-embedding-bge-rerank-whisper-tts")", true},
    };

    for (const auto& one : cases) {
        CAPTURE(one.fields);
        const listing list = read(std::string(R"([{"id": "i", )") + one.fields + "}]");
        REQUIRE(list.models.size() == 1);
        CHECK(list.models[0].text == one.text);
    }
}

TEST_CASE("an adapter has the window of the model it extends") {
    const listing list = read(R"({"data": [{"id": "base", "max_model_len": 4096},
        {"id": "lora", "parent": "base", "max_model_len": null}, {"id": "lost", "parent": "gone"}]})");
    REQUIRE(list.models.size() == 3);
    CHECK(list.models[1].what.context_length == 4096);
    CHECK(list.models[2].what.context_length == std::nullopt);
}
