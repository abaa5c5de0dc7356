#include "client/doctor/doctor.hpp"
#include "config/base/version.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

std::string text_of(const findings& all) {
    std::string out;
    for (const finding& one : all) {
        const char* const signs[] = {"ok", "warning", "PROBLEM"};
        out += std::string(signs[static_cast<std::size_t>(one.how_bad)]) + ' ' + one.about + ": " + one.text + '\n';
        if (!one.remedy.empty()) out += "  " + one.remedy + '\n';
    }
    return out;
}

const std::string ours(version());

service_facts healthy() {
    const unit_state service{.load = "loaded",
                             .active = "active",
                             .sub = "running",
                             .result = "success",
                             .file_state = "disabled",
                             .file = "/f",
                             .program = "/usr/bin/operatord"};
    const unit_state socket{.load = "loaded",
                            .active = "active",
                            .sub = "running",
                            .result = "success",
                            .file_state = "enabled",
                            .file = "/f"};
    service_facts facts;
    facts.units = service_units{.service = service, .socket = socket};
    facts.beside = "/usr/bin/operatord";
    facts.program = {.path = "/usr/bin/operatord", .may_run = true, .version = ours};
    facts.lingering = true;
    facts.daemon_answers = true;
    return facts;
}

const std::string program_is_good = "ok program: /usr/bin/operatord, version " + ours + "\n";

socket_facts answering() {
    socket_facts facts;
    facts.path = "/run/user/7/operator/operatord.sock";
    facts.address = facts.path;
    facts.folder = {.exists = true, .is_right_kind = true, .owner = 7, .mode = 0700};
    facts.socket = {.exists = true, .is_right_kind = true, .owner = 7, .mode = 0600};
    facts.user = 7;
    facts.version = ours;
    return facts;
}

server_answer server(std::string name, std::string url, probe_summary probe, bool declared = true) {
    return {.name = std::move(name),
            .kind = "openai-compat",
            .display_name = {},
            .base_url = std::move(url),
            .api_key_env = {},
            .extra_env = {},
            .user_declared = declared,
            .probe = std::move(probe)};
}

}  // namespace

TEST_CASE("doctor: a service as it should be") {
    service_facts facts = healthy();
    CHECK(text_of(check_service(facts)) ==
          "ok service: operatord.service active (running), disabled; operatord.socket active (running), enabled\n" +
              program_is_good + "ok lingering: on: operatord stays when you log out\n");
    facts.lingering = false;
    CHECK(check_service(facts).back() ==
          finding{severity::ok, "lingering",
                  "off: operatord ends with your last session; loginctl enable-linger keeps it", ""});
}

TEST_CASE("doctor: each way in which a service is not as it should be") {
    const auto state = [](auto&& change) {
        service_facts facts = healthy();
        change(facts);
        return text_of({check_service(facts).front()});
    };
    const auto not_there = [](service_facts& facts) { facts.units->service = {.load = "not-found"}; };
    CHECK(state(not_there) ==
          "warning service: operatord runs, but not as a service: it will not be there after the next login\n"
          "  operatorctl service install\n");
    CHECK(state([&](service_facts& facts) {
              not_there(facts);
              facts.daemon_answers = false;
          }) == "warning service: operatord is not installed as a service\n  operatorctl service install\n");
    CHECK(state([](service_facts& facts) { facts.units->socket.load = "masked"; }) ==
          "PROBLEM service: operatord.service active (running), disabled; operatord.socket masked\n"
          "  systemctl --user unmask operatord.service operatord.socket\n");
    CHECK(state([](service_facts& facts) { facts.units->service.load = "bad-setting"; }) ==
          "PROBLEM service: systemd cannot use operatord.service: bad-setting\n"
          "  systemd-analyze --user verify operatord.service\n");
    CHECK(state([](service_facts& facts) {
              facts.units->service.active = "failed";
              facts.units->service.result = "watchdog";
          }) ==
          "PROBLEM service: operatord.service failed (watchdog), disabled; operatord.socket active (running), enabled\n"
          "  see why: operatorctl service logs\n");
    const auto inactive = [](service_facts& facts) {
        facts.units->service.active = facts.units->socket.active = "inactive";
        facts.units->service.sub = facts.units->socket.sub = "dead";
    };
    CHECK(state(inactive) ==
          "warning service: operatord runs, but not as the service: operatord.service inactive (dead), disabled; "
          "operatord.socket inactive (dead), enabled\n"
          "  end it, and then: systemctl --user enable --now operatord.socket\n");
    CHECK(state([&](service_facts& facts) {
              inactive(facts);
              facts.daemon_answers = false;
          }) ==
          "warning service: operatord.service inactive (dead), disabled; operatord.socket inactive (dead), enabled\n"
          "  systemctl --user enable --now operatord.socket\n");
    CHECK(state([](service_facts& facts) { facts.units->socket.file_state = "disabled"; }) ==
          "warning service: it will not be there after the next login: operatord.service active (running), disabled; "
          "operatord.socket active (running), disabled\n"
          "  systemctl --user enable operatord.socket\n");

    service_facts stale = healthy();
    stale.units->socket.needs_reload = true;
    CHECK(text_of({check_service(stale)[1]}) ==
          "warning service: the units have changed since systemd has read them\n  systemctl --user daemon-reload\n");

    service_facts without = healthy();
    without.units.reset();
    without.why_unknown = problem("no systemd here", "start it by hand");
    CHECK(text_of(check_service(without)) ==
          "warning service: no systemd here\n  start it by hand\n" + program_is_good);
}

