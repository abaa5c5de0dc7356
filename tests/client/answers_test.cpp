#include "client/answers.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace std::chrono_literals;

TEST_CASE("a list of model servers is read") {
    const auto list = read_server_list(R"({"servers":[
        {"name":"lab","kind":"openai-compat","base_url":"http://lab:8000","api_key_env":"LAB_KEY",
         "extra_env":{"A":"***","B":"${C}"},"display_name":"The lab","user_declared":true,
         "probe":{"status":"ok","reachable":true,"checked_at":"1970-01-01T00:01:00Z","latency_ms":12,"model_count":3},
         "probe_mode":"lazy","interval":null,"timeout":"20s","ca_file":null,"allow_plaintext_key":true},
        {"name":"openai-api","kind":"openai-api","base_url":null,"api_key_env":null,"extra_env":{},"display_name":null,
         "user_declared":false,
         "probe":{"status":"pending","reachable":false,"checked_at":null,"latency_ms":null,"model_count":null},
         "probe_mode":"auto","interval":null,"timeout":null,"ca_file":null,"allow_plaintext_key":false}],
        "total":2,"more":[]})");
    REQUIRE(list.has_value());
    REQUIRE(list->size() == 2);
    const server_answer& lab = (*list)[0];
    CHECK(lab.name == "lab");
    CHECK(lab.kind == "openai-compat");
    CHECK(lab.base_url == "http://lab:8000");
    CHECK(lab.api_key_env == "LAB_KEY");
    CHECK(lab.display_name == "The lab");
    CHECK(lab.extra_env == std::vector<std::pair<std::string, std::string>>{{"A", "***"}, {"B", "${C}"}});
    CHECK(lab.user_declared);
    CHECK(lab.further == std::vector<std::pair<std::string, std::string>>{
                             {"probe mode", "lazy"}, {"timeout", "20s"}, {"allow plaintext key", "yes"}});
    CHECK(lab.probe.status == "ok");
    CHECK(lab.probe.reachable);
    CHECK(lab.probe.checked_at == wall_time(60s));
    CHECK(lab.probe.latency_ms == 12);
    CHECK(lab.probe.model_count == 3);
    const server_answer& builtin = (*list)[1];
    CHECK(builtin.base_url.empty());
    CHECK_FALSE(builtin.user_declared);
    CHECK(builtin.further.empty());
    CHECK_FALSE(builtin.probe.checked_at.has_value());
    CHECK_FALSE(builtin.probe.latency_ms.has_value());
}

TEST_CASE("models are read with everything that is unknown left open") {
    const auto answer = read_models(R"({"server":"lab","reachable":false,"models":[],"error":"nobody listens",
        "status":"refused","hint":"start it","checked_at":"1970-01-01T00:01:00Z",
        "last_success_at":"1970-01-01T00:00:30Z","latency_ms":1.6,"stale":true,
        "last_known_models":[{"id":"m","display_name":"M","context_length":4096,"max_output_tokens":null,
                              "tools":true,"vision":false,"loaded":null}, "garbage"]})");
    REQUIRE(answer.has_value());
    CHECK(answer->server == "lab");
    CHECK(answer->status == "refused");
    CHECK(answer->error == "nobody listens");
    CHECK(answer->hint == "start it");
    CHECK(answer->last_success_at == wall_time(30s));
    CHECK(answer->latency_ms == 2);
    CHECK(answer->stale);
    CHECK(answer->models.empty());
    REQUIRE(answer->last_known_models.size() == 1);
    const model_entry& model = answer->last_known_models.front();
    CHECK(model.id == "m");
    CHECK(model.context_length == 4096);
    CHECK_FALSE(model.max_output_tokens.has_value());
    CHECK(model.tools == true);
    CHECK(model.vision == false);
    CHECK_FALSE(model.loaded.has_value());
}

TEST_CASE("health and kinds are read") {
    const auto health = read_health(R"({"status":"degraded","version":"0.1.0","pid":7,
        "started_at":"1970-01-01T00:00:00Z","config":{"path":"/c","generation":3,"error":"/c:1:1: no"},
        "probes":{"servers":5,"reachable":2,"in_flight":1},
        "bridge":{"active":1,"turns":4,"running":[{"server":"lab","model":"m","protocol":"gemini","seconds":3}]}})");
    REQUIRE(health.has_value());
    CHECK(health->status == "degraded");
    CHECK(health->pid == 7);
    CHECK(health->config_path == "/c");
    CHECK(health->config_generation == 3);
    CHECK(health->config_error == "/c:1:1: no");
    CHECK(health->servers == 5);
    CHECK(health->reachable == 2);
    CHECK(health->in_flight == 1);
    CHECK(health->running == std::vector<std::string>{"lab with m by gemini, for 3 s"});

    const auto kinds = read_kinds(R"([{"slug":"ollama","display_name":"Ollama","category_label":"Gateways",
        "default_base_url":"http://localhost:11434","default_api_key_env":null,"is_builtin":false}])");
    REQUIRE(kinds.has_value());
    REQUIRE(kinds->size() == 1);
    CHECK(kinds->front().slug == "ollama");
    CHECK(kinds->front().category_label == "Gateways");
    CHECK(kinds->front().default_api_key_env.empty());
}

