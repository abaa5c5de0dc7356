#include "tests/client/fake_daemon.hpp"

#include <doctest/doctest.h>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;
using namespace std::chrono_literals;

namespace {

constexpr const char* health_body =
    R"({"status":"ok","version":"0.1.0","pid":7,"started_at":null,"config":{"path":"/c","generation":1,"error":null},"probes":{"servers":2,"reachable":1,"in_flight":0}})";
constexpr const char* servers_body =
    R"({"servers":[{"name":"a b","kind":"ollama","probe":{"status":"ok","reachable":true,"model_count":1,"next_probe_at":"1970-01-01T00:00:25Z"}},{"name":"lab","kind":"lmstudio","probe":{"status":"refused","reachable":false,"next_probe_at":"1969-12-31T23:59:59Z"}},{"name":"off","kind":"ollama","probe":{"status":"disabled","reachable":false}},{"name":"lazy","kind":"ollama","probe":{"status":"pending","reachable":false}}],"total":4})";
constexpr const char* good_models =
    R"({"server":"a b","reachable":true,"status":"ok","models":[{"id":"m","display_name":"m"}],"error":null})";
constexpr const char* bad_models =
    R"({"server":"lab","reachable":false,"status":"refused","models":[],"error":"nobody listens","hint":"start it"})";

fake_daemon usual() {
    return {.replies = {{"/api/v1/health", answered(200, health_body)},
                        {"/api/v1/model-servers", answered(200, servers_body)},
                        {"/api/v1/model-servers/a%20b/models", answered(200, good_models)},
                        {"/api/v1/model-servers/lab/models", answered(200, bad_models)},
                        {"/api/v1/model-servers/a%20b/models?refresh=true", answered(200, good_models)},
                        {"/api/v1/model-servers/lab/models?refresh=true", answered(200, bad_models)},
                        {"/api/v1/model-servers/lazy/models?refresh=true", answered(200, bad_models)}},
            .requests = {},
            .limits = {}};
}

}  // namespace

TEST_CASE("status shows the daemon, the servers, and why one is not reachable") {
    fake_daemon daemon = usual();
    const outcome end = daemon.run(command::status());
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.out ==
          "operatord      ok, version 0.1.0, pid 7\n"
          "configuration  /c (generation 1)\n"
          "probes         2 servers, 1 reachable, 0 in flight\n"
          "\n"
          "NAME  KIND      STATUS    LATENCY  MODELS  CHECKED  NEXT\n"
          "a b   ollama    ok              -       1  -        in 25s\n"
          "lab   lmstudio  refused         -       -  -        now\n"
          "off   ollama    disabled        -       -  -        -\n"
          "lazy  ollama    pending         -       -  -        -\n"
          "\n"
          "lab: nobody listens\n"
          "  hint: start it\n");
    CHECK(daemon.targets() ==
          std::vector<std::string>{"/api/v1/health", "/api/v1/model-servers", "/api/v1/model-servers/lab/models"});
    CHECK(daemon.limits == std::vector<std::chrono::milliseconds>{10s, 10s});
}

TEST_CASE("json answers are the daemon's own documents") {
    fake_daemon daemon = usual();
    CHECK(daemon.run(command::status(), true).out ==
          std::string(R"({"health":)") + health_body + R"(,"model_servers":)" + servers_body + ",\"service\":null}\n");
    CHECK(daemon.run(command::servers_list(), true).out == std::string(servers_body) + "\n");
    CHECK(daemon.run(command::health(), true).out == std::string(health_body) + "\n");
    CHECK(daemon.run(command::models(), true).out == "[" + std::string(good_models) + "]\n");
    const outcome one = daemon.run(command::models{.server = "lab"}, true);
    CHECK(one.out == std::string(bad_models) + "\n");
    CHECK(one.exit_code == 1);
}

TEST_CASE("the models of a named server") {
    fake_daemon daemon = usual();
    const outcome good = daemon.run(command::models{.server = "a b", .refresh = true});
    CHECK(good.exit_code == 0);
    CHECK(good.out ==
          "a b: 1 model\n"
          "\n"
          "ID  CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED\n"
          "m         -           -  -      -       -\n");
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers/a%20b/models?refresh=true"});
    CHECK(daemon.limits == std::vector<std::chrono::milliseconds>{60s});

    const outcome bad = daemon.run(command::models{.server = "lab"});
    CHECK(bad.exit_code == 1);
    CHECK(bad.err.empty());
    CHECK(bad.out == "lab: not reachable (refused)\n  error: nobody listens\n  hint: start it\n");
}

