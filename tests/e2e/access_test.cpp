#include "tests/e2e/running_daemon.hpp"
#include "tests/support/other_user.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd::test;

namespace {

constexpr const char* list = "/api/v1/model-servers";
constexpr const char* one_server = "[[model_servers]]\nname = \"lab\"\nkind = \"ollama\"\nprobe = \"never\"\n";

/// An address of this machine that is not loopback; what comes from it is not from loopback either.
std::optional<std::string> address_of_this_machine() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return std::nullopt;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        const bool usable = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || !usable) continue;
        char text[INET_ADDRSTRLEN];
        const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
        if (::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text) != nullptr) return text;
    }
    return std::nullopt;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint16_t port_of(const process& daemon) {
    const auto line = daemon.wait_for_line("listening on http://0.0.0.0:");
    REQUIRE(line.has_value());
    return static_cast<std::uint16_t>(std::stoi(line->substr(line->rfind(':') + 1)));
}

struct outcome {
    int exit_code;
    std::string out;
    std::string err;
};

outcome run(std::vector<std::string> argv, const process::environment& variables = {}) {
    const process program(argv, variables);
    const auto code = program.wait_for_exit();
    return {code.value_or(-1), program.standard_output(), program.standard_error()};
}

/// A daemon on all addresses of this machine, in a home of its own.
struct open_daemon {
    explicit open_daemon(const std::string& address) : where(address) {
        REQUIRE(daemon.wait_for_line("is ready").has_value());
        port = port_of(daemon);
        url = fmt::format("http://{}:{}", address, port);
    }

    http_client from_elsewhere() const { return http_client::over_tcp(where, port); }

    std::string where;
    temp_folder home;
    std::filesystem::path token_file = home.path() / ".local/state/operator/token";
    process daemon{{program_path("operatord"), "--listen", "0.0.0.0:0", "--socket", "none"}, {{"HOME", home.path()}}};
    std::uint16_t port = 0;
    std::string url;
};

}  // namespace

TEST_CASE("the same user needs nothing: over IPv4, IPv6, the unix socket, and with operatorctl") {
    running_daemon daemon(one_server, {}, {"--listen", "localhost:0"});
    CHECK(daemon.tcp().get(list).status == 200);
    CHECK(http_client::over_tcp("::1", daemon.port()).get(list).status == 200);
    CHECK(daemon.local().get(list).status == 200);
    const std::string url = fmt::format("http://localhost:{}", daemon.port());
    CHECK(run({program_path("operatorctl"), "--url", url, "servers"}).exit_code == 0);
    CHECK(run({program_path("operatorctl"), "--socket", daemon.socket(), "servers"}).exit_code == 0);
    if (::access("/usr/bin/curl", X_OK) != 0) return;
    const outcome curl = run({"/usr/bin/curl", "-sS", "--fail", "--noproxy", "*", url + list});
    CHECK(curl.exit_code == 0);
    CHECK(curl.out.find(R"("name":"lab")") != std::string::npos);
}

TEST_CASE("another user of the machine reads and changes nothing") {
    if (!can_be_another_user()) {
        MESSAGE("only root can be another user");
        return;
    }
    running_daemon daemon(one_server, {}, {"--listen", "localhost:0"});
    const std::string host = fmt::format("Host: localhost:{}\r\n\r\n", daemon.port());
    const std::string read = fmt::format("GET {} HTTP/1.1\r\n{}", list, host);
    const std::string removal = fmt::format("DELETE {}/lab HTTP/1.1\r\n{}", list, host);
    for (const char* address : {"127.0.0.1", "::1"}) {
        for (const std::string& asked : {read, removal}) {
            const auto told = ask_as_nobody(address, daemon.port(), asked);
            CHECK(told.connect_error == 0);
            CHECK(told.received.starts_with("HTTP/1.1 403 Forbidden\r\n"));
            CHECK(told.received.ends_with(
                R"("message":"operatord serves only processes of the user who started it, and a process of another user (uid 65534) is asking; that user can run one of their own"})"));
        }
    }
    // Who goes at once after the request is no better off.
    for (const afterwards then : {afterwards::closes, afterwards::resets_it})
        for (int i = 0; i != 20; ++i) ask_as_nobody("127.0.0.1", daemon.port(), removal, then);
    CHECK(ask_as_nobody(daemon.socket(), removal).connect_error == EACCES);
    CHECK(daemon.tcp().get(fmt::format("{}/lab", list)).status == 200);
    CHECK(daemon.local().get(fmt::format("{}/lab", list)).status == 200);
}

