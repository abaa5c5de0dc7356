// How long one sweep over many loopback servers takes, and what a server costs in memory besides its list:
// bench_probes SERVERS CONCURRENCY PORT... (the ports of bench_simulator). Everything is the daemon's own: scheduler,
// prober, transport, registry. Prints one JSON object.

#include "daemon/state/probe_scheduler.hpp"
#include "daemon/state/registry.hpp"
#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace opd;
using namespace opd::state;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::size_t models_each = 20;  // a list of about 2 KB

struct sweep_result {
    std::chrono::duration<double> took{};
    double cpu_seconds = 0;  ///< of this process, meanwhile
    std::size_t reachable = 0;
    std::size_t list_bytes = 0;  ///< of the lists in the registry
};

std::vector<model_server> make_servers(std::size_t count, const std::vector<std::string>& ports) {
    std::vector<model_server> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i].name = fmt::format("server-{}", i);
        out[i].kind = find_kind("openai-compat");
        out[i].base_url = fmt::format("http://127.0.0.1:{}/{}/{}", ports[i % ports.size()], models_each, i);
    }
    return out;
}

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

asio::awaitable<void> sweep(registry& servers, probe_scheduler& scheduler, sweep_result& out) {
    const auto begin = std::chrono::steady_clock::now();
    const double cpu_before = cpu_seconds();
    scheduler.start();
    for (const server_entry_ptr& entry : servers.entries())
        if (entry->state.listed) co_await scheduler.wait_for_first_result(entry);
    out.took = std::chrono::steady_clock::now() - begin;
    out.cpu_seconds = cpu_seconds() - cpu_before;
    scheduler.stop();
    co_await scheduler.join();
}

sweep_result run(std::size_t count, unsigned concurrency, const std::vector<std::string>& ports) {
    asio::io_context io(1);
    resolver names(io.get_executor());
    const auto transport = make_beast_transport(io.get_executor(), names);
    registry servers(make_servers(count, ports));
    spdlog::logger silent("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    const probe_settings settings{.interval = 1h, .cloud_interval = 1h, .timeout = 10s, .concurrency = concurrency};
    const auto no_key = [](std::string_view) { return std::optional<secret>(); };
    probe_scheduler scheduler(io.get_executor(), servers, *transport, no_key, settings, silent);
    sweep_result out;
    asio::co_spawn(io, sweep(servers, scheduler, out), [](const std::exception_ptr& bug) {
        if (bug) std::rethrow_exception(bug);
    });
    io.run();
    out.reachable = servers.reachable();
    for (const server_entry_ptr& entry : servers.entries())
        for (const model& one : *entry->state.last_good)
            out.list_bytes += sizeof(one) + one.id.capacity() + one.display_name.capacity();
    return out;
}

/// A line of /proc/self/status, in bytes.
std::size_t memory(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name)) return std::stoul(line.substr(name.size() + 1)) * 1024;
    return 0;
}

void raise_descriptor_limit() {
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return;
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        fmt::print(stderr, "usage: bench_probes SERVERS CONCURRENCY PORT...\n");
        return 64;
    }
    const std::size_t count = std::stoul(argv[1]);
    const auto concurrency = static_cast<unsigned>(std::stoul(argv[2]));
    const std::vector<std::string> ports(argv + 3, argv + argc);
    raise_descriptor_limit();
    run(1, concurrency, ports);  // what is paid once, whatever the number of servers
    const std::size_t before = memory("VmRSS:");
    const sweep_result found = run(count, concurrency, ports);
    const std::size_t peak = memory("VmHWM:");
    const std::size_t grown = peak > before ? peak - before : 0;
    const std::size_t besides = grown > found.list_bytes ? grown - found.list_bytes : 0;
    fmt::print(
        R"({{"servers":{},"concurrency":{},"reachable":{},"seconds":{:.6f},"cpu_seconds":{:.6f},"peak_bytes":{},"list_bytes":{},)"
        R"("bytes_per_server":{:.0f}}})"
        "\n",
        count, concurrency, found.reachable, found.took.count(), found.cpu_seconds, peak, found.list_bytes,
        static_cast<double>(besides) / static_cast<double>(count));
    return found.reachable == count ? 0 : 1;
}
