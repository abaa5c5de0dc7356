#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

using namespace opd::test;

namespace {

/// One strict server of each kind, and an operator.toml that declares them all, each base URL written in another way.
struct seven_servers {
    model_server_sim anthropic, openai, google, ollama, openrouter, compat, lmstudio;

    seven_servers() {
        anthropic.answer_everything(simulated_anthropic({.models = 25, .page_cap = 10}));
        openai.answer_everything(mounted_at("/proxy", simulated_openai({.models = 4})));
        google.answer_everything(simulated_gemini({.models = 7, .others = 5, .page_cap = 3}));
        ollama.answer_everything(simulated_ollama({.models = 3, .others = 1}));
        openrouter.answer_everything(simulated_openrouter({.models = 330, .others = 6}));
        compat.answer_everything(simulated_openai_compat({.models = 2, .key = "local-compat-key"}));
        lmstudio.answer_everything(
            simulated_lmstudio({.models = 5, .others = 2, .generation = lmstudio_generation::v0}));
    }

    std::string toml() const {
        return fmt::format(R"(
[[model_servers]]
name = "claude"
kind = "anthropic-api"
base_url = "{}/v1/"
api_key_env = "CLAUDE_KEY"

[[model_servers]]
name = "gpt"
kind = "openai-api"
base_url = "{}/proxy/v1"
api_key_env = "GPT_KEY"

[[model_servers]]
name = "gemini"
kind = "google-api"
base_url = "{}/v1beta"
api_key_env = "GOOGLE_KEY"

[[model_servers]]
name = "ollama-local"
kind = "ollama"
base_url = "{}/v1"

[[model_servers]]
name = "router"
kind = "openrouter"
base_url = "{}/api"
api_key_env = "ROUTER_KEY"

[[model_servers]]
name = "vllm"
kind = "openai-compat"
base_url = "{}"
api_key_env = "COMPAT_KEY"
extra_env = {{ TEAM_TOKEN = "hidden", SHOWN = "${{COMPAT_KEY}}" }}

[[model_servers]]
name = "studio"
kind = "lmstudio"
base_url = "{}/v1"
)",
                           anthropic.base_url(), openai.base_url(), google.base_url(), ollama.base_url(),
                           openrouter.base_url(), compat.base_url(), lmstudio.base_url());
    }

    static process::environment keys() {
        return {{"CLAUDE_KEY", "sk-ant-simulated"},
                {"GPT_KEY", "sk-simulated-openai"},
                {"GOOGLE_KEY", "AIza-simulated"},
                {"ROUTER_KEY", "sk-or-simulated"},
                {"COMPAT_KEY", "local-compat-key"}};
    }
};

}  // namespace

TEST_CASE("servers of all seven kinds are listed over REST, from operator.toml to model lists") {
    const seven_servers servers;
    const running_daemon daemon(servers.toml(), seven_servers::keys());

    const std::pair<const char*, std::size_t> expected[] = {
        {"claude", 25}, {"gpt", 4}, {"gemini", 7}, {"ollama-local", 3}, {"router", 330}, {"vllm", 2}, {"studio", 5}};
    for (const auto& [name, count] : expected) {
        CAPTURE(name);
        const auto answer = daemon.get(fmt::format("/model-servers/{}/models", name));
        CHECK(answer.at("server").as_string() == name);
        CHECK(answer.at("status").as_string() == "ok");
        CHECK(answer.at("reachable").as_bool());
        CHECK(answer.at("models").as_array().size() == count);
        CHECK(answer.at("last_known_models") == answer.at("models"));
        CHECK(answer.at("error").is_null());
        CHECK(answer.at("hint").is_null());
        CHECK(answer.at("latency_ms").as_int64() >= 0);
        CHECK_FALSE(answer.at("stale").as_bool());
    }

    const auto list = daemon.get("/model-servers");
    CHECK(list.at("total").as_int64() == 10);
    CHECK(list.at("servers").at(0).at("name").as_string() == "claude");
    CHECK(list.at("servers").at(7).at("name").as_string() == "anthropic-api");
    CHECK(list.at("servers").at(7).at("base_url").is_null());
    CHECK(list.at("servers").at(7).at("probe").at("status").as_string() == "key_missing");
    CHECK_FALSE(list.at("servers").at(7).at("user_declared").as_bool());

    CHECK(daemon.get("/model-servers/kinds/ollama/models").at("server").as_string() == "ollama");
    CHECK(daemon.get("/model-servers/kinds/ollama/models").at("models").as_array().size() == 3);
}

TEST_CASE("the values of extra_env are shown over the unix socket alone") {
    const seven_servers servers;
    const running_daemon daemon(servers.toml(), seven_servers::keys());
    const auto over_tcp = daemon.get("/model-servers/vllm").at("extra_env");
    CHECK(over_tcp.at("TEAM_TOKEN").as_string() == "***");
    CHECK(over_tcp.at("SHOWN").as_string() == "${COMPAT_KEY}");
    auto local = daemon.local();
    const auto over_socket = boost::json::parse(local.get("/api/v1/model-servers/vllm").body).at("extra_env");
    CHECK(over_socket.at("TEAM_TOKEN").as_string() == "hidden");
}

TEST_CASE("no key is in any answer or in the log, whatever the servers say") {
    const seven_servers servers;
    auto keys = seven_servers::keys();
    for (auto& [name, value] : keys) value += "-wrong-0123456789";
    running_daemon daemon(servers.toml(), keys);
    for (const char* name : {"claude", "gpt", "gemini", "router", "vllm"}) {
        const auto answer = daemon.wait_for_status(name, "auth_failed");
        CHECK(boost::json::serialize(answer).find("wrong-0123456789") == std::string::npos);
    }
    daemon.program().send_signal(SIGTERM);
    CHECK(daemon.program().wait_for_exit() == 0);
    CHECK(daemon.program().standard_error().find("wrong-0123456789") == std::string::npos);
}
