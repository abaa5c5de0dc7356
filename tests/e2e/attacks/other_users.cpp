// What a process of another user of this machine can do: connect to every address that it sees. It is a real one.

#include "tests/e2e/attacks/asking.hpp"
#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/other_user.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>

namespace fs = std::filesystem;

namespace opd::test {
namespace {

void need_another_user() {
    if (!can_be_another_user()) throw skipped{"only root can be another user"};
}

std::string get(std::string_view target, std::uint16_t port) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", target, port);
}

std::string post(std::string_view target, std::string_view body, std::uint16_t port, std::string_view method = "POST") {
    return fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Type: "
        "application/json\r\nContent-Length: {}\r\n\r\n{}",
        method, target, port, body.size(), body);
}

bool is_good(const other_users_answer& answer) { return answer.received.starts_with("HTTP/1.1 2"); }

bool asks(arena& where, const std::string& address, const std::function<std::string(std::uint16_t)>& request) {
    need_another_user();
    const std::uint16_t port = where.daemon().port();
    return is_good(ask_as_nobody(address, port, request(port)));
}

/// Over the unix socket, in a folder that somebody has opened up.
bool asks_socket(arena& where, const std::string& request) {
    need_another_user();
    const fs::path socket = where.daemon().socket();
    const auto all = fs::perms::others_exec | fs::perms::others_read;
    for (fs::path folder = socket.parent_path(); folder != "/tmp" && folder != "/"; folder = folder.parent_path())
        fs::permissions(folder, all, fs::perm_options::add);
    fs::permissions(socket, fs::perms::all);
    return is_good(ask_as_nobody(socket, request));
}

/// The port of a daemon that serves on every address.
std::uint16_t port_on_all_addresses(running_daemon& daemon) {
    const auto line = daemon.program().wait_for_line("listening on http://0.0.0.0:");
    if (!line) throw std::runtime_error("it does not listen");
    std::uint16_t port = 0;
    const char* digits = line->data() + line->rfind(':') + 1;
    std::from_chars(digits, line->data() + line->size(), port);
    return port;
}

bool has_server(arena& where, std::string_view name) {
    return where.daemon().tcp().get("/api/v1/model-servers/" + std::string(name)).status == 200;
}

constexpr std::array<attack, 13> other_users_table{{
    {"another user has the bridge ask a model server, at the cost of this one",
     [](arena& where) {
         return asks(where, "127.0.0.1", [](std::uint16_t port) {
             return post("/bridge/lab/anthropic/v1/messages/count_tokens", R"({"model":"m","messages":[]})", port);
         });
     }},
    {"another user reads the servers over IPv4",
     [](arena& where) {
         return asks(where, "127.0.0.1", [](std::uint16_t port) { return get("/api/v1/model-servers", port); });
     }},
    {"another user reads the servers under another address of the loopback",
     [](arena& where) {
         need_another_user();
         running_daemon anywhere = where.own_daemon("", {}, {"--listen", "0.0.0.0:0"});
         const std::uint16_t port = port_on_all_addresses(anywhere);
         return is_good(ask_as_nobody("127.0.0.2", port,
                                      fmt::format("GET /api/v1/model-servers HTTP/1.1\r\nHost: 127.0.0.2:{}\r\n"
                                                  "Connection: close\r\n\r\n",
                                                  port)));
     }},
    {"another user reads the health of the daemon",
     [](arena& where) {
         return asks(where, "127.0.0.1", [](std::uint16_t port) { return get("/api/v1/health", port); });
     }},
    {"another user reads the servers over the unix socket, whose folder and file are open to all",
     [](arena& where) { return asks_socket(where, get("/api/v1/model-servers", 80)); }},
    {"another user reads the values of extra_env over that socket",
     [](arena& where) { return asks_socket(where, get("/api/v1/model-servers/lab", 80)); }},
    {"another user reads over it what an agent would be launched with",
     [](arena& where) {
         return asks_socket(where, post("/api/v1/launch/resolve",
                                        R"({"llm_tool":"codex","model":"lab-model","model_server":"lab"})", 80));
     }},
    {"another user hands the daemon a key of his own over it",
     [](arena& where) {
         return asks_socket(where, post("/api/v1/keys/LAB_KEY", R"({"value":"somebody-elses"})", 80, "PUT")) &&
                asks_socket(where, "DELETE /api/v1/keys/LAB_KEY HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
     }},
    {"another user declares a server that gets a key",
     [](arena& where) {
         const bool done =
             asks(where, "127.0.0.1", [](std::uint16_t port) { return post("/api/v1/model-servers", thief, port); });
         if (done) where.daemon().tcp().request("DELETE", "/api/v1/model-servers/thief");
         return done;
     }},
    {"another user removes a server",
     [](arena& where) {
         asks(where, "127.0.0.1", [](std::uint16_t port) {
             return post("/api/v1/model-servers",
                         R"({"name":"victim","kind":"openai-compat","base_url":"http://127.0.0.1:9"})", port);
         });
         http_client mine = where.daemon().tcp();
         mine.request("POST", "/api/v1/model-servers", {{"Content-Type", "application/json"}},
                      R"({"name":"victim","kind":"openai-compat","base_url":"http://127.0.0.1:9"})");
         if (!has_server(where, "victim")) throw std::runtime_error("there is no server to remove");
         asks(where, "127.0.0.1", [](std::uint16_t port) {
             return fmt::format(
                 "DELETE /api/v1/model-servers/victim HTTP/1.1\r\nHost: localhost:{}\r\n"
                 "Connection: close\r\n\r\n",
                 port);
         });
         return !has_server(where, "victim");
     }},
    {"another user changes a server and goes at once, so that nobody can say who it was",
     [](arena& where) {
         need_another_user();
         const std::uint16_t port = where.daemon().port();
         constexpr std::string_view ghost =
             R"({"name":"ghost","kind":"openai-compat","base_url":"http://127.0.0.1:9"})";
         for (int i = 0; i < 10 && !has_server(where, "ghost"); ++i)
             ask_as_nobody("127.0.0.1", port, post("/api/v1/model-servers", ghost, port), afterwards::closes);
         return comes_true([&] { return has_server(where, "ghost"); }, std::chrono::milliseconds(300));
     }},
    {"another user's request is hidden behind one that is refused",
     [](arena& where) {
         need_another_user();
         const std::uint16_t port = where.daemon().port();
         const std::string twice =
             fmt::format("GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", port) + get("/api/v1/model-servers", port);
         return ask_as_nobody("127.0.0.1", port, twice).received.find("200 OK") != std::string::npos;
     }},
    {"another user learns over the network what he does not on the loopback",
     [](arena& where) {
         need_another_user();
         running_daemon anywhere = where.own_daemon("", {}, {"--listen", "0.0.0.0:0"});
         const std::uint16_t port = port_on_all_addresses(anywhere);
         return is_good(ask_as_nobody("127.0.0.1", port,
                                      fmt::format("GET /api/v1/health HTTP/1.1\r\nHost: localhost:{}\r\n"
                                                  "Authorization: Bearer guess\r\nConnection: close\r\n\r\n",
                                                  port)));
     }},
}};

}  // namespace

std::span<const attack> attacks_of_other_users() { return other_users_table; }

}  // namespace opd::test
