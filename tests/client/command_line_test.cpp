#include "client/command.hpp"
#include "config/base/version.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace opd;

namespace {

std::variant<invocation, outcome> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "operatorctl");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

invocation asked(std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<invocation>(parsed));
    return std::get<invocation>(parsed);
}

template <class T>
T read(std::vector<const char*> words) {
    const invocation invoked = asked(std::move(words));
    REQUIRE(std::holds_alternative<T>(invoked.what));
    return std::get<T>(invoked.what);
}

template <class T>
bool is(std::vector<const char*> words) {
    return std::holds_alternative<T>(asked(std::move(words)).what);
}

outcome refused(std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<outcome>(parsed));
    return std::get<outcome>(parsed);
}

}  // namespace

TEST_CASE("each command is read") {
    CHECK(is<command::status>({"status"}));
    CHECK(is<command::servers_list>({"servers"}));
    CHECK(is<command::servers_list>({"servers", "list"}));
    CHECK(is<command::kinds>({"kinds"}));
    CHECK(is<command::health>({"health"}));
    CHECK(is<command::tools>({"tools"}));
    CHECK(is<command::delegators_list>({"delegators"}));
    CHECK(is<command::delegators_list>({"delegators", "list"}));
    CHECK(read<command::models>({"models"}).server.empty());
    CHECK(read<command::servers_show>({"servers", "show", "my lab"}).name == "my lab");
    CHECK(read<command::delegators_show>({"delegators", "show", "d"}).name == "d");
    CHECK(read<command::delegators_remove>({"delegators", "remove", "d"}).name == "d");

    const auto models = read<command::models>({"models", "lab", "--refresh"});
    CHECK(models.server == "lab");
    CHECK(models.refresh);
    CHECK_FALSE(asked({"models", "lab"}).json);

    const auto remove = read<command::servers_remove>({"servers", "remove", "lab", "--force"});
    CHECK(remove.name == "lab");
    CHECK(remove.force);
    CHECK_FALSE(read<command::servers_remove>({"servers", "remove", "lab"}).force);
}

TEST_CASE("the service and the doctor are read") {
    CHECK(is<command::service_status>({"service"}));
    CHECK(is<command::service_status>({"service", "status"}));
    CHECK(is<command::service_uninstall>({"service", "uninstall"}));
    CHECK_FALSE(read<command::service_install>({"service", "install"}).force);
    CHECK(read<command::service_install>({"service", "install", "--force"}).force);
    CHECK(read<command::service_logs>({"service", "logs"}).server.empty());
    const auto logs = read<command::service_logs>({"service", "logs", "-f", "lab"});
    CHECK(logs.server == "lab");
    CHECK(logs.follow);
    CHECK(read<command::service_logs>({"service", "logs", "--follow"}).follow);
    CHECK(is<command::doctor>({"doctor"}));
    CHECK(asked({"doctor", "--json"}).json);
    CHECK_FALSE(needs_socket(command::doctor()));
}

TEST_CASE("a name may be that of a command") {
    CHECK(read<command::servers_show>({"servers", "show", "list"}).name == "list");
    CHECK(read<command::servers_remove>({"servers", "remove", "show"}).name == "show");
    CHECK(read<command::models>({"models", "status"}).server == "status");
    CHECK(read<command::use>({"use", "launch"}).server == "launch");
}

TEST_CASE("the common options stand before or after the command") {
    const invocation before = asked({"--json", "--url", "http://a:1", "servers", "show", "x"});
    CHECK(before.json);
    CHECK(before.url == "http://a:1");
    CHECK_FALSE(before.socket.has_value());
    const invocation after = asked({"servers", "show", "x", "--json", "--socket", "/run/s"});
    CHECK(after.json);
    CHECK(after.socket == "/run/s");
    CHECK(std::holds_alternative<command::servers_show>(after.what));
    CHECK(read<command::models>({"models", "--", "--odd"}).server == "--odd");
    CHECK(asked({"status", "--url", "http://a:1", "--token-file", "/t"}).token_file == "/t");
    CHECK(refused({"status", "--token-file", "/t"}).err ==
          "operatorctl: --token-file requires --url\nTry: operatorctl --help\n");
}

using given = std::map<std::string, std::string, std::less<>>;

