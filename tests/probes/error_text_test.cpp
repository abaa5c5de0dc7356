#include "probes/error_text.hpp"

#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;

TEST_CASE("the message is found in every recorded error") {
    struct {
        const char* file;
        const char* message;
    } const cases[] = {
        {"anthropic_error_401.json", "invalid x-api-key"},
        {"anthropic_error_529.json", "Overloaded"},
        {"openai_error_401.json",
         "Incorrect API key provided: invalid-key. You can find your API key at "
         "https://platform.openai.com/account/api-keys."},
        {"gemini_error_400_bad_key.json", "API key not valid. Please pass a valid API key."},
        {"openrouter_error_401.json", "Missing Authentication header"},
        {"vllm_401.json", "Unauthorized"},
        {"sglang_error_flat.json", "Invalid model"},
        {"llamacpp_503_loading.json", "Loading model"},
        {"tgi_503.json", "unhealthy"},
        {"ollama_error_404_native.json", "model 'nope' not found"},
        {"ollama_error_401_cloud_v1.json", "Unauthorized"},
        {"lmstudio_unexpected_endpoint_200.json", "Unexpected endpoint or method. (GET /api/tags)"},
        {"textgen_webui_400_host.json", "Invalid host header"},
        {"fastapi_404.json", "Not Found"},
        {"localai_503_starting.json", ""},
        {"html_502_nginx.html", "502 Bad Gateway"},
        {"html_501_python_http_server.html", "Error response"},
        {"html_200_spa_index.html", "Open WebUI"},
        {"koboldcpp_404.txt", "Error: HTTP Server is running, but this endpoint does not exist. Please check the URL."},
        {"mlx_lm_404.txt", "Not Found"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.file);
        CHECK(read_error(reply_of(sample(one.file))).message == one.message);
    }
}

TEST_CASE("rarer shapes of errors are understood, too") {
    struct {
        const char* body;
        const char* message;
    } const cases[] = {
        {R"({"code": "invalid-argument", "error": "Incorrect API key provided"})", "Incorrect API key provided"},
        {R"({"detail": [{"loc": ["query"], "msg": "field required", "type": "missing"}]})", "field required"},
        {R"({"errors": [{"message": "first"}, {"message": "second"}]})", "first"},
        {R"({"errors": ["plain"]})", "plain"},
        {R"([{"error": {"message": "in a list"}}])", "in a list"},
        {R"({"error": {"code": 7}, "message": "outside"})", "outside"},
        {R"({"error": null})", ""},
        {R"({"error": {"message": ["odd"]}})", "odd"},
        {R"({"code": 401, "msg": "token expired"})", "token expired"},
        {R"({"Message": "not authorized"})", "not authorized"},
        {R"({"Error": {"Code": "x", "Message": "denied"}})", "denied"},
        {R"({"base_resp": {"status_code": 1004, "status_msg": "login fail"}})", "login fail"},
        {R"({"error_code": 336, "error_msg": "no permission"})", "no permission"},
        {R"({"error": "invalid_request", "error_description": "why"})", "invalid_request"},
        {R"({"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth"}}})", "Invalid ApiKey"},
        {R"({"success": false, "errors": [{"code": 7003, "message": "no route"}]})", "no route"},
        {"[]", ""},
        {"[1]", ""},
        {"{broken", ""},
        {"", ""},
        {" \n", ""},
        {"\n first line\r\nsecond", "first line"},
        {"<html><body><h1>Heading\n here</h1>", "Heading here"},
        {"<TITLE >Upper\x1b[0m</TITLE>", "Upper"},
        {"<title", ""},
        {"<title></title>", ""},
        {"<", ""},
    };

    for (const auto& one : cases) {
        CAPTURE(one.body);
        CHECK(read_error(reply_of(one.body)).message == one.message);
    }
    http_reply compressed = reply_of("\x1f\x8b");
    compressed.content_encoding = "gzip";
    CHECK(read_error(compressed).message.empty());
}

TEST_CASE("the machine's words and the delay of an error are kept") {
    CHECK(read_error(reply_of(sample("gemini_error_400_bad_key.json"))).codes ==
          strings{"400", "INVALID_ARGUMENT", "API_KEY_INVALID"});
    CHECK(read_error(reply_of(sample("openai_error_401.json"))).codes ==
          strings{"invalid_api_key", "invalid_request_error"});
    CHECK(read_error(reply_of(sample("azure_error_401.json"))).codes == strings{"401"});
    CHECK(read_error(reply_of(sample("localai_503_starting.json"))).codes == strings{"starting"});
    CHECK(read_error(reply_of(R"({"error": {"details": [{"@type": "x"}, {"retryDelay": "5s"}]}})")).retry_delay ==
          "5s");
}

TEST_CASE("no cut-off start of a recorded error does harm") {
    for (const char* const file :
         {"gemini_error_400_bad_key.json", "html_501_python_http_server.html", "openrouter_error_429.json"}) {
        const std::string body = sample(file);
        for (std::size_t size = 0; size < body.size(); ++size)
            CHECK(read_error(reply_of(body.substr(0, size))).message.size() <= body.size());
    }
}
