// The rungs of the status ladder that an answer leads to, each from a real server on a real socket.
#include "tests/probes/samples.hpp"
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;

namespace {

using testing::sample;

const std::string answered = "GET http://127.0.0.1:PORT/v1/models answered ";
const std::string check_key = "check that LAB_KEY holds the key that http://127.0.0.1:PORT expects";
const std::string check_place =
    "set base_url of model server \"lab\" to the address of its API, as its documentation gives it";
const std::string check_kind = "check base_url and kind of model server \"lab\"";
const std::string check_kind_or_log =
    "check base_url and kind of model server \"lab\"; if they are right, see the server's log";

struct row {
    std::string what;
    script answer;
    verdict wanted;
};

void check_rows(const std::vector<row>& rows) {
    for (const row& one : rows) {
        CAPTURE(one.what);
        model_server_sim server;
        server.answer_everything(one.answer);
        const trial asking{.server = declared_with_key("openai-compat", server.base_url() + "/v1")};
        const report got = asking.run();
        check_verdict(got, server.port(), one.wanted);
        CHECK(got.latency.has_value());
        CHECK(server.requests().size() == 1);
    }
}

}  // namespace

TEST_CASE("an answer about the key is auth_failed, whatever its status") {
    check_rows({
        {"OpenAI's 401",
         json_answer(401, sample("openai_error_401.json")),
         {auth_failed,
          answered + "401: Incorrect API key provided: invalid-key. You can find your API key at "
                     "https://platform.openai.com/account/api-keys.",
          check_key}},
        {"vLLM's 401",
         json_answer(401, sample("vllm_401.json")),
         {auth_failed, answered + "401: Unauthorized", check_key}},
        {"Google's 400",
         json_answer(400, sample("gemini_error_400_bad_key.json")),
         {auth_failed, answered + "400: API key not valid. Please pass a valid API key.", check_key}},
        {"xAI's 400",
         json_answer(
             400,
             R"({"code":"invalid-argument","error":"Incorrect API key provided: xx**yy. You can obtain an API key from https://console.x.ai."})"),
         {auth_failed,
          answered + "400: Incorrect API key provided: xx**yy. You can obtain an API key from https://console.x.ai.",
          check_key}},
        {"Google without a key",
         json_answer(403, sample("gemini_error_403_no_key.json")),
         {auth_failed,
          answered + "403: Method doesn't allow unregistered callers (callers without established identity). Please "
                     "use API Key or other form of API consumer identity to call this API.",
          check_key}},
        {"an empty 401", {.status = 401}, {auth_failed, answered + "401: Unauthorized", check_key}},
        {"LM Studio's 200",
         json_answer(
             200,
             R"({"error":{"type":"invalid_request","code":"invalid_api_key","message":"An API token is required to make requests to this server."}})"),
         {auth_failed, answered + "200 with an error: An API token is required to make requests to this server.",
          check_key}},
    });
}

TEST_CASE("an answer that refuses has its own rung") {
    const std::string wall =
        "a wall in front of http://127.0.0.1:PORT has refused this, and its key was not looked at: ask who runs it to "
        "let "
        "operatord through, or use a base_url that goes around it";
    check_rows({
        {"403",
         json_answer(403, R"({"error":{"message":"this key is for completions only"}})"),
         {forbidden, answered + "403: this key is for completions only",
          "the server knows the key in LAB_KEY, which may not list models: allow it that, or use another key"}},
        {"402",
         json_answer(402, R"({"error":{"message":"Insufficient credits","code":402}})"),
         {http_error, answered + "402: Insufficient credits",
          "the key is accepted, but its account has no credit: add some where http://127.0.0.1:PORT is billed"}},
        {"a web page with 403",
         html_answer(403, "<html><title>Access denied</title></html>"),
         {forbidden, answered + "403: Access denied", wall}},
        {"a bot wall with 403",
         text_answer(403, "error code: 1010"),
         {forbidden, answered + "403: error code: 1010", wall}},
        {"403 about the client",
         json_answer(403, R"({"error":{"message":"only for coding agents"}})"),
         {forbidden, answered + "403: only for coding agents",
          "the server says why; whether model server \"lab\" may use it is decided there"}},
        {"404",
         json_answer(404, sample("vllm_404.json")),
         {no_listing, answered + "404: The model `x` does not exist.", check_place}},
        {"LM Studio's 200",
         json_answer(200, R"x({"error":"Unexpected endpoint or method. (GET /v1/models)"})x"),
         {no_listing, answered + "200 with an error: Unexpected endpoint or method. (GET /v1/models)", check_place}},
        {"405", text_answer(405, ""), {no_listing, answered + "405: Method Not Allowed", check_place}},
    });
}

TEST_CASE("a server that is busy, broken or not ready says so by its status") {
    check_rows({
        {"429 with seconds",
         json_answer(429, sample("openai_error_429_rate.json"), {{"Retry-After", "17"}}),
         {rate_limited, answered + "429: Rate limit reached for requests. Please try again in 20s.",
          "the server limits requests: it is asked again in 17s", 17s}},
        {"429 with a date",
         text_answer(429, "slow down",
                     {{"Date", "Wed, 01 Jul 2026 10:00:00 GMT"}, {"Retry-After", "Wed, 01 Jul 2026 10:00:42 GMT"}}),
         {rate_limited, answered + "429: slow down", "the server limits requests: it is asked again in 42s", 42s}},
        {"429 without a time",
         text_answer(429, ""),
         {rate_limited, answered + "429: Too Many Requests", "the server limits requests: it is asked again later"}},
        {"429 for want of money",
         json_answer(429, R"({"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}})"),
         {rate_limited, answered + "429: You exceeded your current quota",
          "the key is accepted, but its account has no credit: add some where http://127.0.0.1:PORT is billed"}},
        {"a model is being loaded",
         json_answer(503, sample("llamacpp_503_loading.json")),
         {starting, answered + "503: Loading model", "it is getting ready: wait; it is asked again later"}},
        {"LocalAI begins",
         json_answer(503, sample("localai_503_starting.json")),
         {starting, answered + "503: Service Unavailable", "it is getting ready: wait; it is asked again later"}},
        {"another 503",
         text_answer(503, "no healthy upstream", {{"Retry-After", "5"}}),
         {http_error, answered + "503: no healthy upstream",
          "a proxy answers for a server that does not: check that the server behind it runs; it is asked again in 5s",
          5s}},
        {"500",
         text_answer(500, "Internal Server Error\nat handler.py:17"),
         {http_error, answered + "500: Internal Server Error",
          "the server has a problem of its own: see its log; it is asked again later"}},
        {"502",
         html_answer(502, sample("html_502_nginx.html")),
         {http_error, answered + "502: Bad Gateway",
          "a proxy answers for a server that does not: check that the server behind it runs; it is asked again later"}},
        {"529",
         json_answer(529, sample("anthropic_error_529.json")),
         {http_error, answered + "529: Overloaded", "it is asked again later"}},
        {"400",
         json_answer(400, sample("textgen_webui_400_host.json")),
         {http_error, answered + "400: Invalid host header",
          "the server does not answer to the name \"127.0.0.1\": use localhost or its address in base_url of model "
          "server \"lab\", or allow the name in the server's own settings"}},
        {"511",
         html_answer(511, "<title>Login</title>"),
         {http_error, answered + "511: Login",
          "the network wants a login first, as in a hotel: open any page in a browser, and log in there"}},
        {"530",
         text_answer(530, "error code: 1033"),
         {http_error, answered + "530: error code: 1033",
          "the network in front of the server cannot reach it: check that the server behind it runs; it is asked again "
          "later"}},
        {"418", text_answer(418, ""), {http_error, answered + "418", check_kind}},
    });
}

