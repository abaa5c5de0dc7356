#include "tests/e2e/attacks/probe_cost.hpp"

#include "tests/e2e/attacks/declared_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <future>

#include <unistd.h>

namespace opd::test {
namespace {

using clock = std::chrono::steady_clock;

std::chrono::milliseconds since(clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
}

}  // namespace

std::size_t memory_of(pid_t process) {
    std::size_t all = 0;
    std::size_t resident = 0;
    std::ifstream(fmt::format("/proc/{}/statm", process)) >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

probe_cost cost_of_probe(arena& where, std::string_view base_url) {
    running_daemon& daemon = where.holder();
    const std::size_t before = memory_of(daemon.program().pid());
    http_client honest = daemon.tcp();
    probe_cost cost;
    const auto begin = clock::now();
    const declared_server declared(where, "openai-compat", base_url);
    std::future<std::string> status = std::async(std::launch::async, [&declared] { return declared.status(); });
    do {
        const auto asked = clock::now();
        honest.get("/api/v1/health");
        cost.slowest_answer = std::max(cost.slowest_answer, since(asked));
        const std::size_t now = memory_of(daemon.program().pid());
        cost.grown_bytes = std::max(cost.grown_bytes, now > before ? now - before : 0);
    } while (status.wait_for(std::chrono::milliseconds(5)) == std::future_status::timeout);
    cost.took = since(begin);
    cost.status = status.get();
    return cost;
}

}  // namespace opd::test
