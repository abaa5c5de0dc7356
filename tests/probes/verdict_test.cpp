#include "probes/verdict.hpp"

#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;
using namespace std::chrono_literals;

namespace {

const std::string key_text = "sekrit-0123456789";

/// A declared server of a kind, and what it answers to its first route.
struct scene {
    const char* slug;
    const char* host = "localhost";
    bool has_key = false;
    bool tls = false;

    report judge(const http_reply& reply, std::string_view target = {}) const {
        model_server server;
        server.name = "mine";
        server.kind = find_kind(slug);
        server.base_url = "http://declared";
        api_root root = root_of(host);
        root.tls = tls;
        if (tls) root.port = 443;
        const secret held(has_key ? key_text : "");
        const key_pieces key(held);
        const verdict_subject about{
            .server = server, .root = root, .key_env = has_key ? "MY_KEY" : "", .key = key, .timeout = 5s};
        const std::vector<route> routes = dialect_of(server.kind->dialect).routes(root);
        if (target.empty()) target = routes[0].target;
        if (reply.status / 100 != 2) return judge_status(about, reply, target, {});
        return judge_page(about, reply, read_page(routes[0], reply, target), target);
    }
};

http_reply moved(std::string location) {
    http_reply reply = reply_of("", 301);
    reply.location = std::move(location);
    return reply;
}

struct verdict_case {
    scene where;
    http_reply reply;
    probe_status status;
    const char* error;
    const char* hint;
};

void check(const verdict_case& one) {
    const report judged = one.where.judge(one.reply);
    CHECK(to_string(judged.status) == to_string(one.status));
    CHECK(judged.error == one.error);
    CHECK(judged.hint == one.hint);
    CHECK(judged.models.empty());
}

}  // namespace

TEST_CASE("a refused key is told as such, whatever the status") {
    const scene compat{.slug = "openai-compat"};
    const scene keyed{.slug = "openai-compat", .has_key = true};
    const scene openai{.slug = "openai-api", .host = "api.openai.com", .has_key = true, .tls = true};
    const scene google{.slug = "google-api", .host = "generativelanguage.googleapis.com", .has_key = true, .tls = true};
    const char* const name_one =
        "the server wants a key: put it into a variable, and name that in api_key_env of model server \"mine\"";
    const char* const own = "check that MY_KEY holds the key that http://localhost:8000 expects";
    const char* const vendor = "check the key in MY_KEY, or make a new one at https://aistudio.google.com/apikey";
    const verdict_case cases[] = {
        {compat, reply_of(sample("llamacpp_401.json"), 401), probe_status::auth_failed,
         "GET http://localhost:8000/v1/models answered 401: Invalid API Key", name_one},
        {keyed, reply_of(sample("vllm_401.json"), 401), probe_status::auth_failed,
         "GET http://localhost:8000/v1/models answered 401: Unauthorized", own},
        {keyed, reply_of("", 401), probe_status::auth_failed,
         "GET http://localhost:8000/v1/models answered 401: Unauthorized", own},
        {keyed, reply_of(R"({"code": "invalid-argument", "error": "Incorrect API key provided: sk-…abcd"})", 400),
         probe_status::auth_failed, "GET http://localhost:8000/v1/models answered 400: Incorrect API key provided: ***",
         own},
        {google, reply_of(sample("gemini_error_400_bad_key.json"), 400), probe_status::auth_failed,
         "GET https://generativelanguage.googleapis.com/v1beta/models answered 400: API key not valid. Please "
         "pass "
         "a valid API key.",
         vendor},
        {google, reply_of(sample("gemini_error_403_no_key.json"), 403), probe_status::auth_failed,
         "GET https://generativelanguage.googleapis.com/v1beta/models answered 403: Method doesn't allow "
         "unregistered callers (callers without established identity). Please use API Key or other form of API "
         "consumer "
         "identity to call this API.",
         vendor},
        {openai, reply_of(R"({"error": {"message": "Incorrect API key provided: sekrit-0123456789."}})", 401),
         probe_status::auth_failed,
         "GET https://api.openai.com/v1/models answered 401: Incorrect API key provided: ***.",
         "check the key in MY_KEY, or make a new one at https://platform.openai.com/api-keys"},
        {{.slug = "lmstudio"},
         reply_of(sample("lmstudio_error_401_token.json")),
         probe_status::auth_failed,
         "GET http://localhost:8000/api/v1/models answered 200 with an error: An LM Studio API token is required to "
         "make "
         "requests to this server.",
         name_one},
    };
    for (const verdict_case& one : cases) check(one);
    const scene router{.slug = "openrouter", .host = "openrouter.ai", .has_key = true, .tls = true};
    const report key = router.judge(reply_of(R"({"error": {"message": "No", "code": 403}})", 403), "/api/v1/key");
    CHECK(key.status == probe_status::auth_failed);
    CHECK(key.error == "GET https://openrouter.ai/api/v1/key answered 403: No");
}