TEST_CASE("doctor: the program that the service starts") {
    const auto said = [](program_facts program, std::string beside) {
        service_facts facts = healthy();
        facts.program = std::move(program);
        facts.beside = std::move(beside);
        return text_of({check_service(facts)[1]});
    };
    const std::string again = "  install operatord and operatorctl again, both of one version\n";
    CHECK(said({.path = "/a", .may_run = false, .version = ""}, "/b") ==
          "PROBLEM program: /a is not there, or cannot be run\n  operatorctl service install\n");
    CHECK(said({.path = "/a", .may_run = false, .version = ""}, "") ==
          "PROBLEM program: /a is not there, or cannot be run\n" + again);
    CHECK(said({.path = "/a", .may_run = true, .version = ""}, "/a") ==
          "PROBLEM program: /a does not tell its version\n" + again);
    CHECK(said({.path = "/a", .may_run = true, .version = "9.9.9"}, "/a") ==
          "warning program: /a is of version 9.9.9, and this operatorctl of version " + ours + "\n" + again);
    CHECK(said({}, "") == "warning program: there is no operatord beside this operatorctl\n" + again);
}

TEST_CASE("doctor: how the daemon is started, as things are") {
    service_facts facts = healthy();
    CHECK(how_to_start(facts) == "systemctl --user enable --now operatord.socket");
    facts.units->service.active = "failed";
    CHECK(how_to_start(facts) == "once that is repaired: systemctl --user restart operatord.socket operatord.service");
    facts.units->service = {};
    CHECK(how_to_start(facts) == "operatorctl service install");
    facts.units.reset();
    CHECK(how_to_start(facts) == "operatord &");
}

TEST_CASE("doctor: the socket, and who answers there") {
    CHECK(text_of(check_socket(answering(), "X")) ==
          "ok socket: operatord answers at /run/user/7/operator/operatord.sock, version " + ours + "\n");
    using why = connection_failure::reason;
    const std::pair<why, std::string> cases[] = {
        {why::not_there, "PROBLEM socket: operatord is not running at /s\n  operatord &\n"},
        {why::forbidden, "PROBLEM socket: /s: DETAIL\n  run operatorctl as the user who runs operatord\n"},
        {why::foreign,
         "PROBLEM socket: /s is served by a process of another user (DETAIL)\n  find out who has put it there\n"},
        {why::timed_out,
         "PROBLEM socket: operatord at /s does not answer\n  systemctl --user restart operatord.service\n"},
        {why::broken,
         "PROBLEM socket: what answers at /s is not operatord: DETAIL\n  end that program, and start operatord\n"},
    };
    for (const auto& [reason, text] : cases) {
        socket_facts facts = answering();
        facts.address = "/s";
        facts.version.clear();
        facts.failure = connection_failure{.why = reason, .detail = "DETAIL"};
        CHECK(text_of(check_socket(facts, "operatord &")) == text);
    }
    socket_facts old = answering();
    old.version = "0.0.9";
    CHECK(text_of(check_socket(old, "X")) ==
          "warning socket: operatord at /run/user/7/operator/operatord.sock is of version 0.0.9, and this operatorctl "
          "of version " +
              ours + "\n  systemctl --user restart operatord.service\n");
    socket_facts refused = answering();
    refused.version.clear();
    refused.refusal = "HTTP 503";
    CHECK(text_of(check_socket(refused, "X")) ==
          "PROBLEM socket: operatord at /run/user/7/operator/operatord.sock: HTTP 503\n  operatorctl service logs\n");
}

