#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"
#include "tests/support/without_privileges.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

// Where keys come from, with the real operatord and operatorctl.

using namespace opd::test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// Within which a change of a key must be seen.
constexpr std::chrono::milliseconds one_second{1000};

struct ended {
    int code = -1;
    std::string out;
    std::string err;
};

/// A server that wants a key, and a daemon that knows it as `lab`.
class keys_scene {
public:
    explicit keys_scene(process::environment more = {}, std::vector<std::string> options = {}) {
        server_.answer_everything(simulated_openai_compat({.models = 3, .key = "right-key"}));
        folder_.write("operator.toml", fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\n"
                                                   "base_url = \"{}\"\napi_key_env = \"LAB_KEY\"\n",
                                                   server_.base_url()));
        environment_ = {{"HOME", folder_.path()}, {"XDG_RUNTIME_DIR", folder_.path()}};
        more.merge(environment_);
        environment_ = std::move(more);
        command_ = {program_path("operatord"), "--config", config_file(), "--socket", socket(), "--listen", "none"};
        command_.insert(command_.end(), options.begin(), options.end());
        start();
    }

    void start() {
        daemon_.emplace(command_, environment_);
        REQUIRE(daemon_->wait_for_line("is ready"));
    }

    /// operatorctl, run by somebody who has these variables.
    ended ctl(const std::vector<std::string>& words, process::environment variables = {}) const {
        std::vector<std::string> command{program_path("operatorctl"), "--socket", socket()};
        command.insert(command.end(), words.begin(), words.end());
        const process program(command, variables);
        const int code = program.wait_for_exit().value_or(-1);
        return {code, program.standard_output(), program.standard_error()};
    }

    rest_client rest() const { return rest_client(http_client::over_unix_socket(socket())); }

    bool becomes(std::string_view status, std::chrono::milliseconds patience = one_second) const {
        rest_client client = rest();
        return comes_true(
            [&] { return client.get("/model-servers/lab").json.at("probe").at("status").as_string() == status; },
            patience);
    }

    json::value source() const { return rest().get("/keys/LAB_KEY").json.at("source"); }

    void write_keys(std::string_view text, mode_t mode = 0600) const {
        fs::create_directories(keys_file().parent_path());
        const auto fresh = folder_.write("fresh", text);
        ::chmod(fresh.c_str(), mode);
        fs::rename(fresh, keys_file());
    }

    process& daemon() { return *daemon_; }

    model_server_sim& server() { return server_; }

    const fs::path& home() const { return folder_.path(); }

    fs::path socket() const { return folder_.path() / "operatord.sock"; }

    fs::path config_file() const { return folder_.path() / "operator.toml"; }

    fs::path keys_file() const { return folder_.path() / ".config/operator/keys.env"; }

private:
    model_server_sim server_;
    temp_folder folder_;
    process::environment environment_;
    std::vector<std::string> command_;
    std::optional<process> daemon_;
};

/// The files below a folder that hold the text.
std::vector<std::string> files_with(const fs::path& folder, std::string_view text) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && read_file(entry.path()).find(text) != std::string::npos)
            found.push_back(entry.path());
    return found;
}

/// How often the text is in the memory of a process; nullopt: it cannot be looked into.
std::optional<std::size_t> count_in_memory(pid_t pid, std::string_view text) {
    std::ifstream maps(fmt::format("/proc/{}/maps", pid));
    const int memory = ::open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDONLY | O_CLOEXEC);
    if (memory < 0) return std::nullopt;
    std::size_t count = 0;
    bool any = false;
    std::vector<char> piece(std::size_t{1} << 20);
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::string rights;
        std::istringstream(line) >> std::hex >> begin >> dash >> end >> rights;
        // What is larger is the address sanitizer's own.
        const bool is_data = rights.starts_with("rw") && end - begin <= (std::uintptr_t{1} << 30);
        if (!is_data) continue;
        // Pieces overlap, so that none of their borders hides a text; one within the overlap is counted once.
        for (std::uintptr_t at = begin; at < end; at += piece.size() - text.size() + 1) {
            const std::size_t size = std::min<std::size_t>(piece.size(), end - at);
            const ssize_t got = ::pread(memory, piece.data(), size, static_cast<off_t>(at));
            if (got <= 0) break;
            any = true;
            const std::string_view seen(piece.data(), static_cast<std::size_t>(got));
            for (std::size_t found = seen.find(text); found != seen.npos; found = seen.find(text, found + 1)) ++count;
        }
    }
    ::close(memory);
    return any ? std::optional(count) : std::nullopt;
}

}  // namespace

