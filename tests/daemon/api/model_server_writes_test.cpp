#include "tests/daemon/api/asked_api.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace opd;
using namespace opd::state;
using namespace opd::wire;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view commented = R"(# mine
[[model_servers]]
name = "lab"   # under the desk
kind = "ollama"
base_url = "http://127.0.0.1:1001"
extra_env = { TOKEN = "hush", REFERENCE = "${TOKEN}" }
probe = "lazy"

[[delegators]]
name = "local"
llm_tool = "codex"
model = "qwen"
model_server = "lab"
)";

constexpr std::string_view nothing_further =
    R"("probe_mode":"auto","interval":null,"timeout":null,"ca_file":null,"allow_plaintext_key":false,"bridge":"auto")";

/// As it is told before the first probe.
std::string pending(std::string_view fields, std::string_view further = nothing_further) {
    return fmt::format(R"({{{},"user_declared":true,"probe":{{"status":"pending","reachable":false,"checked_at":null,)"
                       R"("latency_ms":null,"model_count":null,"error":"not probed yet","hint":null,)"
                       R"("next_probe_at":null}},{}}})",
                       fields, further);
}

}  // namespace

TEST_CASE("a server is created: 201, its place, its tag, and all of it") {
    api_on api("# empty\n");
    api.keys["K"] = "k";
    const answer made =
        api.post("/api/v1/model-servers",
                 R"({"name":"a/b é","kind":"openai-compat","base_url":"http://127.0.0.1:1002/v1","api_key_env":"K",)"
                 R"("extra_env":{"B":"hush","A":"${K}"},"display_name":"AB"})");
    CHECK(made.status == 201);
    CHECK(made.location == "/api/v1/model-servers/a%2Fb%20%C3%A9");
    CHECK(made.etag == "\"i-2\"");
    CHECK_FALSE(made.tagged);
    CHECK(text_of(made) ==
          pending(R"("name":"a/b é","kind":"openai-compat","base_url":"http://127.0.0.1:1002/v1","api_key_env":"K",)"
                  R"("extra_env":{"B":"***","A":"${K}"},"display_name":"AB")"));
    CHECK(api.file_text() ==
          "# empty\n\n[[model_servers]]\nname = \"a/b é\"\nkind = \"openai-compat\"\n"
          "base_url = \"http://127.0.0.1:1002/v1\"\napi_key_env = \"K\"\nextra_env = { B = \"hush\", A = \"${K}\" }\n"
          "display_name = \"AB\"\n");

    const answer read = api.get(made.location);
    CHECK(read.status == 200);
    CHECK(read.etag == made.etag);
    CHECK(json_of(read).at("base_url").as_string() == "http://127.0.0.1:1002/v1");
    CHECK(json_of(api.get("/api/v1/model-servers")).at("servers").at(0).at("name").as_string() == "a/b é");
    CHECK(json_of(api.get("/api/v1/health")).at("config").at("generation").as_int64() == 2);
}