TEST_CASE("doctor: the files of the socket") {
    socket_facts open = answering();
    open.folder.mode = 0755;
    open.socket.mode = 0666;
    const std::string good =
        "ok socket: operatord answers at /run/user/7/operator/operatord.sock, version " + ours + "\n";
    const std::string of_socket =
        "warning socket: /run/user/7/operator/operatord.sock is open to other users (mode 0666)\n"
        "  chmod go= /run/user/7/operator/operatord.sock\n";
    CHECK(text_of(check_socket(open, "X")) ==
          "warning socket: /run/user/7/operator is open to other users (mode 0755)\n"
          "  chmod go= /run/user/7/operator\n" +
              of_socket + good);
    open.is_usual = false;  // any folder may be named
    CHECK(text_of(check_socket(open, "X")) == of_socket + good);

    socket_facts foreign = answering();
    foreign.folder.owner = 8;
    CHECK(text_of(check_socket(foreign, "X")) ==
          "PROBLEM socket: /run/user/7/operator belongs to another user (uid 8)\n"
          "  find out who has put it there; another place: operatord --socket PATH\n" +
              good);
    socket_facts odd = answering();
    odd.socket.is_right_kind = false;
    CHECK(text_of(check_socket(odd, "X")) ==
          "PROBLEM socket: /run/user/7/operator/operatord.sock is not a socket\n"
          "  rm /run/user/7/operator/operatord.sock\n" +
              good);
    socket_facts gone = answering();
    gone.folder = gone.socket = {};
    CHECK(text_of(check_socket(gone, "X")) ==
          "warning socket: operatord answers, but not at /run/user/7/operator/operatord.sock, which launch and keys "
          "need\n"
          "  systemctl --user restart operatord.socket operatord.service\n");
    socket_facts nowhere = answering();
    nowhere.path.clear();
    nowhere.address = "http://127.0.0.1:7008";
    CHECK(text_of(check_socket(nowhere, "X")) ==
          "PROBLEM socket: XDG_RUNTIME_DIR is not set to an absolute path\n"
          "  log in as this user (su and sudo do not do that), or: export XDG_RUNTIME_DIR=/run/user/7\n"
          "ok socket: operatord answers at http://127.0.0.1:7008, version " +
              ours + "\n");
}

TEST_CASE("doctor: the configuration, as operatord --check-config tells of it") {
    config_facts facts;
    CHECK(check_configuration(facts).empty());
    facts.path = "/c/operator.toml";
    CHECK(text_of(check_configuration(facts)) == "ok configuration: /c/operator.toml\n");
    facts.check = program_end{
        .exit_code = 0,
        .out = R"({"ok":true,"file":"/c/operator.toml","exists":true,"model_servers":0,"delegators":0,"errors":[],)"
               R"("warnings":[{"line":1,"column":1,"message":"the table \"rest_apis\" means nothing here",)"
               R"("hint":"did you mean \"rest_api\"?"},{"line":2,"column":1,"message":"odd","hint":""}]})",
        .err = ""};
    CHECK(text_of(check_configuration(facts)) ==
          "warning configuration: /c/operator.toml:1:1: the table \"rest_apis\" means nothing here\n"
          "  did you mean \"rest_api\"?\n"
          "warning configuration: /c/operator.toml:2:1: odd\n"
          "  correct the file; operatord reads it again by itself\n"
          "ok configuration: /c/operator.toml: ok, 0 model servers, 0 delegators, 2 warnings\n");
    facts.check =
        program_end{.exit_code = 78,
                    .out = R"({"ok":false,"file":"/c/operator.toml","errors":[{"line":3,"column":6,)"
                           R"("message":"unknown kind \"olama\"","hint":"did you mean \"ollama\"?"}],"warnings":[]})",
                    .err = ""};
    CHECK(text_of(check_configuration(facts)) ==
          "PROBLEM configuration: /c/operator.toml:3:6: unknown kind \"olama\"\n  did you mean \"ollama\"?\n");
    facts.running_error = "/c/operator.toml:3:6: unknown kind \"olama\"";
    CHECK(text_of(check_configuration(facts)) ==
          "PROBLEM configuration: /c/operator.toml:3:6: unknown kind \"olama\" (the configuration before it stays in "
          "force)\n"
          "  correct the file; operatord reads it again by itself\n");
}