TEST_CASE("a server that waits for its key is reached as soon as the key is pushed") {
    const keys_scene scene;
    REQUIRE(scene.becomes("key_missing"));
    const ended pushed = scene.ctl({"keys", "push", "LAB_KEY"}, {{"LAB_KEY", "right-key"}});
    CHECK(pushed.code == 0);
    CHECK(pushed.err.empty());
    CHECK(pushed.out == "LAB_KEY pushed\n  lab: ok, 3 models\n");
    CHECK(scene.becomes("ok"));

    CHECK(scene.ctl({"keys", "push", "LAB_KEY"}, {{"LAB_KEY", "wrong-key"}})
              .out.starts_with("LAB_KEY pushed\n  lab: auth_failed: "));
    const ended forgotten = scene.ctl({"keys", "forget"});
    CHECK(forgotten.out == "LAB_KEY forgotten\n");
    CHECK(scene.becomes("key_missing"));
}

TEST_CASE("without names operatorctl pushes what the servers use and the caller has") {
    const keys_scene scene;
    const ended pushed = scene.ctl({"--json", "keys", "push"}, {{"LAB_KEY", "right-key"}, {"OTHER", "x"}});
    CHECK(pushed.code == 0);
    const json::value told = json::parse(pushed.out);
    CHECK(told.at("total") == 1);
    CHECK(told.at("keys").at(0).at("name") == "LAB_KEY");
    CHECK(told.at("keys").at(0).at("servers") == json::array{json::object{{"name", "lab"}, {"status", "ok"}}});

    const ended nothing = scene.ctl({"keys", "push"});
    CHECK(nothing.code == 1);
    CHECK(nothing.err ==
          "no key that a model server uses is set here; those would be: ANTHROPIC_API_KEY, GEMINI_API_KEY, LAB_KEY, "
          "OPENAI_API_KEY\n");
    const ended unset = scene.ctl({"keys", "push", "LAB_KEY"});
    CHECK(unset.code == 1);
    CHECK(unset.err == "LAB_KEY is not set here; set it first: export LAB_KEY=...\n");
}

TEST_CASE("a key is what was pushed, else a credential, else in keys.env, else in the daemon's environment") {
    const temp_folder credentials;
    const keys_scene scene({{"CREDENTIALS_DIRECTORY", credentials.path()}, {"LAB_KEY", "right-key"}});
    CHECK(scene.becomes("ok"));
    CHECK(scene.source() == "environment");

    scene.write_keys("LAB_KEY=wrong-key\n");
    CHECK(scene.becomes("auth_failed"));
    CHECK(scene.source() == "keys.env");

    credentials.write("LAB_KEY", "right-key\n");
    rest_client(scene.rest()).get("/model-servers/lab/models?refresh=true");
    CHECK(scene.becomes("ok"));
    CHECK(scene.source() == "credentials");

    CHECK(scene.rest().put("/keys/LAB_KEY", {{"value", "wrong-key"}}).status() == 200);
    CHECK(scene.becomes("auth_failed"));
    CHECK(scene.source() == "pushed");

    CHECK(scene.rest().remove("/keys/LAB_KEY").json.at("source") == "credentials");
    CHECK(scene.becomes("ok"));
}

