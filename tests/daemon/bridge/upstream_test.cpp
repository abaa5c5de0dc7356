#include "daemon/bridge/upstream.hpp"

#include "config/model/base_url.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace opd;
using namespace opd::bridge;

namespace {

state::server_state server(std::string_view slug, std::string_view base, std::vector<model> models = {}) {
    state::server_state out{.server = {.name = "lab", .kind = find_kind(slug)}};
    REQUIRE(out.server.kind != nullptr);
    const auto root = resolve_base_url(*out.server.kind, base);
    REQUIRE(root.has_value());
    out.root = *root;
    out.last_good = std::make_shared<const std::vector<model>>(std::move(models));
    return out;
}

std::string chat_at(std::string_view slug, std::string_view base) {
    const state::server_state where = server(slug, base);
    return chat_target(*where.server.kind, where.root);
}

}  // namespace

TEST_CASE("chats are completed where the list was found") {
    state::server_state where = server("openai-compat", "http://h:1/api");
    where.found = where.root;
    where.found->unversioned = true;
    CHECK(chat_target(*where.server.kind, where.api()) == "/api/chat/completions");
    CHECK(same_target(surface::openai, where.api(), "/responses") == "/api/responses");
}

TEST_CASE("chats are completed below the version of a base URL, in whichever form that was declared") {
    for (const std::string_view base : {"http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"})
        for (const std::string_view slug : {"ollama", "lmstudio", "openai-compat"}) {
            CAPTURE(base);
            CHECK(chat_at(slug, base) == "/v1/chat/completions");
        }
    for (const std::string_view base :
         {"https://openrouter.ai", "https://openrouter.ai/api", "https://openrouter.ai/api/v1"})
        CHECK(chat_at("openrouter", base) == "/api/v1/chat/completions");
    CHECK(chat_at("openai-compat", "https://api.groq.com/openai/v1") == "/openai/v1/chat/completions");
    CHECK(chat_at("openai-api", "https://api.openai.com") == "/v1/chat/completions");
    CHECK(chat_at("openai-compat", "https://h/v1beta/openai") == "/v1beta/openai/chat/completions");
}

TEST_CASE("who speaks what for sure") {
    const auto same = [](std::string_view slug, surface from, operation what = operation::turn) {
        return speaks_the_same(*find_kind(slug), from, what);
    };
    CHECK(same("anthropic-api", surface::anthropic));
    CHECK(same("google-api", surface::gemini));
    CHECK(same("openai-api", surface::openai));
    CHECK(same("openai-api", surface::openai, operation::chat));
    CHECK_FALSE(same("ollama", surface::openai));
    CHECK_FALSE(same("anthropic-api", surface::openai, operation::chat));
    for (const std::string_view slug : {"ollama", "lmstudio", "openrouter", "openai-compat"}) {
        CHECK(same(slug, surface::openai, operation::chat));
        CHECK_FALSE(same(slug, surface::anthropic));
        CHECK_FALSE(same(slug, surface::gemini));
        CHECK(speaks_chat(*find_kind(slug)));
    }
    CHECK_FALSE(speaks_chat(*find_kind("anthropic-api")));
    CHECK_FALSE(speaks_chat(*find_kind("google-api")));
}

TEST_CASE("what is passed on keeps its path and query, but for a key, and the model's name where that is another") {
    const auto passed = [](surface from, std::string_view slug, std::string_view base, std::string_view asked,
                           const std::string& model = "m", operation what = operation::turn) {
        const bridge_route route{
            .server = "s", .from = from, .what = what, .version = "v1beta", .model = "m", .stream = true};
        return target_to_pass_on(route, server(slug, base), asked, model);
    };
    const std::string_view a = "/bridge/anthropic/anthropic/v1/messages?beta=true&x=%20";
    CHECK(passed(surface::anthropic, "anthropic-api", "https://h", a) == "/v1/messages?beta=true&x=%20");
    CHECK(passed(surface::anthropic, "anthropic-api", "https://h/p/v1", a) == "/p/v1/messages?beta=true&x=%20");
    CHECK(passed(surface::openai, "openai-api", "https://h", "/bridge/s/openai/v1/responses") == "/v1/responses");
    CHECK(passed(surface::openai, "openrouter", "https://openrouter.ai", "/bridge/s/openai/v1/chat/completions", "m",
                 operation::chat) == "/api/v1/chat/completions");
    const std::string_view g = "/bridge/s/gemini/v1beta/models/m:streamGenerateContent?";
    const auto of_gemini = [&](std::string_view query, const std::string& model = "m") {
        return passed(surface::gemini, "google-api", "https://h", std::string(g).append(query), model);
    };
    const std::string at = "/v1beta/models/m:streamGenerateContent";
    CHECK(of_gemini("alt=sse") == at + "?alt=sse");
    CHECK(of_gemini("key=SECRET&alt=sse") == at + "?alt=sse");
    CHECK(of_gemini("alt=sse&k%65y=SECRET&key&keys=1") == at + "?alt=sse&keys=1");
    CHECK(of_gemini("key=SECRET") == at);
    CHECK(of_gemini("alt=sse", "a/b:c d?e#\r\n") ==
          "/v1beta/models/a/b:c%20d%3Fe%23%0D%0A:streamGenerateContent?alt=sse");
}

TEST_CASE("a body that is passed on is looked into, and not changed by that") {
    const std::string body = R"( {"x":"\ud800","model" : "a\"b","stream":true})";
    const auto seen = look_into(body);
    REQUIRE(seen.has_value());
    CHECK(seen->model == "a\"b");
    CHECK(body.substr(seen->at, seen->size) == R"(a\"b)");
    CHECK(seen->stream);
    for (const std::string none : {"", "{", "[]", "{}", R"({"model":1})", R"({"model":"m")"})
        CHECK_FALSE(look_into(none));
}

TEST_CASE("the model to ask for is the agent's if the server lists it, else that of the launch") {
    const state::server_state lab = server("ollama", "http://h:1", {{.id = "qwen3:latest"}, {.id = "other"}});
    CHECK(model_to_ask(lab, "qwen3", "launched") == "qwen3");
    CHECK(model_to_ask(lab, "other", "launched") == "other");
    CHECK(model_to_ask(lab, "claude-haiku", "launched") == "launched");
    CHECK(model_to_ask(lab, "claude-haiku", "") == "claude-haiku");
    const state::server_state plain = server("openai-compat", "http://h:1", {{.id = "qwen3:latest"}});
    CHECK(model_to_ask(plain, "qwen3", "launched") == "launched");
}

TEST_CASE("what is listed of a model is what its server takes") {
    const state::server_state lab =
        server("ollama", "http://h:1", {{.id = "a:latest", .context_length = 4096, .thinks = true}, {.id = "b"}});
    const chat_server a = chat_server_of(lab, "a", "maker");
    CHECK(a.thinks);
    CHECK(a.context == 4096);
    CHECK(a.what == chat_server::flavour::ollama);
    CHECK_FALSE(chat_server_of(lab, "b", "maker").thinks);
}

TEST_CASE("codes in a URL are read, and what is none stays") {
    CHECK(percent_decoded("a%2Fb%20c%C3%A9") == "a/b c\xC3\xA9");
    CHECK(percent_decoded("%") == "%");
    CHECK(percent_decoded("%4") == "%4");
    CHECK(percent_decoded("%zz%-1%+1") == "%zz%-1%+1");
}