TEST_CASE("doctor: an operatord that reports nothing of the configuration, or of the file as a whole") {
    config_facts facts{.path = "/c/operator.toml", .running_error = {}, .check = {}};
    facts.check = program_end{.exit_code = 64, .out = "", .err = "--json: what is that?"};
    CHECK(text_of(check_configuration(facts)) == "ok configuration: /c/operator.toml\n");
    facts.check = program_end{.exit_code = 78,
                              .out = R"({"ok":false,"file":"/c","errors":[{"line":0,"message":"it is a folder"}]})",
                              .err = ""};
    CHECK(text_of(check_configuration(facts)) ==
          "PROBLEM configuration: /c: it is a folder\n  correct the file; operatord reads it again by itself\n");
    facts.check = program_end{
        .exit_code = 0, .out = R"({"ok":true,"file":"/c","exists":false,"model_servers":0,"delegators":0})", .err = ""};
    CHECK(text_of(check_configuration(facts)) ==
          "ok configuration: /c: not there, so the defaults are in force, 0 model servers, 0 delegators, 0 "
          "warnings\n");
}

TEST_CASE("doctor: keys, where they are, and who waits") {
    server_facts facts;
    CHECK(check_keys(facts).empty());
    facts.servers = {server("lab", "http://lab", {.status = "key_missing"}),
                     server("openai-api", "", {.status = "key_missing"}, false)};
    facts.keys = keys_answer{
        .keys = {{.name = "A", .source = "pushed", .error = "", .users = {{"one", "ok"}, {"two", "ok"}}},
                 {.name = "B", .source = "", .error = "", .users = {{"lab", "key_missing"}}},
                 {.name = "C", .source = "", .error = "", .users = {{"lab", "key_missing"}}},
                 {.name = "D", .source = "", .error = "", .users = {{"openai-api", "key_missing"}}},
                 {.name = "E", .source = "", .error = "", .users = {{"openai-api", "key_missing"}}},
                 {.name = "UNUSED", .source = "", .error = "", .users = {}},
                 {.name = "F", .source = "environment", .error = "F: /k: mode 0644 lets others read it", .users = {}}},
        .keys_file = "/c/keys.env",
        .keys_file_errors = {"/c/keys.env:3: there is no \"=\"; write NAME=value"}};
    facts.set_here = {"C", "E"};
    CHECK(text_of(check_keys(facts)) ==
          "ok key: A is found: pushed (one, two)\n"
          "PROBLEM key: B is nowhere to be found, and lab needs it\n"
          "  export B=... and: operatorctl keys push B\n"
          "PROBLEM key: C is set here, but operatord does not have it (lab)\n"
          "  operatorctl keys push C\n"
          "ok key: D is not set; only openai-api would use it\n"
          "warning key: E is set here, but operatord does not have it (openai-api)\n"
          "  operatorctl keys push E\n"
          "PROBLEM key: F: /k: mode 0644 lets others read it\n"
          "  see where each is found: operatorctl keys\n"
          "PROBLEM key: /c/keys.env:3: there is no \"=\"; write NAME=value\n"
          "  correct /c/keys.env\n");
    CHECK(check_servers(facts).empty());  // told already
    facts.keys.reset();
    CHECK(text_of(check_servers(facts)) ==
          "PROBLEM server: lab: key_missing\n"
          "  operatorctl service logs lab\n"
          "warning server: openai-api: key_missing\n"
          "  operatorctl service logs openai-api\n");
}

