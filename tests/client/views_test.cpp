#include "client/answers.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace std::chrono_literals;

namespace {

const wall_time now(1'000'000s);
const view plain{.colour = false, .now = now};

server_answer server(std::string name, std::string kind, probe_summary probe) {
    return {.name = std::move(name), .kind = std::move(kind), .user_declared = true, .probe = std::move(probe)};
}

const model_entry big{.id = "big",
                      .display_name = "big",
                      .context_length = 131072,
                      .max_output_tokens = 8192,
                      .tools = true,
                      .vision = false,
                      .loaded = true};
const model_entry bare{.id = "bare", .display_name = "bare"};

}  // namespace

TEST_CASE("the table of servers, with a line for each problem below") {
    const std::vector<server_answer> servers{
        server("ollama-local", "ollama",
               {.status = "ok",
                .reachable = true,
                .checked_at = now - 12s,
                .latency_ms = 3,
                .model_count = 42,
                .next_probe_at = now + 4min + 5s}),
        server("lab", "openai-compat", {.status = "refused", .checked_at = now - 3min}),
        server("new", "lmstudio", {.status = "pending"})};
    const std::vector<models_answer> problems{
        {.server = "lab", .status = "refused", .error = "http://lab:8000 refused the connection", .hint = "start it"},
        {.server = "odd\x1b", .status = "http_error"}};
    CHECK(show_servers(servers, problems, plain) ==
          "NAME          KIND           STATUS   LATENCY  MODELS  CHECKED  NEXT\n"
          "ollama-local  ollama         ok          3 ms      42  12s ago  in 4m 5s\n"
          "lab           openai-compat  refused        -       -  3m ago   -\n"
          "new           lmstudio       pending        -       -  -        -\n"
          "\n"
          "lab: http://lab:8000 refused the connection\n"
          "  hint: start it\n"
          "odd\\x1b: http_error\n");
}

TEST_CASE("statuses have the colour of their weight") {
    const view colours{.colour = true, .now = now};
    const std::pair<std::string, std::string> cases[] = {
        {"ok", "32"},          {"pending", "2"},       {"disabled", "2"}, {"starting", "33"},
        {"key_missing", "33"}, {"rate_limited", "33"}, {"refused", "31"}, {"from_the_future", "31"}};
    for (const auto& [status, colour] : cases) {
        CAPTURE(status);
        const std::string text = show_servers({server("s", "k", {.status = status})}, {}, colours);
        CHECK(text.find("\x1b[" + colour + "m" + status + "\x1b[0m") != std::string::npos);
    }
}

TEST_CASE("the daemon's health") {
    health_answer health{.status = "ok",
                         .version = "0.1.0",
                         .pid = 4711,
                         .started_at = now - 2h - 5min,
                         .config_path = "/home/u/.config/operator/operator.toml",
                         .config_generation = 3,
                         .servers = 6,
                         .reachable = 2,
                         .in_flight = 1};
    CHECK(show_health(health, plain) ==
          "operatord      ok, version 0.1.0, pid 4711, up 2h 5m\n"
          "configuration  /home/u/.config/operator/operator.toml (generation 3)\n"
          "probes         6 servers, 2 reachable, 1 in flight\n");
    CHECK(show_health(health, plain, "operatord.service active") ==
          "operatord      ok, version 0.1.0, pid 4711, up 2h 5m\n"
          "service        operatord.service active\n"
          "configuration  /home/u/.config/operator/operator.toml (generation 3)\n"
          "probes         6 servers, 2 reachable, 1 in flight\n");
    health.status = "degraded";
    health.config_error = "operator.toml:3:1: no";
    health.servers = 1;
    CHECK(show_health(health, plain) ==
          "operatord      degraded, version 0.1.0, pid 4711, up 2h 5m\n"
          "configuration  /home/u/.config/operator/operator.toml (generation 3)\n"
          "               operator.toml:3:1: no (the configuration before it stays in force)\n"
          "probes         1 server, 2 reachable, 1 in flight\n");
}