TEST_CASE("a server is declared with what is given, and nothing else is said of it") {
    const auto bare = read<command::servers_add>({"servers", "add", "lab", "--kind", "ollama"});
    CHECK(bare.name == "lab");
    CHECK(bare.fields.values == given{{"kind", "ollama"}});
    CHECK(bare.fields.env.empty());

    const auto full = read<command::servers_add>(
        {"servers", "add", "--kind=openai-compat", "--base-url", "http://lab:8000", "--api-key-env", "LAB_KEY", "--env",
         "A=1", "--env", "B=", "--display-name", "The lab", "lab", "--env", "C=x=[y,z]"});
    CHECK(full.name == "lab");
    CHECK(full.fields.values == given{{"kind", "openai-compat"},
                                      {"base_url", "http://lab:8000"},
                                      {"api_key_env", "LAB_KEY"},
                                      {"display_name", "The lab"}});
    CHECK(full.fields.env == std::vector<std::string>{"A=1", "B=", "C=x=[y,z]"});
}

TEST_CASE("the further fields of a server have an option each") {
    const auto set = read<command::servers_set>({"servers", "set", "lab", "--probe-mode", "lazy", "--interval", "10s",
                                                 "--timeout=20s", "--ca-file", "/ca.pem", "--allow-plaintext-key"});
    CHECK(set.fields.values == given{{"probe_mode", "lazy"},
                                     {"interval", "10s"},
                                     {"timeout", "20s"},
                                     {"ca_file", "/ca.pem"},
                                     {"allow_plaintext_key", "true"}});
    const auto add = read<command::servers_add>(
        {"servers", "add", "--kind", "ollama", "--allow-plaintext-key=false", "lab", "--interval="});
    CHECK(add.fields.values == given{{"kind", "ollama"}, {"allow_plaintext_key", "false"}, {"interval", ""}});
}

TEST_CASE("an empty text is given, in either spelling") {
    const auto set = read<command::servers_set>(
        {"servers", "set", "lab", "--api-key-env", "", "--display-name=", "--base-url=", "--unset-env", "A"});
    CHECK(set.name == "lab");
    CHECK(set.fields.values == given{{"api_key_env", ""}, {"display_name", ""}, {"base_url", ""}});
    CHECK(set.fields.unset_env == std::vector<std::string>{"A"});
    CHECK(read<command::launch>({"launch", "--prompt", "--display-name="}).prompt == "--display-name=");
}

TEST_CASE("a delegator is declared") {
    const auto bare = read<command::delegators_add>({"delegators", "add", "d", "--tool", "codex", "--model", "m"});
    CHECK(bare.name == "d");
    CHECK(bare.llm_tool == "codex");
    CHECK(bare.model == "m");
    CHECK_FALSE(bare.model_server.has_value());
    CHECK_FALSE(bare.yolo);
    CHECK(bare.flags.empty());

    const auto full = read<command::delegators_add>({"delegators",
                                                     "add",
                                                     "d",
                                                     "--llm-tool",
                                                     "claude",
                                                     "--model",
                                                     "m",
                                                     "--model-server",
                                                     "lab",
                                                     "--display-name",
                                                     "D",
                                                     "--yolo",
                                                     "--permission-mode",
                                                     "plan",
                                                     "--flag",
                                                     "--verbose",
                                                     "--flag",
                                                     "{}",
                                                     "--flag",
                                                     "[a,b]",
                                                     "--flag",
                                                     "",
                                                     "--flag",
                                                     "--x=",
                                                     "--reasoning-effort",
                                                     "high"});
    CHECK(full.llm_tool == "claude");
    CHECK(full.model_server == "lab");
    CHECK(full.display_name == "D");
    CHECK(full.yolo);
    CHECK(full.permission_mode == "plan");
    CHECK(full.flags == std::vector<std::string>{"--verbose", "{}", "[a,b]", "", "--x="});
    CHECK(full.reasoning_effort == "high");
}

TEST_CASE("a server is chosen") {
    const auto bare = read<command::use>({"use", "lab"});
    CHECK(bare.server == "lab");
    CHECK_FALSE(bare.llm_tool.has_value());
    const auto full = read<command::use>({"use", "lab", "--tool", "codex", "--model", "m"});
    CHECK(full.llm_tool == "codex");
    CHECK(full.model == "m");
}