TEST_CASE("forbidden is about permissions or the name of the host") {
    const verdict_case cases[] = {
        {{.slug = "anthropic-api", .host = "api.anthropic.com", .has_key = true},
         reply_of(sample("anthropic_error_403.json"), 403),
         probe_status::forbidden,
         "GET http://api.anthropic.com:8000/v1/models answered 403: Your API key does not have permission to use the "
         "specified resource.",
         "the server knows the key in MY_KEY, which may not list models: allow it that, or use another key"},
        {{.slug = "openai-compat"},
         reply_of("", 403),
         probe_status::forbidden,
         "GET http://localhost:8000/v1/models answered 403: Forbidden",
         "the server may want a key: name its variable in api_key_env of model server \"mine\""},
        {{.slug = "ollama", .host = "gpu-box"},
         reply_of("", 403),
         probe_status::forbidden,
         "GET http://gpu-box:8000/api/tags answered 403: Forbidden",
         "the server does not answer to the name \"gpu-box\": use localhost or its address in base_url of model server "
         "\"mine\", or allow the name in the server's own settings"},
    };
    for (const verdict_case& one : cases) check(one);
}

TEST_CASE("a place without a list is told with where to look") {
    const char* const compat =
        "set base_url of model server \"mine\" to the address of its API, as its documentation gives it; it often ends "
        "in /v1";
    const verdict_case cases[] = {
        {{.slug = "openai-compat"},
         reply_of(sample("fastapi_404.json"), 404),
         probe_status::no_listing,
         "GET http://localhost:8000/v1/models answered 404: Not Found",
         compat},
        {{.slug = "openai-compat"},
         reply_of(sample("html_501_python_http_server.html"), 501),
         probe_status::no_listing,
         "GET http://localhost:8000/v1/models answered 501: Error response",
         compat},
        {{.slug = "openai-compat"},
         reply_of("", 405),
         probe_status::no_listing,
         "GET http://localhost:8000/v1/models answered 405: Method Not Allowed",
         compat},
        {{.slug = "ollama"},
         reply_of("404 page not found", 404),
         probe_status::no_listing,
         "GET http://localhost:8000/api/tags answered 404: page not found",
         "check base_url of model server \"mine\": Ollama listens at http://localhost:11434 unless told otherwise"},
        {{.slug = "anthropic-api"},
         reply_of("", 404),
         probe_status::no_listing,
         "GET http://localhost:8000/v1/models answered 404: Not Found",
         "many Anthropic-compatible servers have no list, and launching works without one; else check base_url of "
         "model "
         "server \"mine\""},
        {{.slug = "lmstudio"},
         reply_of(sample("lmstudio_unexpected_endpoint_200.json")),
         probe_status::no_listing,
         "GET http://localhost:8000/api/v1/models answered 200 with an error: Unexpected endpoint or method. (GET "
         "/api/tags)",
         "check base_url of model server \"mine\": LM Studio's server listens at http://localhost:1234 unless told "
         "otherwise"},
    };
    for (const verdict_case& one : cases) check(one);
}

