// The search for the key: launches of every sort, on servers that put the key which they were sent into whatever they
// answer, and then nothing outside the agents' environment may hold any part of it.

#include "tests/e2e/launch_scene.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <random>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

constexpr std::size_t shortest_part = 8;
constexpr std::size_t ways_to_be_rude = 9;

/// Letters and digits that nobody else has.
std::string fresh_key() {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device dice;
    std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
    std::string key;
    while (key.size() < 40) key += alphabet[pick(dice)];
    return key;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out += digits[(bits >> (count - 6)) & 0x3FU];
    }
    return out;
}

/// What is searched for: every part of the keys, as it is and encoded.
class key_search {
public:
    explicit key_search(const words& keys) {
        for (const std::string& key : keys) {
            for (std::size_t at = 0; at + shortest_part <= key.size(); ++at)
                parts_.push_back(key.substr(at, shortest_part));
            for (std::size_t at = 0; at < 3; ++at) parts_.push_back(base64(key.substr(at)).substr(0, 12));
            std::string hex;
            for (const char c : key.substr(0, shortest_part)) hex += fmt::format("{:02x}", c);
            parts_.push_back(hex);
        }
    }

    bool finds_in(std::string_view text) const {
        return std::ranges::any_of(parts_, [text](const std::string& part) { return text.find(part) != text.npos; });
    }

private:
    words parts_;
};

/// The key of a request, wherever it is.
std::string key_of(const seen_request& asked) {
    for (const char* header : {"x-api-key", "x-goog-api-key"})
        if (const auto key = asked.header(header)) return *key;
    const std::string bearer = asked.header("Authorization").value_or("");
    return bearer.substr(std::min(bearer.size(), std::string_view("Bearer ").size()));
}

script without_manners(const seen_request& asked, std::size_t turn) {
    const std::string key = key_of(asked);
    switch (turn % ways_to_be_rude) {
        case 0:
            return json_answer(
                401, fmt::format(R"({{"error":{{"message":"Incorrect API key provided: {}","code":"{}"}}}})", key,
                                 key.substr(0, 12)));
        case 1:
            return json_answer(403, fmt::format(R"({{"detail":"key {}... of Basic {} may not"}})", key.substr(0, 12),
                                                base64(":" + key)));
        case 2:
            return text_answer(500, "Traceback: headers={'Authorization': 'Bearer " + key + "'}",
                               {{"X-Request-Key", key}, {"WWW-Authenticate", "Bearer realm=\"" + key + "\""}});
        case 3: return redirect_answer(307, "http://127.0.0.1:1/login?key=" + key + "#" + key);
        case 4: return html_answer(502, "<title>" + key + "</title><h1>Bad gateway " + key.substr(4, 20) + "</h1>");
        case 5: return garbage("HTTP/1.1 200 " + key + "\r\n" + key + "\r\n\r\n");
        case 6: return json_answer(200, "{\"data\":[{\"id\": 7}], \"seen\": \"" + key + "\"");
        case 7: return json_answer(429, "{\"message\":\"" + key + "\"}", {{"Retry-After", key}});
        default: return text_answer(404, key);
    }
}

std::string server(std::string_view name, std::string_view kind, std::string_view base_url) {
    return fmt::format(
        "[[model_servers]]\nname = \"{}\"\nkind = \"{}\"\nbase_url = \"{}\"\napi_key_env = \"LAB_KEY\"\n", name, kind,
        base_url);
}

/// The files below a folder in which there is some of the key, in content or name.
words files_with(const key_search& search, const fs::path& folder, std::size_t& looked_at) {
    words found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        ++looked_at;
        const bool named_so = search.finds_in(entry.path().filename().string());
        const bool holds = entry.is_regular_file() && search.finds_in(read_file(entry.path()));
        const bool leads = entry.is_symlink() && search.finds_in(fs::read_symlink(entry.path()).string());
        if (named_so || holds || leads) found.push_back(entry.path().string());
    }
    return found;
}

/// The command lines of all processes in which there is some of the key.
words commands_with(const key_search& search) {
    words found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string command = read_file(entry.path() / "cmdline");
        if (search.finds_in(command)) found.push_back(command);
    }
    return found;
}

std::string whole(const http_answer& answer) {
    std::string text = answer.reason + "\n";
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\n", name, value);
    return text + answer.body;
}