TEST_CASE("delegators, tools and the default are read") {
    const auto list = read_delegator_list(R"({"delegators":[
        {"name":"d","llm_tool":"codex","model":"m","display_name":"D","model_properties":{"reasoning_effort":"high"},
         "model_server":"lab","launch_config":{"yolo":true},"remote_agent":null},
        {"name":"r","llm_tool":"claude","model":"sonnet","display_name":null,"model_properties":null,
         "model_server":null,"launch_config":null,"remote_agent":{"platform":"p","id":"7"}}],"total":2})");
    REQUIRE(list.has_value());
    REQUIRE(list->size() == 2);
    const delegator_answer& one = list->front();
    CHECK(one.name == "d");
    CHECK(one.llm_tool == "codex");
    CHECK(one.model == "m");
    CHECK(one.model_server == "lab");
    CHECK(one.display_name == "D");
    CHECK(one.model_properties == R"({"reasoning_effort":"high"})");
    CHECK(one.launch_config == R"({"yolo":true})");
    CHECK(one.remote_agent.empty());
    CHECK(list->back().model_server.empty());
    CHECK(list->back().remote_agent == R"({"platform":"p","id":"7"})");

    const auto tools = read_tools(R"({"tools":[{"name":"codex","path":"/bin/codex","version":null,
        "min_version":"0.169.0","version_ok":null,"model_aliases":["a","b"]}],"total":1})");
    REQUIRE(tools.has_value());
    REQUIRE(tools->size() == 1);
    CHECK(tools->front().path == "/bin/codex");
    CHECK(tools->front().version.empty());
    CHECK(tools->front().min_version == "0.169.0");
    CHECK_FALSE(tools->front().version_ok.has_value());
    CHECK(tools->front().model_aliases == std::vector<std::string>{"a", "b"});

    const auto usual = read_default(R"({"tool":"claude","model":""})");
    REQUIRE(usual.has_value());
    CHECK(usual->tool == "claude");
    CHECK(usual->model.empty());
}

TEST_CASE("an answer of another shape is refused in words") {
    const auto hint =
        "operatorctl and operatord may be of different versions: compare operatorctl --version with "
        "operatord --version";
    for (const char* text : {"", "[]", "{}", "null", "{\"servers\":7}", "{\"servers\":[7]}", "{\"servers\":[{}]}",
                             "{\"models\":{}}", "[[1]]", "{\"servers\":[", "<html>"}) {
        CAPTURE(text);
        const auto list = read_server_list(text);
        REQUIRE_FALSE(list.has_value());
        CHECK(list.error().message == "the answer is not a list of model servers");
        CHECK(list.error().hint == hint);
        CHECK(read_models(text).error().message == "the answer is not a list of models");
        CHECK(read_server(text).error().message == "the answer is not a model server");
        CHECK(read_delegator_list(text).error().message == "the answer is not a list of delegators");
        CHECK(read_delegator(text).error().message == "the answer is not a delegator");
        CHECK(read_tools(text).error().message == "the answer is not a list of llm tools");
        CHECK(read_health(text).error().message == "the answer is not a state of health");
        if (std::string_view(text) != "[]")
            CHECK(read_kinds(text).error().message == "the answer is not a list of kinds");
    }
}

TEST_CASE("an error answer is told with its details") {
    CHECK(read_error(404,
                     R"({"error":"not_found","message":"no model server is named \"lap\"; did you mean \"lab\"?"})") ==
          "no model server is named \"lap\"; did you mean \"lab\"?");
    CHECK(read_error(400, R"({"error":"validation_error","message":"refused",
                              "details":[{"field":"name","message":"is empty"},{"field":"kind","message":"is unknown"}]})") ==
          "refused\n  name: is empty\n  kind: is unknown");
    CHECK(read_error(400, R"({"message":"a\u001b","details":[7,{"field":"\u001b","message":"two\nlines"}]})") ==
          "a\\x1b\n  \\x1b: two\\nlines");
    CHECK(read_error(400, R"({"message":"kind: is unknown","details":[{"field":"kind","message":"is unknown"}]})") ==
          "kind: is unknown");
    CHECK(read_error(502, "<html>") == "HTTP 502");
    CHECK(read_error(500, "{}") == "HTTP 500");
}