TEST_CASE("a new server is probed at once") {
    api_on api("");
    CHECK(api.post("/api/v1/model-servers",
                   R"({"name":"n","kind":"openai-compat","base_url":"http://127.0.0.1:1002/v1"})")
              .status == 201);
    CHECK(api.until([&] { return api.transport.asked(1002) == 1; }));
}

TEST_CASE("as little as possible is created with null where nothing was said") {
    api_on api("");
    api.keys["OPENROUTER_API_KEY"] = "k";
    const answer made = api.post("/api/v1/model-servers", R"({"name":"or","kind":"openrouter"})");
    CHECK(made.status == 201);
    CHECK(text_of(made) == pending(R"("name":"or","kind":"openrouter","base_url":null,"api_key_env":null,)"
                                   R"("extra_env":{},"display_name":null)"));
    CHECK(api.file_text() == "[[model_servers]]\nname = \"or\"\nkind = \"openrouter\"\n");
}

TEST_CASE("who writes over the unix socket reads the values of extra_env, over TCP they are masked") {
    api_on api("");
    const request over_socket{.method = "POST",
                              .target = "/api/v1/model-servers",
                              .content_type = "application/json",
                              .body = R"({"name":"a","kind":"ollama","extra_env":{"T":"hush"}})",
                              .over_unix_socket = true};
    CHECK(json_of(api.ask(over_socket)).at("extra_env").at("T").as_string() == "hush");
    CHECK(json_of(api.put("/api/v1/model-servers/a", R"({"kind":"ollama","extra_env":{"T":"***"}})"))
              .at("extra_env")
              .at("T")
              .as_string() == "***");
    const request removal{.method = "DELETE", .target = "/api/v1/model-servers/a", .over_unix_socket = true};
    CHECK(json_of(api.ask(removal)).at("extra_env").at("T").as_string() == "hush");
}

TEST_CASE("the further fields of a server are created, kept where they are not sent, and taken back with null") {
    api_on api("# empty\n");
    constexpr std::string_view usual = R"("name":"a","kind":"ollama","base_url":"http://127.0.0.1:1002",)"
                                       R"("api_key_env":null,"extra_env":{},"display_name":null)";
    constexpr std::string_view slow =
        R"("probe_mode":"lazy","interval":"1m","timeout":"20s","ca_file":"/ca.pem","allow_plaintext_key":true,"bridge":"auto")";
    const answer made =
        api.post("/api/v1/model-servers",
                 R"({"name":"a","kind":"ollama","base_url":"http://127.0.0.1:1002","probe_mode":"lazy",)"
                 R"("interval":"60s","timeout":"20s","ca_file":"/ca.pem","allow_plaintext_key":true,"bridge":"auto"})");
    CHECK(text_of(made) == pending(usual, slow));
    const std::string block =
        "# empty\n\n[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\n"
        "base_url = \"http://127.0.0.1:1002\"\n";
    CHECK(api.file_text() == block +
                                 "probe = \"lazy\"\ninterval = \"1m\"\ntimeout = \"20s\"\n"
                                 "ca_file = \"/ca.pem\"\nallow_plaintext_key = true\n");

    const std::string target = "/api/v1/model-servers/a";
    const std::string kept = R"({"kind":"ollama","base_url":"http://127.0.0.1:1002")";
    CHECK(text_of(api.put(target, kept + "}")) == pending(usual, slow));
    const std::string one =
        text_of(api.put(target, kept + R"(,"interval":"2m","allow_plaintext_key":false,"bridge":"auto"})"));
    CHECK(one == pending(usual, R"("probe_mode":"lazy","interval":"2m","timeout":"20s","ca_file":"/ca.pem",)"
                                R"("allow_plaintext_key":false,"bridge":"auto")"));
    CHECK(api.file_text() == block + "probe = \"lazy\"\ninterval = \"2m\"\ntimeout = \"20s\"\nca_file = \"/ca.pem\"\n");
    const std::string none = R"(,"probe_mode":null,"interval":null,"timeout":"","ca_file":null})";
    CHECK(text_of(api.put(target, kept + none)) == pending(usual));
    CHECK(api.file_text() == block);
}

TEST_CASE("the further fields of a server are refused by the rules of the file") {
    api_on api("# empty\n");
    const answer refused =
        api.post("/api/v1/model-servers", R"({"name":"a","kind":"ollama","probe_mode":"lasy","interval":10,)"
                                          R"("timeout":"8d","ca_file":"ca.pem","allow_plaintext_key":"yes"})");
    CHECK(refused.status == 400);
    CHECK(text_of(refused) ==
          R"({"error":"validation_error","message":"5 fields are wrong: probe_mode, interval, timeout, ca_file and )"
          R"(allow_plaintext_key","details":[{"field":"probe_mode","message":"unknown probe mode \"lasy\"; did you )"
          R"(mean \"lazy\"?"},{"field":"interval","message":"must be a text, not a number"},{"field":"timeout",)"
          R"("message":"timeout is \"8d\", which is out of range; write a time from \"10ms\" to \"7d\""},)"
          R"({"field":"ca_file","message":"ca_file \"ca.pem\" is not an absolute path; write a path that starts with )"
          R"(\"/\" or \"~/\""},{"field":"allow_plaintext_key","message":"must be true or false, not a text"}]})");
    CHECK(api.file_text() == "# empty\n");
}

TEST_CASE("a server is replaced: every field but the name, and the further ones that are not sent stay") {
    api_on api(commented);
    const answer replaced =
        api.put("/api/v1/model-servers/lab", R"({"name":"other","kind":"lmstudio","base_url":"http://127.0.0.1:1003",)"
                                             R"("extra_env":{"TOKEN":"***","NEW":"1"}})");
    CHECK(replaced.status == 200);
    CHECK(replaced.etag == "\"i-2\"");
    CHECK(replaced.location.empty());
    CHECK(
        text_of(replaced) ==
        pending(
            R"("name":"lab","kind":"lmstudio","base_url":"http://127.0.0.1:1003","api_key_env":null,)"
            R"("extra_env":{"TOKEN":"***","NEW":"***"},"display_name":null)",
            R"("probe_mode":"lazy","interval":null,"timeout":null,"ca_file":null,"allow_plaintext_key":false,"bridge":"auto")"));
    const std::string text = api.file_text();
    CHECK(
        text.starts_with("# mine\n[[model_servers]]\nname = \"lab\"   # under the desk\nkind = \"lmstudio\"\n"
                         "base_url = \"http://127.0.0.1:1003\"\n"));
    const model_server& stored = api.configuration.current().loaded.values.model_servers.at(0);
    CHECK(stored.probe == probe_mode::lazy);
    CHECK(stored.extra_env == std::vector<std::pair<std::string, std::string>>{{"TOKEN", "hush"}, {"NEW", "1"}});
    CHECK(json_of(api.get("/api/v1/model-servers/lab")).at("kind").as_string() == "lmstudio");
}

