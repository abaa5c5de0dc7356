#include "daemon/loop/log.hpp"
#include "daemon/state/server_state.hpp"
#include "tests/daemon/recorded_log.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::loop;
using namespace opd::state;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the fields of each message.
struct field_sink final : spdlog::sinks::base_sink<spdlog::details::null_mutex> {
    void sink_it_(const spdlog::details::log_msg&) override {
        for (const auto& [name, value] : log_fields::current()) seen.push_back(fmt::format("{}={}", name, value));
    }

    void flush_() override {}

    std::vector<std::string> seen;
};

server_state state_of(const char* name, probe_status status) {
    server_state state;
    state.server.name = name;
    state.status = status;
    return state;
}

}  // namespace

TEST_CASE("a probe's time is told with the phases that it had") {
    CHECK(describe({.phases = {}, .total = 0us}) == "0.0 ms");
    CHECK(describe({.phases = {.resolve = 80us, .connect = 300us, .tls = 5'149us, .first_byte = 6'200us},
                    .total = 12'345us}) == "12.3 ms: resolve 0.1, connect 0.3, TLS 5.1, first byte 6.2");
    http_phases hung;
    hung.resolve = 1ms;
    hung.connect = 2ms;
    CHECK(describe({.phases = hung, .total = 5s}) == "5000.0 ms: resolve 1.0, connect 2.0");
}

TEST_CASE("a transition is one line, and each probe one more for those who debug") {
    recorded_log log;
    server_state lab = state_of("lab", probe_status::ok);
    lab.latency = 3ms;
    lab.last_good = std::make_shared<const std::vector<model>>(7);
    const probe_times times{.phases = {}, .total = 3ms};
    log_probe(log.logger(), lab, probe_status::pending, times);
    log_probe(log.logger(), lab, probe_status::ok, times);
    lab.status = probe_status::refused;
    lab.error = "it refuses";
    log_probe(log.logger(), lab, probe_status::ok, times);
    lab.status = probe_status::key_missing;
    lab.error = "no key";
    log_probe(log.logger(), lab, probe_status::refused, times);
    CHECK(log.lines() ==
          std::vector<std::string>{"info lab: pending -> ok, 7 models in 3 ms", "debug lab: probed, ok, 3.0 ms",
                                   "debug lab: probed, ok, 3.0 ms", "warning lab: ok -> refused: it refuses",
                                   "debug lab: probed, refused, 3.0 ms", "info lab: refused -> key_missing: no key",
                                   "debug lab: probed, key_missing, 3.0 ms"});
}

TEST_CASE("the journal can be searched for a server and a status") {
    const auto sink = std::make_shared<field_sink>();
    spdlog::logger log("test", sink);
    log_probe(log, state_of("lab", probe_status::refused), probe_status::ok, {});
    CHECK(sink->seen == std::vector<std::string>{"OPERATOR_SERVER=lab", "OPERATOR_STATUS=refused"});
    log.info("about nothing");
    CHECK(sink->seen.size() == 2);
    CHECK(log_fields::current().empty());
}