TEST_CASE("limits, credit and servers that start are told apart") {
    http_reply limited = reply_of(sample("openai_error_429_rate.json"), 429);
    limited.rate_limit_headers = {{"retry-after", "20"}};
    const scene compat{.slug = "openai-compat", .has_key = true};
    const verdict_case cases[] = {
        {compat, limited, probe_status::rate_limited,
         "GET http://localhost:8000/v1/models answered 429: Rate limit reached for requests. Please try again in 20s.",
         "the server limits requests: it is asked again in 20s"},
        {compat, reply_of("", 429), probe_status::rate_limited,
         "GET http://localhost:8000/v1/models answered 429: Too Many Requests",
         "the server limits requests: it is asked again later"},
        {compat, reply_of(R"({"error": {"message": "No quota", "code": "insufficient_quota"}})", 429),
         probe_status::rate_limited, "GET http://localhost:8000/v1/models answered 429: No quota",
         "the key is accepted, but its account has no credit: add some where http://localhost:8000 is billed"},
        {compat, reply_of("", 402), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 402: Payment Required",
         "the key is accepted, but its account has no credit: add some where http://localhost:8000 is billed"},
        {compat, reply_of(sample("llamacpp_503_loading.json"), 503), probe_status::starting,
         "GET http://localhost:8000/v1/models answered 503: Loading model",
         "it is getting ready: wait; it is asked again later"},
        {compat, reply_of(sample("tgi_503.json"), 503), probe_status::starting,
         "GET http://localhost:8000/v1/models answered 503: unhealthy",
         "it is getting ready: wait; it is asked again later"},
        {compat, reply_of(sample("localai_503_starting.json"), 503), probe_status::starting,
         "GET http://localhost:8000/v1/models answered 503: Service Unavailable",
         "it is getting ready: wait; it is asked again later"},
    };
    for (const verdict_case& one : cases) check(one);
    CHECK(compat.judge(limited).retry_after == 20s);
    CHECK(compat.judge(reply_of("", 429)).retry_after == std::nullopt);
}