TEST_CASE("keys.env is read when it is made, changed in any way, and removed") {
    const keys_scene scene;
    REQUIRE(scene.becomes("key_missing"));
    scene.write_keys("# mine\nexport LAB_KEY=\"right-key\"\n");
    CHECK(scene.becomes("ok"));
    write_in_place(scene.keys_file(), "LAB_KEY='wrong-key'\n");
    CHECK(scene.becomes("auth_failed"));
    write_in_place(scene.keys_file(), "# nothing\n");
    append_to(scene.keys_file(), "LAB_KEY=right-key\n");
    CHECK(scene.becomes("ok"));
    fs::remove(scene.keys_file());
    CHECK(scene.becomes("key_missing"));
    fs::remove_all(scene.home() / ".config");
    scene.write_keys("LAB_KEY=right-key\n");
    CHECK(scene.becomes("ok"));
}

TEST_CASE("keys.env that others can read is refused, and counts once it is closed") {
    keys_scene scene;
    scene.write_keys("LAB_KEY=right-key\n", 0644);
    const std::string file = scene.keys_file();
    const std::string why = fmt::format("{0}: mode 0644 lets others read it; chmod 600 {0}", file);
    CHECK(scene.daemon().wait_for_line(why));
    CHECK(scene.becomes("key_missing"));
    const ended listed = scene.ctl({"keys"});
    CHECK(listed.code == 0);
    CHECK(listed.out.find("\nLAB_KEY            nowhere   lab (key_missing)\n") != std::string::npos);
    CHECK(listed.out.find("\n\n" + why + "\n\nhand over what this shell has: operatorctl keys push\n") !=
          std::string::npos);

    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    CHECK(scene.becomes("ok"));
    REQUIRE(::chmod(file.c_str(), 0640) == 0);
    CHECK(scene.becomes("key_missing"));
    REQUIRE(::chmod(file.c_str(), 0400) == 0);
    CHECK(scene.becomes("ok"));
    CHECK(scene.ctl({"keys"}).out.find("lets others") == std::string::npos);
}

TEST_CASE("keys.env of somebody else is refused") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can give a file away");
        return;
    }
    const keys_scene scene;
    scene.write_keys("LAB_KEY=right-key\n");
    REQUIRE(scene.becomes("ok"));
    REQUIRE(::chown(scene.keys_file().c_str(), nobody, nobody) == 0);
    CHECK(scene.becomes("key_missing"));
    CHECK(scene.rest().get("/keys").json.at("keys_file").at("errors").at(0).as_string() ==
          fmt::format("{0}: belongs to user 65534, not to user 0, who runs operatord; make it yours: chown 0 {0}",
                      scene.keys_file().string()));
}

TEST_CASE("a pushed key stays over a reload, and is gone with the daemon") {
    keys_scene scene;
    REQUIRE(scene.rest().put("/keys/LAB_KEY", {{"value", "right-key"}}).status() == 200);
    append_to(scene.config_file(), "[[model_servers]]\nname = \"twin\"\nkind = \"openai-compat\"\nbase_url = \"" +
                                       scene.server().base_url() + "\"\napi_key_env = \"LAB_KEY\"\n");
    scene.daemon().send_signal(SIGHUP);
    rest_client client = scene.rest();
    CHECK(comes_true([&] {
        const auto twin = client.get("/model-servers/twin");
        return twin.status() == 200 && twin.json.at("probe").at("status") == "ok";
    }));
    scene.daemon().send_signal(SIGTERM);
    CHECK(scene.daemon().wait_for_exit() == 0);
    scene.start();
    CHECK(scene.becomes("key_missing"));
}

