// simulated-servers: the demonstration's model servers. Writes an operator.toml that declares them, and the keys they
// want, then serves until it is told to stop.

#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr std::string_view vllm_key = "demo-vllm-key";
constexpr std::string_view gateway_key = "demo-gateway-key";

struct arguments {
    std::string config_out;
    std::string env_out;
    pid_t until_pid = 0;
};

/// Takes the base URLs in the order of the blocks.
constexpr std::string_view config_format =
    R"toml(# The demonstration of operatord: simulated model servers on this machine. They list models and check keys like real
# ones, but there is nothing behind them. Written anew, with other ports, whenever the demonstration starts.

[probes]
interval = "10s"
timeout  = "2s"

[[model_servers]]
name = "ollama-local"
kind = "ollama"
base_url = "{}"
display_name = "Ollama (simulated)"

# Wants a key, and finds it in this variable.
[[model_servers]]
name = "team-vllm"
kind = "openai-compat"
base_url = "{}/v1"
api_key_env = "DEMO_VLLM_KEY"
display_name = "The team's vLLM (simulated)"

[[model_servers]]
name = "gateway"
kind = "openrouter"
base_url = "{}/api/v1"
api_key_env = "DEMO_GATEWAY_KEY"
display_name = "A gateway with 400 models (simulated)"

# Nobody listens there.
[[model_servers]]
name = "workstation-down"
kind = "lmstudio"
base_url = "{}"
display_name = "A workstation that is off (simulated)"

# Accepts connections and never says a word.
[[model_servers]]
name = "lab-hangs"
kind = "openai-compat"
base_url = "{}/v1"
display_name = "A lab server that hangs (simulated)"
)toml";

std::string environment_text() {
    return fmt::format("export DEMO_VLLM_KEY={}\nexport DEMO_GATEWAY_KEY={}\n", vllm_key, gateway_key);
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error(fmt::format("cannot write {}: is its folder there and writable?", path));
}

/// Must be called before threads are started, which inherit the mask.
int block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) throw std::runtime_error("sigprocmask failed");
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

/// Returns when a signal says so, or when the process to live for has ended.
void wait_for_the_end(int signals, pid_t until_pid) {
    // glibc 2.36 declares its pidfd_open() without extern "C".
    const int owner = until_pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, until_pid, 0)) : -1;
    if (until_pid > 0 && owner < 0) return;
    std::array<pollfd, 2> ends = {pollfd{signals, POLLIN, 0}, pollfd{owner, POLLIN, 0}};
    while (poll(ends.data(), ends.size(), -1) < 0) {
    }
}

void run(const arguments& wanted) {
    using namespace opd::test;
    const int signals = block_stop_signals();

    model_server_sim ollama;
    ollama.answer_everything(simulated_ollama({.models = 7, .others = 1}));
    model_server_sim vllm;
    vllm.answer_everything(simulated_openai_compat({.models = 3, .key = std::string(vllm_key)}));
    model_server_sim gateway;
    gateway.answer_everything(simulated_openrouter({.models = 400, .key = std::string(gateway_key)}));
    const refusing_port down;
    model_server_sim hanging;
    hanging.answer_everything(black_hole());

    write_file(wanted.config_out, fmt::format(config_format, ollama.base_url("localhost"), vllm.base_url(),
                                              gateway.base_url(), down.base_url(), hanging.base_url()));
    if (wanted.env_out.empty())
        std::cout << environment_text();
    else
        write_file(wanted.env_out, environment_text());
    std::cout << "ready" << std::endl;
    wait_for_the_end(signals, wanted.until_pid);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulated model servers for the demonstration of operatord");
    arguments wanted;
    app.add_option("--config-out", wanted.config_out, "write an operator.toml that declares the servers to this file")
        ->required();
    app.add_option("--env-out", wanted.env_out,
                   "write the keys, as lines for a shell, to this file instead of the output");
    app.add_option("--until-pid", wanted.until_pid, "end when this process ends");
    try {
        app.parse(argc, argv);
        run(wanted);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    } catch (const std::exception& error) {
        std::cerr << "simulated-servers: " << error.what() << '\n';
        return 70;
    }
}
