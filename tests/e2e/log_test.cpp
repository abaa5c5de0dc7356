#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"
#include "tests/support/tls_identity.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <regex>
#include <string>
#include <vector>

using namespace opd::test;

namespace {

std::string server(std::string_view name, std::string_view base_url, std::string_view more = {}) {
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n{}\n", name,
                       base_url, more);
}

/// What the log says of one probe, without its numbers.
std::string probed(running_daemon& daemon, const std::string& server) {
    const auto line = daemon.program().wait_for_line(server + ": probed, ");
    if (!line) return "nothing";
    return std::regex_replace(line->substr(line->find(server)), std::regex(R"(\d+\.\d)"), "N");
}

std::size_t lines_about(const std::string& log, const std::string& server) {
    std::size_t count = 0;
    for (auto at = log.find(server + ": "); at != std::string::npos; at = log.find(server + ": ", at + 1)) ++count;
    return count;
}

const std::vector<std::string> debugging{"--listen", "127.0.0.1:0", "--log-level", "debug"};

}  // namespace

TEST_CASE("who debugs sees each probe with its phases") {
    const temp_folder folder;
    const test_authority authority;
    model_server_sim plain;
    model_server_sim secure({.tls = authority.issue({.ip_addresses = {"127.0.0.1"}})});
    const refusing_port refusing;
    for (model_server_sim* one : {&plain, &secure}) one->answer_everything(simulated_openai_compat({.models = 1}));
    running_daemon daemon(
        server("plain", plain.base_url()) +
            server("secure", secure.base_url(),
                   fmt::format("ca_file = \"{}\"", authority.write_certificate(folder.path()).string())) +
            server("refusing", refusing.base_url()),
        {}, debugging);
    CHECK(probed(daemon, "plain") == "plain: probed, ok, N ms: resolve N, connect N, first byte N");
    CHECK(probed(daemon, "secure") == "secure: probed, ok, N ms: resolve N, connect N, TLS N, first byte N");
    CHECK(probed(daemon, "refusing") == "refusing: probed, refused, N ms: resolve N");
    CHECK(probed(daemon, "openai-api") == "openai-api: probed, key_missing, N ms");
}

TEST_CASE("everybody else sees transitions, once") {
    model_server_sim sim;
    sim.answer_everything(simulated_openai_compat({.models = 1}));
    running_daemon daemon("[probes]\ninterval = \"20ms\"\n" + server("busy", sim.base_url()));
    CHECK(sim.wait_for_requests(20));
    CHECK(lines_about(daemon.program().standard_error(), "busy") == 1);
}

TEST_CASE("for the journal each line has its priority, also why there is no start") {
    const temp_folder home;
    const process::environment environment{
        {"HOME", home.path()}, {"XDG_RUNTIME_DIR", home.path()}, {"JOURNAL_STREAM", "1:2"}};
    {
        const process daemon({program_path("operatord"), "--listen", "none"}, environment);
        REQUIRE(daemon.wait_for_line("is ready"));
        CHECK(daemon.wait_for_line("<6>listening on unix socket "));
    }
    const auto file = home.write("broken.toml", "[[");
    const process daemon({program_path("operatord"), "--config", file}, environment);
    CHECK(daemon.wait_for_exit() == 78);
    CHECK(daemon.standard_error().starts_with("<3>" + file.string() + ":1:"));
}