TEST_CASE("other errors of HTTP say what can be done") {
    http_reply busy = reply_of("", 503);
    busy.rate_limit_headers = {{"retry-after", "90"}};
    const scene compat{.slug = "openai-compat"};
    const char* const name_hint =
        "the server does not answer to the name \"localhost\": use localhost or its address in base_url of model "
        "server "
        "\"mine\", or allow the name in the server's own settings";
    const verdict_case cases[] = {
        {compat, reply_of(sample("html_502_nginx.html"), 502), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 502: Bad Gateway",
         "a proxy answers for a server that does not: check that the server behind it runs; it is asked again later"},
        {compat, busy, probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 503: Service Unavailable",
         "a proxy answers for a server that does not: check that the server behind it runs; it is asked again in 90s"},
        {compat, reply_of("", 500), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 500: Internal Server Error",
         "the server has a problem of its own: see its log; it is asked again later"},
        {compat, reply_of(sample("anthropic_error_529.json"), 529), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 529: Overloaded", "it is asked again later"},
        {compat, reply_of("", 408), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 408: Request Timeout", "it is asked again later"},
        {compat, reply_of("", 407), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 407: Proxy Authentication Required", proxy_login_hint.data()},
        {compat, reply_of(sample("textgen_webui_400_host.json"), 400), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 400: Invalid host header", name_hint},
        {compat, reply_of("Client sent an HTTP request to an HTTPS server.\n", 400), probe_status::http_error,
         "GET http://localhost:8000/v1/models answered 400: Client sent an HTTP request to an HTTPS server.",
         "the port speaks TLS: write https:// in base_url of model server \"mine\""},
        {compat, reply_of("", 418), probe_status::http_error, "GET http://localhost:8000/v1/models answered 418",
         "check base_url and kind of model server \"mine\""},
    };
    for (const verdict_case& one : cases) check(one);
}

TEST_CASE("a redirect is told with where it leads, without secrets") {
    const scene compat{.slug = "openai-compat"};
    const char* const error = "GET http://localhost:8000/v1/models answered 301: Moved Permanently";
    const verdict_case cases[] = {
        {compat, moved("https://api.example.com/v1/models?key=abc"), probe_status::http_error, error,
         "it moved: set base_url = \"https://api.example.com\" for model server \"mine\""},
        {compat, moved("https://user:pass@example.com/models"), probe_status::http_error, error,
         "it redirects to https://example.com/models; redirects are not followed, so that no key gets lost: set "
         "base_url "
         "of model server \"mine\" to the final address"},
        {compat, moved("/login?next=/v1/models"), probe_status::http_error, error,
         "it redirects to http://localhost:8000/login, which looks like a login for people: set base_url of model "
         "server "
         "\"mine\" to the address of its API"},
        {compat, moved(""), probe_status::http_error, error,
         "set base_url of model server \"mine\" to the address of its API, as its documentation gives it; it often "
         "ends "
         "in /v1"},
    };
    for (const verdict_case& one : cases) check(one);
}

TEST_CASE("a good status without a list is a bad response") {
    http_reply gzip = reply_of("\x1f\x8b");
    gzip.content_encoding = "gzip";
    const scene compat{.slug = "openai-compat"};
    const char* const broken =
        "check base_url and kind of model server \"mine\"; if they are right, see the server's log";
    const verdict_case cases[] = {
        {compat, reply_of(sample("html_200_spa_index.html")), probe_status::bad_response,
         "GET http://localhost:8000/v1/models answered 200 with a web page (Open WebUI)",
         "base_url leads to a site for people: set it to the address of the API of model server \"mine\", which often "
         "ends in /v1 or /api"},
        {compat, reply_of(R"({"data": [)"), probe_status::bad_response,
         "GET http://localhost:8000/v1/models answered 200, but the answer is JSON that breaks off at line 1, column "
         "11",
         broken},
        {compat, reply_of("", 204), probe_status::bad_response,
         "GET http://localhost:8000/v1/models answered 204, but the answer is empty", broken},
        {compat, gzip, probe_status::bad_response,
         "GET http://localhost:8000/v1/models answered 200, but the answer is compressed (gzip)",
         "its answer is compressed in another way than gzip, which alone was asked for: switch that off for this path"},
        {compat, reply_of(R"({"status": "ok"})"), probe_status::bad_response,
         "GET http://localhost:8000/v1/models answered 200, but the answer is a JSON object without a list of models "
         "(it "
         "has \"status\")",
         "set base_url of model server \"mine\" to the address of its API, as its documentation gives it; it often "
         "ends "
         "in /v1"},
    };
    for (const verdict_case& one : cases) check(one);
}

TEST_CASE("a verdict about the key, a limit and a fault of the server's own end the search for a list") {
    const auto absent = [](const char* slug, const http_reply& reply) {
        if (reply.status != 200) return is_absent(reply, nullptr);
        const page read = read_as(find_kind(slug)->dialect, reply.body);
        return is_absent(reply, &read);
    };
    for (const unsigned status : {404U, 405U, 501U}) CHECK(absent("openai-compat", reply_of("", status)));
    for (const unsigned status : {301U, 400U, 410U}) CHECK(absent("openai-compat", reply_of("<html>", status)));
    for (const unsigned status : {401U, 403U, 407U, 429U, 500U, 502U, 503U})
        CHECK_FALSE(absent("openai-compat", reply_of("<html>", status)));
    CHECK(absent("openai-compat", reply_of(sample("html_200_spa_index.html"))));
    CHECK(absent("lmstudio", reply_of(sample("lmstudio_unexpected_endpoint_200.json"))));
    CHECK_FALSE(absent("lmstudio", reply_of(sample("lmstudio_error_401_token.json"))));
    CHECK_FALSE(absent("openai-compat", reply_of(sample("vllm_401.json"))));
    CHECK_FALSE(absent("openai-compat", reply_of(R"({"code": 401, "msg": "no"})")));
    CHECK(absent("openai-compat", reply_of("plain text")));
    CHECK(absent("openai-compat", reply_of(R"({"status": "ok"})")));
}

TEST_CASE("no text of a verdict holds the key, even where the server repeats it") {
    const scene keyed{.slug = "openai-compat", .has_key = true};
    for (const unsigned status : {200U, 301U, 400U, 401U, 402U, 403U, 404U, 407U, 429U, 500U, 503U}) {
        for (const char* const form : {R"({"error": "bad K"})", "K", "<title>K</title>", R"({"K": 1})"}) {
            std::string body = form;
            body.replace(body.find('K'), 1, key_text);
            http_reply reply = reply_of(body, status);
            reply.location = "/" + key_text;
            const report judged = keyed.judge(reply, "/" + key_text + "/v1/models?k=" + key_text);
            CHECK(judged.error.find("sekrit") == std::string::npos);
            CHECK(judged.hint.find("sekrit") == std::string::npos);
        }
    }
}