TEST_CASE("a pushed key is in no file, no line of the log, no answer and, once forgotten, not in memory") {
    constexpr std::string_view secret = "hush-0123456789abcdef-hush";
    keys_scene scene({}, {"--log-level", "debug"});
    const ended pushed = scene.ctl({"keys", "push", "LAB_KEY", "UNUSED_KEY"},
                                   {{"LAB_KEY", "right-key-is-another"}, {"UNUSED_KEY", std::string(secret)}});
    CHECK(pushed.code == 0);
    CHECK(pushed.out.find("UNUSED_KEY pushed; no model server uses it yet\n") != std::string::npos);
    // A body in chunks, and ones that are refused.
    auto raw = http_client::over_unix_socket(scene.socket());
    raw.send(
        fmt::format("PUT /api/v1/keys/UNUSED_KEY HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{{\"value\":\"{}\"}}\r\n0\r\n\r\n",
                    secret.size() + 12, secret));
    CHECK(raw.read_answer().status == 200);
    rest_client client = scene.rest();
    const std::string twice = fmt::format("{}\n{}", secret, secret);
    CHECK(client.put("/keys/UNUSED_KEY", {{"value", twice}}).status() == 400);
    CHECK(client.ask("PUT", "/keys/UNUSED_KEY", {{"Content-Type", "application/json"}}, fmt::format("[{}", secret))
              .status() == 400);
    CHECK(client.ask("PUT", "/keys/UNUSED_KEY", {{"Content-Type", "text/plain"}}, secret).status() == 415);

    std::string told = pushed.out + pushed.err + scene.ctl({"keys"}).out + scene.ctl({"--json", "status"}).out;
    for (const char* path : {"/keys", "/keys/UNUSED_KEY", "/model-servers", "/model-servers/lab/models", "/health"})
        told += client.get(path).http.body;
    CHECK(told.find(secret) == std::string::npos);
    CHECK(files_with(scene.home(), secret) == std::vector<std::string>{});

    const auto held = count_in_memory(scene.daemon().pid(), secret);
    CHECK(client.remove("/keys/UNUSED_KEY").status() == 200);
    const auto left = count_in_memory(scene.daemon().pid(), secret);
    if (!held || !left)
        MESSAGE("skipped: this system does not let us look into the daemon's memory");
    else
        CHECK_MESSAGE((*held >= 1 && *left == 0), *held, " while it was held, then ", *left);

    scene.daemon().send_signal(SIGTERM);
    CHECK(scene.daemon().wait_for_exit() == 0);
    CHECK((scene.daemon().standard_error() + scene.daemon().standard_output()).find(secret) == std::string::npos);
}

TEST_CASE("keys never go over TCP") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    CHECK(client.get("/keys").status() == 403);
    CHECK(client.put("/keys/LAB_KEY", {{"value", "k"}}).message() ==
          "keys are only spoken of over the unix socket; use: operatorctl keys");
    const process over_tcp({program_path("operatorctl"), "--url", fmt::format("http://127.0.0.1:{}", daemon.port()),
                            "keys", "push", "LAB_KEY"},
                           {{"LAB_KEY", "k"}});
    CHECK(over_tcp.wait_for_exit() == 64);
    CHECK(over_tcp.standard_error() ==
          "operatorctl: keys go over the unix socket of operatord alone, never over --url; leave --url out, or name "
          "the socket with --socket PATH\nTry: operatorctl --help\n");
}

TEST_CASE("a launch hands its key to the daemon only where the configuration says so") {
    keys_scene scene;
    fs::create_directory(scene.home() / "bin");
    fs::create_symlink("/bin/true", scene.home() / "bin/codex");
    const process::environment caller{
        {"HOME", scene.home()}, {"PATH", (scene.home() / "bin").string() + ":/usr/bin:/bin"}, {"LAB_KEY", "right-key"}};
    const std::vector<std::string> launch{"launch", "--llm-tool",     "codex", "--model",
                                          "m",      "--model-server", "lab",   "--force"};
    const ended silent = scene.ctl(launch, caller);
    CHECK(silent.code == 0);
    CHECK(scene.source().is_null());

    append_to(scene.config_file(), "[keys]\npush_on_launch = true\n");
    REQUIRE(comes_true([&] { return scene.rest().get("/health").json.at("config").at("generation") == 2; }));
    const ended handed = scene.ctl(launch, caller);
    CHECK(handed.code == 0);
    CHECK(scene.source() == "pushed");
    CHECK(scene.becomes("ok"));
}