TEST_CASE("everything about one server") {
    server_answer lab =
        server("lab", "openai-compat", {.status = "auth_failed", .checked_at = now - 5s, .latency_ms = 9});
    lab.probe.next_probe_at = now + 25s;
    lab.display_name = "The lab";
    lab.base_url = "http://lab:8000/v1";
    lab.api_key_env = "LAB_KEY";
    lab.extra_env = {{"A", "***"}, {"B", "${C}"}};
    const models_answer problem{.server = "lab", .error = "the key was refused", .hint = "check LAB_KEY"};
    lab.further = {{"probe mode", "lazy"}, {"timeout", "20s"}};
    CHECK(show_server(lab, &problem, plain) ==
          "name          lab\n"
          "display name  The lab\n"
          "kind          openai-compat\n"
          "base URL      http://lab:8000/v1\n"
          "key           from $LAB_KEY\n"
          "environment   A=***\n"
          "environment   B=${C}\n"
          "probe mode    lazy\n"
          "timeout       20s\n"
          "declared      in operator.toml\n"
          "status        auth_failed, 9 ms, checked 5s ago, next in 25s\n"
          "error         the key was refused\n"
          "hint          check LAB_KEY\n");

    server_answer builtin =
        server("openai-api", "openai-api",
               {.status = "ok", .reachable = true, .checked_at = now, .latency_ms = 1200, .model_count = 1});
    builtin.user_declared = false;
    CHECK(show_server(builtin, nullptr, plain) ==
          "name      openai-api\n"
          "kind      openai-api\n"
          "base URL  https://api.openai.com (the default of its kind)\n"
          "key       none\n"
          "declared  builtin\n"
          "status    ok, 1.2 s, 1 model, checked now\n");
    builtin.kind = "of-the-future";
    CHECK(show_server(builtin, nullptr, plain).find("base URL  the default of its kind\n") != std::string::npos);
}

TEST_CASE("the models of a reachable server") {
    models_answer answer{
        .server = "lab", .reachable = true, .status = "ok", .models = {big, bare}, .checked_at = now - 12s};
    CHECK(show_models(answer, plain) ==
          "lab: 2 models, checked 12s ago\n"
          "\n"
          "ID    CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED\n"
          "big      128k          8k  yes    no      yes\n"
          "bare        -           -  -      -       -\n");
    answer.models[1].display_name = "Bare Metal";
    answer.stale = true;
    CHECK(show_models(answer, plain) ==
          "lab: 2 models, checked 12s ago, out of date\n"
          "\n"
          "ID    CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED  NAME\n"
          "big      128k          8k  yes    no      yes     big\n"
          "bare        -           -  -      -       -       Bare Metal\n");
    answer.models.clear();
    answer.stale = false;
    CHECK(show_models(answer, plain) == "lab: 0 models, checked 12s ago\n");
}

TEST_CASE("an unreachable server shows why, and what it had") {
    models_answer answer{.server = "lab", .status = "refused", .error = "nobody listens", .hint = "start it"};
    CHECK(show_models(answer, plain) ==
          "lab: not reachable (refused)\n"
          "  error: nobody listens\n"
          "  hint: start it\n");
    answer.last_known_models = {big};
    answer.last_success_at = now - 3h;
    CHECK(show_models(answer, plain) ==
          "lab: not reachable (refused)\n"
          "  error: nobody listens\n"
          "  hint: start it\n"
          "\n"
          "last known models (3h ago; they may be gone):\n"
          "\n"
          "ID   CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED\n"
          "big     128k          8k  yes    no      yes\n");
}

TEST_CASE("the models of all servers stand in one table") {
    CHECK(show_all_models({{.server = "dead", .status = "refused"},
                           {.server = "a", .reachable = true, .models = {big}},
                           {.server = "hung", .status = "timeout"},
                           {.server = "bb", .reachable = true, .models = {bare}}},
                          plain) ==
          "SERVER  ID    CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED\n"
          "a       big      128k          8k  yes    no      yes\n"
          "bb      bare        -           -  -      -       -\n"
          "\n"
          "not reachable: dead (refused), hung (timeout); why: operatorctl status\n");
    CHECK(show_all_models({}, plain) == "no reachable server lists a model\n");
}

TEST_CASE("the kinds") {
    CHECK(show_kinds({{.slug = "openai-api",
                       .display_name = "OpenAI API",
                       .category_label = "First-party",
                       .default_base_url = "https://api.openai.com",
                       .default_api_key_env = "OPENAI_API_KEY",
                       .is_builtin = true},
                      {.slug = "openai-compat", .display_name = "OpenAI-compatible", .category_label = "Gateways"}},
                     plain) ==
          "KIND           NAME               CATEGORY     BUILTIN  DEFAULT BASE URL        DEFAULT KEY VARIABLE\n"
          "openai-api     OpenAI API         First-party  yes      https://api.openai.com  OPENAI_API_KEY\n"
          "openai-compat  OpenAI-compatible  Gateways     no       -                       -\n");
}