words answers_with(const key_search& search, http_client client, const words& servers, const words& delegators) {
    words targets{"/health",    "/model-servers",     "/model-servers/kinds", "/delegators",
                  "/llm-tools", "/llm-tools/default", "/no-such-route"};
    for (const std::string& name : servers) {
        targets.push_back(server_path(name));
        targets.push_back(server_path(name) + "/models");
        for (std::size_t turn = 0; turn < ways_to_be_rude; ++turn)
            targets.push_back(server_path(name) + "/models?refresh=true");
    }
    for (const std::string& name : delegators) targets.push_back(delegator_path(name));
    for (const char* kind : {"anthropic-api", "openai-api", "google-api", "ollama", "openai-compat"})
        targets.push_back(fmt::format("/model-servers/kinds/{}/models", kind));
    words found;
    const auto keep = [&](const std::string& asked, const http_answer& answer) {
        if (search.finds_in(whole(answer))) found.push_back(asked + "\n" + whole(answer));
    };
    for (const std::string& target : targets) keep(target, client.get("/api/v1" + target));
    for (const std::string& name : servers) {
        for (const char* tool : {"claude", "codex", "gemini"}) {
            const std::string body = fmt::format(R"({{"llm_tool":"{}","model":"m","model_server":"{}"}})", tool, name);
            keep(body, client.request("POST", "/api/v1/launch/resolve", {{"Content-Type", "application/json"}}, body));
        }
    }
    for (const std::string& name : delegators) {
        const std::string body = fmt::format(R"({{"delegator":"{}","force":true}})", name);
        keep(body, client.request("POST", "/api/v1/launch/resolve", {{"Content-Type", "application/json"}}, body));
    }
    return found;
}

std::string text_of(const words& found) {
    std::string text;
    for (const std::string& one : found) text += one + "\n";
    return text;
}

/// The names of the variables whose values hold the text.
words variables_with(const std::string& text, const process::environment& variables) {
    words names;
    for (const auto& [name, value] : variables)
        if (value.find(text) != std::string::npos) names.push_back(name);
    return names;
}

/// A server that shows its clients the key they sent, each time in another way.
class rude_server {
public:
    rude_server() {
        sim_.answer_everything([this](const seen_request& asked) { return without_manners(asked, turn_++); });
    }

    std::string base_url() const { return sim_.base_url(); }

private:
    std::atomic<std::size_t> turn_ = 0;
    model_server_sim sim_;
};

/// A user with keys of their own, and a daemon that knows one of them, on such servers.
class rude_lab {
public:
    const std::string key = fresh_key();
    const std::string of_vendor = "sk-" + fresh_key();
    const std::string of_team = fresh_key();
    const key_search search{{key, of_vendor, of_team}};
    const words servers{"for-claude", "for-codex",     "for-gemini", "down",
                        "unprobed",   "anthropic-api", "openai-api", "google-api"};
    const words delegators{"one", "two"};

private:
    rude_server anthropic_;
    rude_server openai_;
    rude_server google_;
    refusing_port nobody_;

public:
    launch_scene scene{toml(), {{"LAB_KEY", key}}, {"--listen", "127.0.0.1:0", "--log-level", "debug"}};
    const std::string home = scene.home().path().string();
    words complaints;  ///< what operatorctl has printed with some of a key in it

    rude_lab() {
        scene.caller.insert({{"LAB_KEY", key},
                             {"TEAM_TOKEN", of_team},
                             {"ANTHROPIC_API_KEY", of_vendor},
                             {"ANTHROPIC_AUTH_TOKEN", of_vendor},
                             {"CLAUDE_CODE_OAUTH_TOKEN", of_vendor},
                             {"OPENAI_API_KEY", of_vendor},
                             {"CODEX_API_KEY", of_vendor},
                             {"GEMINI_API_KEY", of_vendor},
                             {"GOOGLE_API_KEY", of_vendor},
                             {"XDG_CONFIG_HOME", home + "/config"},
                             {"XDG_STATE_HOME", home + "/state"},
                             {"XDG_CACHE_HOME", home + "/cache"},
                             {"TMPDIR", home + "/tmp"}});
        for (const char* folder : {"config", "state", "cache", "tmp", "scripts"})
            fs::create_directory(home + "/" + folder);
    }

    ended run(const words& command) {
        ended end = scene.run(scene.operatorctl(command));
        if (search.finds_in(end.out + end.err)) complaints.push_back(end.out + end.err);
        return end;
    }