TEST_CASE("other machines need the token, and find out how; this one does not") {
    const auto address = address_of_this_machine();
    if (!address) {
        MESSAGE("this machine has no address besides loopback");
        return;
    }
    const open_daemon open(*address);
    std::string token = text_of(open.token_file);
    REQUIRE(token.size() == 65);
    token.pop_back();
    struct stat facts{};
    REQUIRE(::stat(open.token_file.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777U) == 0600);

    CHECK(http_client::over_tcp("127.0.0.1", open.port).get(list).status == 200);
    const http_answer without = open.from_elsewhere().get(list);
    CHECK(without.status == 401);
    CHECK(without.header("WWW-Authenticate") == R"(Bearer realm="operatord")");
    CHECK(open.from_elsewhere().request("GET", list, {{"Authorization", "Bearer " + token}}).status == 200);
    token.front() = token.front() == '0' ? '1' : '0';
    CHECK(open.from_elsewhere().request("GET", list, {{"Authorization", "Bearer " + token}}).status == 401);

    const std::string operatorctl = program_path("operatorctl");
    CHECK(run({operatorctl, "--url", open.url, "--token-file", open.token_file, "servers"}).exit_code == 0);
    CHECK(run({operatorctl, "--url", open.url, "servers"}, {{"OPERATOR_TOKEN_FILE", open.token_file}}).exit_code == 0);
    const outcome refused = run({operatorctl, "--url", open.url, "servers"});
    CHECK(refused.exit_code == 77);
    CHECK(refused.err.find("operatorctl --token-file FILE") != std::string::npos);

    const std::string log = open.daemon.standard_error();
    CHECK(log.find("other machines can reach the API on 0.0.0.0, over plain HTTP") != std::string::npos);
    CHECK(log.find(open.token_file.string()) != std::string::npos);
    CHECK(log.find(token.substr(1)) == std::string::npos);
}

TEST_CASE("a token that others may know keeps the daemon from opening to other machines") {
    const temp_folder home;
    const process::environment variables{{"HOME", home.path()}};
    const auto file = home.write(".local/state/operator/token", std::string(64, 'a') + "\n");
    const std::vector<std::string> open{program_path("operatord"), "--listen", "0.0.0.0:0", "--socket", "none"};
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    const outcome readable = run(open, variables);
    CHECK(readable.exit_code == 77);
    CHECK(readable.err.find(fmt::format("the access token {} is open to other users (mode 0644)", file.string())) !=
          std::string::npos);
    CHECK(readable.err.find("listening on") == std::string::npos);
    home.write(".local/state/operator/token", "\n");
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    CHECK(run(open, variables).exit_code == 78);
    CHECK(run(open).exit_code == 78);  // no HOME: no place for a token
}

TEST_CASE("with few descriptors, many clients neither end the daemon nor lock an honest one out") {
    const temp_folder home;
    const process daemon({"/bin/sh", "-c", "ulimit -n 64 && exec \"$0\" \"$@\"", program_path("operatord"), "--listen",
                          "none", "--socket", home.path() / "s"},
                         {{"HOME", home.path()}});
    REQUIRE(daemon.wait_for_line("is ready").has_value());
    std::vector<http_client> idle;
    for (int i = 0; i != 200; ++i) {
        idle.push_back(http_client::over_unix_socket(home.path() / "s"));
        idle.back().send("GET / HTTP/1.1\r\nHo");
    }
    for (int i = 0; i != 5; ++i) CHECK(http_client::over_unix_socket(home.path() / "s").get(list).status == 200);
    idle.clear();
    CHECK(http_client::over_unix_socket(home.path() / "s").get(list).status == 200);
    daemon.send_signal(SIGTERM);
    CHECK(daemon.wait_for_exit() == 0);
}
