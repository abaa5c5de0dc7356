#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

using namespace opd::test;

TEST_CASE("half of twenty servers dead or hanging does not delay the others, nor a read, nor the end") {
    model_server_sim good;
    good.answer_everything(simulated_openai_compat({.models = 50}));
    model_server_sim hangs_in_answer;
    hangs_in_answer.answer_everything(black_hole());
    model_server_sim hangs_at_once;
    hangs_at_once.greet_with(greeting::hang);
    const silent_port swallows;
    const refusing_port refuses;

    std::string toml = "[probes]\ntimeout = \"30s\"\n";
    const auto declare = [&toml](std::string_view name, int number, std::string_view base_url) {
        toml += fmt::format("[[model_servers]]\nname = \"{}{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", name,
                            number, base_url);
    };
    for (int i = 0; i != 2; ++i) {
        declare("hang", i, hangs_in_answer.base_url());
        declare("silent", i, swallows.base_url());
        declare("mute", i, hangs_at_once.base_url());
        declare("refused", i, refuses.base_url());
        declare("unknown", i, "http://nosuch.invalid");
    }
    for (int i = 0; i != 10; ++i) declare("good", i, good.base_url());

    running_daemon daemon(toml);
    for (int i = 0; i != 10; ++i) {
        const auto answer = daemon.get(fmt::format("/model-servers/good{}/models", i));
        CHECK(answer.at("status").as_string() == "ok");
        CHECK(answer.at("models").as_array().size() == 50);
    }
    daemon.wait_for_status("refused0", "refused");
    daemon.wait_for_status("unknown1", "dns_error");
    // Nothing above has waited for these: their time is not up yet.
    for (const char* name : {"hang0", "silent1", "mute0"})
        CHECK(daemon.get(fmt::format("/model-servers/{}", name)).at("probe").at("status").as_string() == "pending");
    CHECK(good.requests().size() == 10);
    CHECK(hangs_in_answer.wait_for_requests(2));
    CHECK(daemon.get("/health").at("probes").at("in_flight").as_int64() == 6);

    daemon.program().send_signal(SIGTERM);
    CHECK(daemon.program().wait_for_exit(std::chrono::seconds(10)) == 0);
}

TEST_CASE("callers that ask for a refresh at the same time share one probe") {
    model_server_sim slow;
    script answer = json_answer(200, R"({"object":"list","data":[{"id":"m"}]})");
    slow.answer_everything(answer);
    const running_daemon daemon(
        fmt::format("[[model_servers]]\nname = \"s\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", slow.base_url()));
    daemon.wait_for_status("s", "ok");
    REQUIRE(slow.requests().size() == 1);
    answer.delay = std::chrono::seconds(1);
    slow.answer_everything(answer);
    std::vector<http_client> clients;
    for (int i = 0; i != 20; ++i) {
        clients.push_back(daemon.tcp());
        clients.back().send(fmt::format(
            "GET /api/v1/model-servers/s/models?refresh=true HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", daemon.port()));
    }
    for (http_client& client : clients) CHECK(client.read_answer().status == 200);
    CHECK(slow.requests().size() == 2);
}

TEST_CASE("a server that comes up is found, one that goes down keeps its last good list") {
    std::optional<model_server_sim> server(std::in_place);
    server->answer_everything(simulated_openai_compat({.models = 3}));
    const std::uint16_t port = server->port();
    const running_daemon daemon(fmt::format(
        "[probes]\ninterval = \"100ms\"\n[[model_servers]]\nname = \"s\"\nkind = \"openai-compat\"\nbase_url = "
        "\"{}\"\n",
        server->base_url()));
    daemon.wait_for_status("s", "ok");
    server.reset();
    daemon.wait_for_status("s", "refused");
    const auto down = daemon.get("/model-servers/s/models");
    CHECK_FALSE(down.at("reachable").as_bool());
    CHECK(down.at("models").as_array().empty());
    CHECK(down.at("last_known_models").as_array().size() == 3);
    CHECK(down.at("stale").as_bool());
    CHECK(down.at("last_success_at").is_string());
    server.emplace(sim_options{.port = port});
    server->answer_everything(simulated_openai_compat({.models = 4}));
    daemon.wait_for_status("s", "ok");
    CHECK(daemon.get("/model-servers/s/models").at("models").as_array().size() == 4);
}