    process::environment environment_of(const char* tool, const char* on) {
        const ended end =
            run({"launch", "--tool", tool, "--model", "m", "--model-server", on, "--force", "--", "more"});
        CHECK(end.exit_code == 0);
        REQUIRE(end.agent.has_value());
        return end.agent->environment;
    }

private:
    std::string toml() const {
        return server("for-claude", "anthropic-api", anthropic_.base_url()) +
               server("for-codex", "openai-compat", openai_.base_url()) +
               server("for-gemini", "google-api", google_.base_url()) + server("down", "ollama", nobody_.base_url()) +
               "extra_env = { TEAM = \"${TEAM_TOKEN}\" }\n" +
               unprobed_server("unprobed", "openai-compat", "http://localhost:9", "api_key_env = \"LAB_KEY\"") +
               "[[delegators]]\nname = \"one\"\nllm_tool = \"codex\"\nmodel = \"m\"\nmodel_server = \"down\"\n";
    }
};

/// Everything that a user can do, more or less.
void do_everything(rude_lab& lab) {
    for (const std::string tool : {"claude", "codex", "gemini"}) {
        const words asked{"launch", "--tool", tool, "--model", "m", "--model-server", "for-" + tool};
        for (const words& more : {words{}, words{"--print"}, words{"--print", "--json"},
                                  words{"--script", lab.home + "/scripts/" + tool}}) {
            words command = asked;
            command.insert(command.end(), more.begin(), more.end());
            CHECK(lab.run(command).exit_code == 0);
        }
    }
    for (const words& command :
         {words{"launch"}, words{"launch", "--delegator", "one"}, words{"servers", "add", "later", "--kind", "ollama"},
          words{"delegators", "add", "two", "--tool", "codex", "--model", "m", "--model-server", "for-codex"},
          words{"servers", "set", "later", "--api-key-env", "LAB_KEY"}, words{"status"}, words{"--json", "status"},
          words{"models"}, words{"models", "for-codex", "--refresh"}, words{"--json", "models", "for-claude"},
          words{"servers"}, words{"servers", "show", "for-gemini"}, words{"--json", "servers", "show", "down"},
          words{"delegators"}, words{"tools"}, words{"kinds"}, words{"--json", "health"}}) {
        lab.run(command);
    }
}

}  // namespace

TEST_CASE("the search finds any part of a key, and encoded ones") {
    const std::string key = fresh_key();
    const key_search search({key});
    CHECK(search.finds_in("x" + key.substr(20, 8) + "y"));
    for (const char* before : {"", "u", "us", "user:"}) CHECK(search.finds_in(base64(before + key)));
    CHECK_FALSE(search.finds_in(key.substr(0, 7) + "-" + key.substr(7, 7)));
}

TEST_CASE("the key is in the agent's environment and nowhere else") {
    rude_lab lab;
    CHECK(variables_with(lab.key, lab.environment_of("claude", "for-claude")) ==
          words{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "LAB_KEY"});
    CHECK(variables_with(lab.key, lab.environment_of("codex", "for-codex")) ==
          words{"CODEX_OPERATOR_KEY", "LAB_KEY", "OPENAI_API_KEY"});
    CHECK(variables_with(lab.key, lab.environment_of("gemini", "for-gemini")) == words{"GEMINI_API_KEY", "LAB_KEY"});
    CHECK(variables_with(lab.of_team, lab.environment_of("codex", "down")) == words{"TEAM", "TEAM_TOKEN"});
    do_everything(lab);

    launch_scene& scene = lab.scene;
    scene.caller["AGENT_STUB_END"] = "wait";
    const process agent(scene.launch_command({"--tool", "codex", "--model", "m", "--model-server", "unprobed"}),
                        scene.caller);
    REQUIRE(agent.wait_for_line("ready"));
    scene.take_notes();
    CHECK(text_of(commands_with(lab.search)).empty());
    CHECK(text_of(answers_with(lab.search, scene.daemon().tcp(), lab.servers, lab.delegators)).empty());
    CHECK(text_of(answers_with(lab.search, scene.daemon().local(), lab.servers, lab.delegators)).empty());
    agent.send_signal(SIGTERM);
    CHECK(agent.wait_for_exit() == 0);
    process& daemon = scene.daemon().program();
    daemon.send_signal(SIGTERM);
    CHECK(daemon.wait_for_exit() == 0);

    CHECK(text_of(lab.complaints).empty());
    const std::string log = daemon.standard_error() + daemon.standard_output();
    CHECK(log.find("***") != log.npos);  // the rude answers are there
    CHECK_FALSE(lab.search.finds_in(log));
    std::size_t looked_at = 0;
    CHECK(text_of(files_with(lab.search, lab.home, looked_at)).empty());
    CHECK(text_of(files_with(lab.search, scene.daemon().home(), looked_at)).empty());
    CHECK(looked_at > 20);
}
