#include "tests/e2e/attacks/arena.hpp"

#include <fmt/format.h>

#include <utility>

namespace opd::test {
namespace {

naive_manner manner_of(weakness kind) {
    switch (kind) {
        case weakness::slow_stub: return naive_manner::one_at_a_time;
        case weakness::greedy_stub: return naive_manner::reads_ahead;
        default: return naive_manner::usual;
    }
}

}  // namespace

std::uint16_t arena::port() {
    if (which_ == side::real || weakness_ == weakness::no_defences) return daemon().port();
    return stubs_.try_emplace(weakness_, manner_of(weakness_)).first->second.port();
}

std::string arena::program(std::string_view name) const {
    return std::string(name) + (which_ == side::real ? "" : "-weakened");
}

arena::finished arena::operatorctl(const std::vector<std::string>& words, const process::environment& variables) const {
    std::vector<std::string> command{program_path(program("operatorctl"))};
    command.insert(command.end(), words.begin(), words.end());
    const process running(command, variables);
    const int code = running.wait_for_exit().value_or(-1);
    return {.exit_code = code, .out = running.standard_output(), .err = running.standard_error()};
}

running_daemon& arena::holder() {
    if (!holder_) {
        process::environment keys{{"LAB_KEY", std::string(holder_key)}, {"RES_OPTIONS", "attempts:0"}};
        for (const char* name : {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"})
            keys.emplace(name, vendor_key);
        holder_.emplace(fmt::format("[probes]\ntimeout = \"{}ms\"\n", holder_timeout.count()), std::move(keys),
                        std::vector<std::string>{"--listen", "127.0.0.1:0", "--log-level", "debug"},
                        program("operatord"));
    }
    return *holder_;
}

model_server_sim& arena::lab() {
    if (!lab_) {
        lab_.emplace();
        lab_->answer("/v1/models",
                     json_answer(200, R"({"object":"list","data":[{"id":"lab-model","object":"model"}]})"));
    }
    return *lab_;
}

running_daemon& arena::daemon() {
    if (!daemon_) {
        const std::string text = fmt::format(R"toml([rest_api]
cors_origins = ["https://tools.example.com"]
[[model_servers]]
name = "lab"
kind = "openai-compat"
base_url = "{}"
api_key_env = "LAB_KEY"
extra_env = {{ LAB_SECRET = "{}" }}
[[model_servers]]
name = "for-gemini"
kind = "google-api"
base_url = "http://127.0.0.1:9"
api_key_env = "LAB_KEY"
probe = "never"
[[delegators]]
name = "flagged"
llm_tool = "codex"
model = "m"
model_server = "lab"
[delegators.launch_config]
flags = ["$(cd;touch marker)"]
)toml",
                                             lab().base_url(), extra_secret);
        daemon_.emplace(text, process::environment{{"LAB_KEY", std::string(lab_key)}},
                        std::vector<std::string>{"--listen", "localhost:0"}, program("operatord"));
        daemon_->wait_for_status("lab", "ok");
    }
    return *daemon_;
}

running_daemon arena::own_daemon(std::string_view operator_toml, process::environment extra,
                                 std::vector<std::string> listen) const {
    return running_daemon(operator_toml, std::move(extra), std::move(listen), program("operatord"));
}

void arena::start(std::optional<running_daemon>& place, std::string_view operator_toml,
                  process::environment extra) const {
    place.emplace(operator_toml, std::move(extra), std::vector<std::string>{"--listen", "127.0.0.1:0"},
                  program("operatord"));
}

}  // namespace opd::test