TEST_CASE("the models of all servers; a refresh asks the unreachable ones again") {
    const std::string table =
        "SERVER  ID  CONTEXT  MAX OUTPUT  TOOLS  VISION  LOADED\n"
        "a b     m         -           -  -      -       -\n";
    fake_daemon daemon = usual();
    CHECK(daemon.run(command::models()).out == table + "\nnot reachable: lab (refused); why: operatorctl status\n");
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers", "/api/v1/model-servers/a%20b/models"});
    daemon.requests.clear();
    daemon.run(command::models{.server = {}, .refresh = true});
    CHECK(daemon.targets() == std::vector<std::string>{"/api/v1/model-servers",
                                                       "/api/v1/model-servers/a%20b/models?refresh=true",
                                                       "/api/v1/model-servers/lab/models?refresh=true",
                                                       "/api/v1/model-servers/lazy/models?refresh=true"});
}

TEST_CASE("one server, the kinds and the health are asked for in one request each") {
    fake_daemon daemon = usual();
    daemon.replies.emplace("/api/v1/model-servers/x%2Fy",
                           answered(200, R"({"name":"x/y","kind":"ollama","probe":{"status":"pending"}})"));
    daemon.replies.emplace("/api/v1/model-servers/kinds", answered(200, R"([{"slug":"k"}])"));
    CHECK(daemon.run(command::servers_show{"x/y"}).out ==
          "name      x/y\n"
          "kind      ollama\n"
          "base URL  http://localhost:11434 (the default of its kind)\n"
          "key       none\n"
          "declared  builtin\n"
          "status    pending\n");
    CHECK(daemon.run(command::kinds()).out ==
          "KIND  NAME  CATEGORY  BUILTIN  DEFAULT BASE URL  DEFAULT KEY VARIABLE\n"
          "k                     no       -                 -\n");
    CHECK(daemon.run(command::health()).exit_code == 0);
    CHECK(daemon.targets() ==
          std::vector<std::string>{"/api/v1/model-servers/x%2Fy", "/api/v1/model-servers/kinds", "/api/v1/health"});
}

TEST_CASE("what the daemon refuses is told on stderr, and nothing on stdout") {
    fake_daemon daemon = usual();
    daemon.replies.emplace("/api/v1/model-servers/lap/models",
                           answered(404, R"({"error":"not_found","message":"no server \"lap\"\u001b"})"));
    for (const bool json : {false, true}) {
        const outcome end = daemon.run(command::models{.server = "lap"}, json);
        CHECK(end.exit_code == 1);
        CHECK(end.out.empty());
        CHECK(end.err == "no server \"lap\"\\x1b\n");
    }
}

TEST_CASE("an answer that is not understood says so, with the request") {
    fake_daemon daemon = usual();
    daemon.replies.insert_or_assign("/api/v1/health", answered(200, "[]"));
    const outcome end = daemon.run(command::health());
    CHECK(end.exit_code == 1);
    CHECK(end.err ==
          "/api/v1/health at /run/o.sock: the answer is not a state of health; operatorctl and operatord may be of "
          "different versions: compare operatorctl --version with operatord --version\n");
}

TEST_CASE("each way of not reaching the daemon has its words and its exit code") {
    using why = connection_failure::reason;

    struct {
        why reason;
        int exit_code;
        std::string text;
    } const cases[] = {
        {why::not_there, 69,
         "operatord is not running at /run/o.sock; start it with: systemctl --user start operatord   (or: operatord "
         "&)"},
        {why::forbidden, 77,
         "/run/o.sock: DETAIL; operatord serves only the user who started it: run operatorctl as that user"},
        {why::timed_out, 69,
         "operatord at /run/o.sock did not answer within 10 s; see what it does with: journalctl --user -u operatord"},
        {why::broken, 69, "what answers at /run/o.sock is not operatord (DETAIL); check --url or --socket"},
        {why::unknown_host, 69, "/run/o.sock: DETAIL; check the host name in --url"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.text);
        fake_daemon daemon = usual();
        daemon.replies.insert_or_assign("/api/v1/health", connection_failure{.why = one.reason, .detail = "DETAIL"});
        const outcome end = daemon.run(command::status());
        CHECK(end.exit_code == one.exit_code);
        CHECK(end.out.empty());
        CHECK(end.err == one.text + "\n");
    }
}