TEST_CASE("keys are named, or all are meant") {
    CHECK(is<command::keys_list>({"keys"}));
    CHECK(is<command::keys_list>({"keys", "list"}));
    CHECK(read<command::keys_push>({"keys", "push"}).names.empty());
    CHECK(read<command::keys_push>({"keys", "push", "A_KEY", "B"}).names == std::vector<std::string>{"A_KEY", "B"});
    CHECK(read<command::keys_forget>({"keys", "forget"}).names.empty());
    CHECK(read<command::keys_forget>({"keys", "forget", "B"}).names == std::vector<std::string>{"B"});
    // What is no NAME may be a key, and is not repeated.
    for (const char* word : {"sk-hush", "sk_hush", "A=hush", "a.hush"}) {
        const outcome end = refused({"keys", "push", word});
        CHECK(end.exit_code == 64);
        CHECK(end.err == "operatorctl: KEY: is not the NAME of a key\nTry: operatorctl --help\n");
    }
}

TEST_CASE("keys and launches need the unix socket") {
    for (const std::vector<const char*>& words :
         std::vector<std::vector<const char*>>{{"keys"}, {"keys", "list"}, {"keys", "push", "A"}, {"keys", "forget"}}) {
        CHECK(needs_socket(asked(words).what));
        std::vector<const char*> elsewhere = words;
        elsewhere.insert(elsewhere.begin(), {"--url", "http://localhost:7008"});
        const outcome end = refused(elsewhere);
        CHECK(end.exit_code == 64);
        CHECK(
            end.err ==
            "operatorctl: keys go over the unix socket of operatord alone, never over --url; leave --url out, or name "
            "the socket with --socket PATH\nTry: operatorctl --help\n");
    }
    CHECK(needs_socket(command::launch()));
    CHECK_FALSE(needs_socket(command::status()));
}

TEST_CASE("a launch is read") {
    const auto bare = read<command::launch>({"launch"});
    CHECK_FALSE(bare.delegator.has_value());
    CHECK_FALSE(bare.prompt.has_value());
    CHECK_FALSE(bare.script.has_value());
    CHECK(bare.arguments.empty());
    CHECK_FALSE(bare.print);
    CHECK_FALSE(bare.force);

    const auto named = read<command::launch>({"launch", "--delegator", "d", "--prompt", "say \"hi\"", "--force"});
    CHECK(named.delegator == "d");
    CHECK(named.prompt == "say \"hi\"");
    CHECK(named.force);

    const auto trio = read<command::launch>(
        {"launch", "--llm-tool", "codex", "--model", "m", "--model-server", "lab", "--script", "run.sh"});
    CHECK(trio.llm_tool == "codex");
    CHECK(trio.model == "m");
    CHECK(trio.model_server == "lab");
    CHECK(trio.script == "run.sh");
    const invocation print = asked({"--json", "launch", "--print"});
    CHECK(print.json);
    CHECK(std::get<command::launch>(print.what).print);
}

TEST_CASE("what stands behind -- goes to the agent, byte for byte") {
    const auto launch = read<command::launch>({"launch", "--delegator", "d", "--", "--json", "", "--", "-x",
                                               "\xFF\n$(y)", "status", "{}", "[a,b]", "--help", "--y="});
    CHECK(launch.delegator == "d");
    CHECK(launch.arguments ==
          std::vector<std::string>{"--json", "", "--", "-x", "\xFF\n$(y)", "status", "{}", "[a,b]", "--help", "--y="});
    CHECK(read<command::launch>({"launch", "--"}).arguments.empty());
    CHECK_FALSE(asked({"launch", "--", "--json"}).json);
}