TEST_CASE("a good status with anything but a list is bad_response") {
    const std::string list(two_models);
    auto brotli = json_answer(200, "\x8b\x01\x80", {{"Content-Encoding", "br"}});
    check_rows({
        {"a web page",
         html_answer(200, sample("html_200_spa_index.html")),
         {bad_response, answered + "200 with a web page (Open WebUI)",
          "base_url leads to a site for people: set it to the address of the API of model server \"lab\", which often "
          "ends in /v1 or /api"}},
        {"half of the JSON",
         json_answer(200, list.substr(0, 30)),
         {bad_response, answered + "200, but the answer is JSON that breaks off at line 1, column 31",
          check_kind_or_log}},
        {"JSON of another kind",
         json_answer(200, R"({"status":"ok","uptime":17})"),
         {bad_response,
          answered + "200, but the answer is a JSON object without a list of models (it has \"status\", \"uptime\")",
          check_place}},
        {"plain text",
         text_answer(200, "Ollama is running"),
         {bad_response, answered + "200, but the answer begins with \"Ollama is running\"", check_kind_or_log}},
        {"nothing", json_answer(200, ""), {bad_response, answered + "200, but the answer is empty", check_kind_or_log}},
        {"204", {.status = 204}, {bad_response, answered + "204, but the answer is empty", check_kind_or_log}},
        {"compressed",
         brotli,
         {bad_response, answered + "200, but the answer is compressed (br)",
          "its answer is compressed in another way than gzip, which alone was asked for: switch that off for this "
          "path"}},
    });
}

TEST_CASE("a server that has no list anywhere is no_listing, with the words about the best place") {
    struct kind_row {
        std::string slug;
        std::size_t requests;
        std::string path;
        std::string hint;
    };

    const std::string check_base = "check base_url of model server \"lab\": ";
    const std::vector<kind_row> rows{
        {"anthropic-api", 3, "/v1/models",
         "many Anthropic-compatible servers have no list, and launching works without one; else check base_url of "
         "model "
         "server \"lab\""},
        {"openai-compat", 2, "/v1/models", check_place + "; it often ends in /v1"},
        {"google-api", 1, "/v1beta/models", check_place + "; it often ends in /v1"},
        {"ollama", 1, "/api/tags", check_base + "Ollama listens at http://localhost:11434 unless told otherwise"},
        {"openrouter", 2, "/api/v1/models", check_place + "; it often ends in /v1"},
        {"lmstudio", 3, "/api/v1/models",
         check_base + "LM Studio's server listens at http://localhost:1234 unless told otherwise"},
    };
    for (const kind_row& one : rows) {
        CAPTURE(one.slug);
        model_server_sim server;
        server.answer_everything(text_answer(404, "404 page not found"));
        const report got = trial{.server = declared_with_key(one.slug, server.base_url())}.run();
        const std::string error = "GET http://127.0.0.1:PORT" + one.path + " answered 404: page not found";
        check_verdict(got, server.port(), {no_listing, error, one.hint});
        CHECK(server.requests().size() == one.requests);
        CHECK(server.connections() == 1);
    }
}