TEST_CASE("what is only described anew keeps what probes have found") {
    api_on api(commented);
    server_state known = api.state("lab");
    known.status = probe_status::refused;
    known.error = "nobody there";
    api.servers.update(*api.entry("lab"), std::move(known));
    const answer replaced = api.put("/api/v1/model-servers/lab",
                                    R"({"kind":"ollama","base_url":"http://127.0.0.1:1001","display_name":"Lab"})");
    CHECK(json_of(replaced).at("display_name").as_string() == "Lab");
    CHECK(json_of(replaced).at("probe").at("error").as_string() == "nobody there");
}

TEST_CASE("a write that changes nothing leaves file, generation and tag as they are") {
    api_on api(commented);
    const answer replaced =
        api.put("/api/v1/model-servers/lab", R"({"kind":"ollama","base_url":"http://127.0.0.1:1001",)"
                                             R"("extra_env":{"TOKEN":"***","REFERENCE":"${TOKEN}"}})");
    CHECK(replaced.status == 200);
    CHECK(replaced.etag == "\"i-1\"");
    CHECK(api.file_text() == commented);
    CHECK(api.configuration.current().generation == 1);
}

TEST_CASE("a server is removed: 200 with what it was") {
    api_on api(commented);
    const std::string before = text_of(api.get("/api/v1/model-servers/lab"));
    check_error(api.remove("/api/v1/model-servers/lab"), 409, "conflict",
                "model server \"lab\" is still named by the delegator \"local\"; remove it first, or force it with "
                "?force=true");
    for (const char* target : {"/api/v1/model-servers/lab?force=false", "/api/v1/model-servers/lab?force=0"})
        CHECK(api.remove(target).status == 409);
    CHECK(api.file_text() == commented);

    const answer removed = api.remove("/api/v1/model-servers/lab?force=true");
    CHECK(removed.status == 200);
    CHECK(text_of(removed) == before);
    CHECK(removed.etag.empty());
    CHECK(api.get("/api/v1/model-servers/lab").status == 404);
    CHECK(
        api.file_text() ==
        "# mine\n\n[[delegators]]\nname = \"local\"\nllm_tool = \"codex\"\nmodel = \"qwen\"\nmodel_server = \"lab\"\n");
}

TEST_CASE("force can be said in several ways, and otherwise is refused") {
    for (const char* force : {"?force", "?force=", "?force=1", "?x=y&force=true"}) {
        CAPTURE(force);
        api_on api(commented);
        CHECK(api.remove(fmt::format("/api/v1/model-servers/lab{}", force)).status == 200);
    }
    api_on api(commented);
    const answer refused = api.remove("/api/v1/model-servers/lab?force=yes");
    CHECK(refused.status == 400);
    CHECK(text_of(refused) ==
          R"({"error":"validation_error","message":"the query parameter force must be true or false",)"
          R"("details":[{"field":"force","message":"must be true or false"}]})");
    CHECK(api.file_text() == commented);
}

TEST_CASE("a DELETE needs no body, and ignores one of JSON") {
    api_on api("[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\n");
    const auto remove = [&](std::string_view type) {
        return api
            .ask({.method = "DELETE", .target = "/api/v1/model-servers/a", .content_type = type, .body = "whatever"})
            .status;
    };
    CHECK(remove("text/plain") == 415);
    CHECK(remove("application/json") == 200);
}

TEST_CASE("a server that is made and removed in one go is told as it was") {
    api_on api("# empty\n");
    const request creation{.method = "POST",
                           .target = "/api/v1/model-servers",
                           .content_type = "application/json",
                           .body = R"({"name":"a","kind":"ollama","display_name":"A"})",
                           .over_unix_socket = true};
    const request removal{.method = "DELETE", .target = "/api/v1/model-servers/a", .over_unix_socket = true};
    answer made;
    answer removed;
    const auto ask = [&](const request& what, answer& given) -> boost::asio::awaitable<void> {
        given = co_await api.handle(what);
    };
    background creating(api.loop, ask(creation, made));
    background removing(api.loop, ask(removal, removed));
    REQUIRE(api.until([&] { return creating.ended() && removing.ended(); }));
    CHECK(made.status == 201);
    CHECK(removed.status == 200);
    CHECK(text_of(made) == pending(R"("name":"a","kind":"ollama","base_url":null,"api_key_env":null,)"
                                   R"("extra_env":{},"display_name":"A")"));
    CHECK(text_of(removed) == text_of(made));
    CHECK(api.get("/api/v1/model-servers/a").status == 404);
}