TEST_CASE("doctor: servers, and the hint for each that fails") {
    server_facts facts;
    facts.servers = {
        server("good", "http://a", {.status = "ok", .reachable = true, .latency_ms = 7, .model_count = 1}),
        server("new", "http://a", {.status = "pending"}),
        server("off", "http://a", {.status = "disabled"}),
        server("bad tls", "https://b:8443/v1",
               {.status = "tls_error", .error = "b:8443: self-signed certificate", .hint = "name it in ca_file"}),
        server("gone", "http://gone.example/v1",
               {.status = "dns_error", .error = "gone.example: no address", .hint = "check the name"}),
        server("back", "http://back.example/v1", {.status = "dns_error", .error = "back.example: no address"})};
    facts.resolved = {{"gone.example", false}, {"back.example", true}};
    CHECK(text_of(check_servers(facts)) ==
          "ok server: good: ok, 1 model, 7 ms\n"
          "ok server: new: pending\n"
          "ok server: off: disabled\n"
          "PROBLEM server: bad tls: b:8443: self-signed certificate\n"
          "  name it in ca_file\n"
          "PROBLEM server: gone: gone.example: no address\n"
          "  check the name\n"
          "PROBLEM server: back: back.example: no address\n"
          "  back.example has an address by now: operatorctl models back --refresh\n");
}

TEST_CASE("doctor: the host of a server") {
    CHECK(host_of(server("s", "http://lab:8000/v1", {})) == "lab");
    CHECK(host_of(server("s", "https://lab.example", {})) == "lab.example");
    CHECK(host_of(server("s", "http://[::1]:8000/v1", {})) == "::1");
    CHECK(host_of(server("s", "", {})).empty());
    server_answer usual = server("s", "", {});
    usual.kind = "ollama";
    CHECK(host_of(usual) == "localhost");
}

TEST_CASE("doctor: proxies matter where they would get what is not for them") {
    const std::vector<server_answer> servers{server("a", "http://localhost:1", {.status = "ok", .reachable = true}),
                                             server("b", "http://127.0.0.1:2", {.status = "refused"}),
                                             server("c", "http://localhost:3", {.status = "ok", .reachable = true}),
                                             server("d", "https://far.example", {.status = "timeout"}),
                                             server("e", "https://near.example", {.status = "ok", .reachable = true})};
    CHECK(check_proxies({}, servers).empty());
    CHECK(text_of(check_proxies({.variables = {"HTTP_PROXY", "https_proxy"}, .no_proxy = "intranet"}, servers)) ==
          "warning proxy: HTTP_PROXY, https_proxy set, and NO_PROXY does not name localhost, 127.0.0.1: agents send "
          "even that to the proxy, unless operatorctl launch starts them\n"
          "  export NO_PROXY=intranet,localhost,127.0.0.1 no_proxy=intranet,localhost,127.0.0.1\n"
          "warning proxy: HTTP_PROXY, https_proxy set, but operatord uses no proxy: it has to reach d directly\n"
          "  let operatord through, or take the server out\n");
    CHECK(check_proxies({.variables = {"HTTP_PROXY"}, .no_proxy = "*"}, {servers[0]}).empty());
    CHECK(check_proxies({.variables = {"HTTP_PROXY"}, .no_proxy = "localhost,127.0.0.1"}, {servers[0], servers[1]})
              .empty());
}

TEST_CASE("doctor: what stops an agent, and what an administrator has set") {
    agent_facts facts;
    facts.on_path = {{"codex", "/bin/codex"}};
    facts.settings = {{.tool = "codex", .file = "/home/u/.codex/config.toml", .key = "profile"}};
    facts.managed = {{.tool = "codex", .file = "/etc/codex/managed_config.toml", .key = "model_provider"}};
    const std::string told = text_of(check_agents(facts));
    CHECK(told.find("PROBLEM settings: /home/u/.codex/config.toml sets profile, with which codex no longer starts\n"
                    "  take it out, and call codex with --profile NAME, whose settings are in NAME.config.toml\n") !=
          told.npos);
    CHECK(told.find(
              "warning settings: /etc/codex/managed_config.toml, which an administrator keeps, sets model_provider: "
              "codex obeys that, whatever a launch says") != told.npos);
}