TEST_CASE("misuse ends with 64 and one line on what is wrong") {
    struct {
        std::vector<const char*> words;
        std::string text;
    } const cases[] = {
        {{}, "A subcommand is required"},
        {{"modles"}, "unknown command \"modles\"; did you mean \"models\"?"},
        {{"xyzzy"}, "unknown command \"xyzzy\""},
        {{"status", "--bogus"}, "The following argument was not expected: --bogus"},
        {{"servers", "show"}, "SERVER is required"},
        {{"servers", "show", "kinds"}, "SERVER: the name \"kinds\" is taken by a route of the REST interface"},
        {{"servers", "show", ".."}, "SERVER: the name \"..\" means a folder in a URL"},
        {{"models", "a\x1b"}, "SERVER: the name \"a\xEF\xBF\xBD\" holds a control character"},
        {{"--url", "http://a", "--socket", "/s", "status"}, "--url excludes --socket"},
        {{"servers", "add", "lab"}, "--kind is required"},
        {{"servers", "add", "--kind", "ollama"}, "NAME is required"},
        {{"servers", "add", "lab", "--kind", "o", "--env", "secret"}, "--env: is not of the form NAME=VALUE"},
        {{"servers", "add", "lab", "--kind", "o", "--env", "1A=secret"},
         "--env: \"1A\" cannot be the name of an environment variable"},
        {{"servers", "add", "lab", "--kind", "\xFF"}, "--kind: is not UTF-8"},
        {{"servers", "set", "lab", "--unset-env", "A=1"},
         "--unset-env: \"A=1\" cannot be the name of an environment variable"},
        {{"servers", "nonsense"}, "The following argument was not expected: nonsense"},
        {{"delegators", "add", "d", "--tool", "codex"}, "--model is required"},
        {{"delegators", "add", "d", "--model", "m"}, "--tool is required"},
        {{"use"}, "SERVER is required"},
        {{"launch", "codex"}, "The following argument was not expected: codex"},
        {{"launch", "status"}, "The following argument was not expected: status"},
        {{"launch", "--delegator", "d", "--llm-tool", "t", "--model", "m"}, "--delegator excludes --llm-tool"},
        {{"launch", "--delegator", "d", "--model-server", "s"}, "--delegator excludes --model-server"},
        {{"launch", "--llm-tool", "codex"}, "--llm-tool requires --model"},
        {{"launch", "--model", "m"}, "--model requires --llm-tool"},
        {{"launch", "--model-server", "lab"}, "--model-server requires --llm-tool"},
        {{"launch", "--delegator", "a\nb"},
         "--delegator: the name \"a\xEF\xBF\xBD"
         "b\" holds a control character"},
        {{"launch", "--prompt", "\xFF"}, "--prompt: is not UTF-8"},
        {{"launch", "--print", "--script", "x"}, "--print excludes --script"},
        {{"--json", "launch"}, "--json goes with launch --print"},
        {{"--json", "service", "logs"}, "service has no answer in JSON; leave --json out"},
        {{"--url", "http://a", "service"}, "service and doctor look at this machine; leave --url out"},
        {{"--url", "http://a", "doctor"}, "service and doctor look at this machine; leave --url out"},
        {{"--json", "launch", "--script", "x"}, "--json goes with launch --print"},
        {{"launch", "--bogus", "--", "x"}, "The following argument was not expected: --bogus"},
        {{"--url", "http://a", "launch"},
         "launch needs the unix socket of operatord, since it hides values of extra_env from --url; leave --url out, "
         "or "
         "name the socket with --socket PATH"},
    };

    for (const auto& one : cases) {
        const outcome end = refused(one.words);
        CAPTURE(one.text);
        CHECK(end.exit_code == 64);
        CHECK(end.out.empty());
        CHECK(end.err == "operatorctl: " + one.text + "\nTry: operatorctl --help\n");
    }
}

TEST_CASE("the version and the help go to stdout") {
    const outcome version_text = refused({"--version"});
    CHECK(version_text.out == "operatorctl " + std::string(version()) + "\n");
    CHECK(version_text.exit_code == 0);

    const outcome help = refused({"--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    for (const char* part : {"Usage: operatorctl [OPTIONS] SUBCOMMAND", "--url URL", "--socket PATH", "--json",
                             "status", "servers", "models", "kinds", "health", "delegators", "tools", "use", "launch",
                             "service", "doctor", "Examples:\n  operatorctl status"}) {
        CAPTURE(part);
        CHECK(help.out.find(part) != std::string::npos);
    }
    const outcome command_help = refused({"models", "--help"});
    CHECK(command_help.out.find("Usage: operatorctl models [OPTIONS] [SERVER]") != std::string::npos);
    CHECK(command_help.out.find("--refresh") != std::string::npos);
    CHECK(command_help.out.find("Examples:") == std::string::npos);
    const outcome launch_help = refused({"launch", "--help"});
    CHECK(launch_help.out.find("Examples:\n  operatorctl launch ") != std::string::npos);
}