TEST_CASE("doctor: agents and their own settings") {
    agent_facts facts;
    facts.daemon_tells = true;
    facts.tools = {{.name = "claude",
                    .path = "/bin/claude",
                    .version = "2.0.0",
                    .min_version = "2.1.0",
                    .version_ok = false,
                    .model_aliases = {},
                    .version_error = ""}};
    facts.on_path = {{"claude", "/bin/claude"}, {"codex", "/home/u/bin/codex"}};
    facts.needed = {"gemini"};
    facts.settings = {{.tool = "claude", .file = "/home/u/.claude/settings.json", .key = "env.ANTHROPIC_BASE_URL"}};
    const std::string settings =
        "warning settings: /home/u/.claude/settings.json sets env.ANTHROPIC_BASE_URL: that counts for claude, whatever "
        "its environment says, unless operatorctl launch starts it on a server of yours\n"
        "  start it with operatorctl launch, or take env.ANTHROPIC_BASE_URL out\n";
    CHECK(text_of(check_agents(facts)) ==
          "warning agent: claude is of version 2.0.0, older than 2.1.0, the oldest that launching was tried with\n"
          "  update it with: npm install -g @anthropic-ai/claude-code\n"
          "warning agent: /home/u/bin/codex is not found by operatord\n"
          "  add its folder to PATH in ~/.config/operator/operatord.env, and: systemctl --user restart "
          "operatord.service\n"
          "PROBLEM agent: gemini is not installed, but is to be launched\n"
          "  install it with: npm install -g @google/gemini-cli\n" +
              settings);

    facts.needed.clear();
    facts.daemon_tells = false;
    facts.tools.clear();
    CHECK(text_of(check_agents(facts)) ==
          "ok agent: /bin/claude\nok agent: /home/u/bin/codex\nok agent: gemini is not installed\n" + settings);
    CHECK(text_of(check_agents({})) ==
          "ok agent: claude is not installed\n"
          "ok agent: codex is not installed\n"
          "ok agent: gemini is not installed\n"
          "PROBLEM agent: no agent is installed that could be launched\n"
          "  install one, for example with: npm install -g @anthropic-ai/claude-code\n");
    facts = {};
    facts.tools = {{.name = "codex",
                    .path = "/bin/codex",
                    .version = "0.169.0",
                    .min_version = "",
                    .version_ok = true,
                    .model_aliases = {},
                    .version_error = ""},
                   {.name = "gemini",
                    .path = "/bin/gemini",
                    .version = "",
                    .min_version = "",
                    .version_ok = std::nullopt,
                    .model_aliases = {},
                    .version_error = "gemini --version did not end within 10 s"}};
    CHECK(text_of(check_agents(facts)) ==
          "ok agent: claude is not installed\n"
          "ok agent: /bin/codex, version 0.169.0\n"
          "warning agent: gemini: gemini --version did not end within 10 s\n"
          "  try: /bin/gemini --version\n");
}

TEST_CASE("doctor: findings are shown with their remedies, and counted") {
    const findings all{{severity::ok, "service", "fine", ""},
                       {severity::warning, "proxy", "odd\x1b", "do this"},
                       {severity::problem, "key", "gone", "push it"}};
    const view plain{.colour = false, .now = {}};
    CHECK(show_findings(all, plain) ==
          "ok       service: fine\n"
          "warning  proxy: odd\\x1b\n"
          "           do this\n"
          "problem  key: gone\n"
          "           push it\n"
          "\n"
          "1 problem, 1 warning\n");
    CHECK(show_findings({all[0]}, plain) == "ok       service: fine\n\nnothing is wrong\n");
    CHECK(show_findings({all[2]}, {.colour = true, .now = {}}).starts_with("\x1b[31mproblem\x1b[0m  key: gone\n"));
    CHECK(has_problem(all));
    CHECK_FALSE(has_problem({all[0], all[1]}));
    CHECK(encode_findings({all[0], all[2]}) ==
          R"({"findings":[{"severity":"ok","about":"service","text":"fine","remedy":null},)"
          R"({"severity":"problem","about":"key","text":"gone","remedy":"push it"}],"problems":1,"warnings":0})");
}
