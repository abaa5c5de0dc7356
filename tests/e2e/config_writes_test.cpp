// What clients of the API meet when they change the configuration.

#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <string>
#include <utility>

using namespace opd::test;
namespace json = boost::json;

namespace {

std::string tag_of(rest_client& client, std::string_view path) {
    const rest_answer answer = client.get(path);
    return answer.http.header("ETag").value_or(answer.http.body);
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a new server is in the next answer and is probed at once") {
    model_server_sim sim;
    sim.answer_everything(simulated_openai_compat({.models = 4}));
    const running_daemon daemon("# mine\n");
    rest_client client(daemon.tcp());
    json::object wanted = simple_server("a/b %?#ü");
    wanted["base_url"] = sim.base_url();
    wanted["colour"] = "unknown fields are ignored";
    const rest_answer made = client.post("/model-servers", wanted);
    CHECK(made.status() == 201);
    CHECK(made.json.at("name") == "a/b %?#ü");
    CHECK(made.json.at("user_declared") == true);
    CHECK(made.json.at("display_name").is_null());
    const auto location = made.http.header("Location");
    REQUIRE(location.has_value());
    REQUIRE(location->starts_with("/api/v1/model-servers/"));
    const rest_answer found = client.get(location->substr(7));
    CHECK(found.status() == 200);
    CHECK(found.json.at("name") == "a/b %?#ü");
    CHECK(client.get("/model-servers").json.at("servers").at(0).at("name") == "a/b %?#ü");
    CHECK(client.get(server_path("a/b %?#ü") + "/models").json.at("models").as_array().size() == 4);
    CHECK(read_file(daemon.config_file()).starts_with("# mine\n"));
    CHECK_FALSE(holds(read_file(daemon.config_file()), "colour"));
}

TEST_CASE("the further fields of a server: by operatorctl, over REST and in the file") {
    const silent_port nobody;
    const running_daemon daemon(
        fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"ollama\"\nbase_url = \"http://127.0.0.1:{}\"\n"
                    "timeout = \"5m\" # patient\n",
                    nobody.port()));
    const auto ctl = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {program_path("operatorctl"), "--socket", daemon.socket()});
        const process program(words, {});
        const int code = program.wait_for_exit().value_or(-1);
        return fmt::format("{} {}{}", code, program.standard_output(), program.standard_error());
    };
    CHECK(ctl({"servers", "set", "lab", "--timeout", "200ms", "--interval", "90s", "--ca-file", "/ca.pem",
               "--probe-mode", "lazy", "--allow-plaintext-key"}) ==
          "0 lab changed; its models: operatorctl models lab\n");
    CHECK(holds(read_file(daemon.config_file()),
                "timeout = \"200ms\" # patient\nca_file = \"/ca.pem\"\nallow_plaintext_key = true\n"));
    CHECK(holds(ctl({"servers", "show", "lab"}), "probe mode           lazy\n"));

    rest_client client(daemon.local());
    const json::value before = client.get("/model-servers/lab").json;
    CHECK(before.at("interval") == "90s");
    CHECK(before.at("timeout") == "200ms");
    CHECK(client.get("/model-servers/lab/models?refresh=true").json.at("status") == "timeout");
    CHECK(
        client
            .put("/model-servers/lab", {{"kind", "ollama"}, {"base_url", before.at("base_url")}, {"timeout", nullptr}})
            .json.at("timeout")
            .is_null());
    CHECK(client.get("/model-servers/lab").json.at("interval") == "90s");

    CHECK(ctl({"servers", "set", "lab", "--interval=", "--ca-file=", "--probe-mode=", "--allow-plaintext-key=false"})
              .starts_with("0 "));
    CHECK(read_file(daemon.config_file()) ==
          fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"ollama\"\nbase_url = \"http://127.0.0.1:{}\"\n",
                      nobody.port()));
    CHECK(ctl({"servers", "set", "lab", "--timeout", "8d"}) ==
          "1 timeout is \"8d\", which is out of range; write a time from \"10ms\" to \"7d\"\n");
    CHECK(ctl({"servers", "add", "lab", "--kind", "ollama"}) ==
          "1 the name \"lab\" is taken by a model server; change it with: operatorctl servers set NAME, or choose "
          "another name\n");
}

TEST_CASE("the first write makes the file and its folders, for nobody else to read") {
    const temp_folder home;
    const auto file = home.path() / "new" / "operator" / "operator.toml";
    const auto daemon = running_daemon::on_file(file);
    rest_client client(daemon.local());
    CHECK(client.post("/model-servers", simple_server("first")).status() == 201);
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::mask) == std::filesystem::perms(0600));
    CHECK((std::filesystem::status(file.parent_path()).permissions() & std::filesystem::perms::mask) ==
          std::filesystem::perms(0700));
    CHECK(check_config(file) == 0);
}

TEST_CASE("of two clients that change what both have read, the second one is told") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    CHECK(client.post("/model-servers", simple_server("s")).status() == 201);
    const std::string seen = tag_of(client, "/model-servers/s");
    REQUIRE(seen.starts_with('"'));
    // Neither its probe nor another server changes what is described.
    daemon.wait_for_status("s", "refused");
    CHECK(client.post("/model-servers", simple_server("other")).status() == 201);
    CHECK(tag_of(client, "/model-servers/s") == seen);

    json::object first = without_name(simple_server("s"));
    first["display_name"] = "first";
    CHECK(client.put("/model-servers/s", first, {{"If-Match", seen}}).status() == 200);
    json::object second = first;
    second["display_name"] = "second";
    const std::string text = read_file(daemon.config_file());
    const rest_answer late = client.put("/model-servers/s", second, {{"If-Match", seen}});
    CHECK(late.status() == 412);
    CHECK(late.error() == "precondition_failed");
    CHECK(client.remove("/model-servers/s", {{"If-Match", seen}}).status() == 412);
    CHECK(read_file(daemon.config_file()) == text);
    CHECK(client.get("/model-servers/s").json.at("display_name") == "first");

    const std::string now = tag_of(client, "/model-servers/s");
    CHECK(now != seen);
    CHECK(client.put("/model-servers/s", second, {{"If-Match", fmt::format("\"x\", {}", now)}}).status() == 200);
    CHECK(client.put("/model-servers/s", second, {{"If-Match", "*"}}).status() == 200);
    CHECK(client.remove("/model-servers/s", {{"If-Match", tag_of(client, "/model-servers/s")}}).status() == 200);
    CHECK(client.remove("/model-servers/s", {{"If-Match", "*"}}).status() != 200);
}

TEST_CASE("an edit by hand ends the validity of a tag, even before it was noticed") {
    const running_daemon daemon(
        "[[model_servers]]\nname = \"s\"\nkind = \"lmstudio\"\nbase_url = \"http://127.0.0.1:1\"\n");
    rest_client client(daemon.tcp());
    const std::string seen = tag_of(client, "/model-servers/s");
    append_to(daemon.config_file(), "display_name = \"by hand\"\n");
    CHECK(client.put("/model-servers/s", without_name(simple_server("s")), {{"If-Match", seen}}).status() == 412);
    CHECK(client.get("/model-servers/s").json.at("display_name") == "by hand");
}

TEST_CASE("delegators and the defaults have tags, too") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    const json::object made{{"name", "d"}, {"llm_tool", "claude"}, {"model", "m"}};
    CHECK(client.post("/delegators", made).status() == 201);
    const std::string seen = tag_of(client, "/delegators/d");
    CHECK(client.put("/delegators/d", {{"llm_tool", "codex"}, {"model", "m"}}, {{"If-Match", seen}}).status() == 200);
    CHECK(client.put("/delegators/d", {{"llm_tool", "codex"}, {"model", "n"}}, {{"If-Match", seen}}).status() == 412);
    CHECK(client.remove("/delegators/d", {{"If-Match", seen}}).status() == 412);
    const std::string defaults = tag_of(client, "/llm-tools/default");
    const json::object chosen{{"tool", "claude"}, {"model", "opus"}};
    CHECK(client.put("/llm-tools/default", chosen, {{"If-Match", defaults}}).json == chosen);
    CHECK(client.put("/llm-tools/default", {{"tool", "codex"}, {"model", ""}}, {{"If-Match", defaults}}).status() ==
          412);
    CHECK(client.get("/llm-tools/default").json == chosen);
}

TEST_CASE("what was read over TCP can be written back without the secrets") {
    const running_daemon daemon("");
    rest_client tcp(daemon.tcp());
    rest_client local(daemon.local());
    json::object wanted = simple_server("s");
    wanted["extra_env"] = {{"SECRET", "hush"}, {"REFERENCE", "${OTHER}"}, {"STARS", "****"}};
    CHECK(tcp.post("/model-servers", wanted).status() == 201);
    json::object read = tcp.get("/model-servers/s").json.as_object();
    CHECK(read.at("extra_env") == json::value{{"SECRET", "***"}, {"REFERENCE", "${OTHER}"}, {"STARS", "***"}});
    read["display_name"] = "renamed";
    const rest_answer written = tcp.put("/model-servers/s", read);
    CHECK(written.status() == 200);
    CHECK(written.json.at("extra_env").at("SECRET") == "***");
    const json::value kept = local.get("/model-servers/s").json;
    CHECK(kept.at("display_name") == "renamed");
    CHECK(kept.at("extra_env") == wanted.at("extra_env"));

    // There is nothing behind the stars of a new variable.
    read["extra_env"].as_object()["NEW"] = "***";
    const rest_answer refused = tcp.put("/model-servers/s", read);
    CHECK(refused.status() == 400);
    CHECK(refused.fields() == "extra_env.NEW");
    wanted["name"] = "t";
    wanted["extra_env"] = {{"SECRET", "***"}};
    CHECK(tcp.post("/model-servers", wanted).fields() == "extra_env.SECRET");
}

TEST_CASE("replacing a server leaves what only the file knows, and its name") {
    const running_daemon daemon(
        "[[model_servers]]\nname = \"s\"\nkind = \"ollama\"\ninterval = \"9s\"\nprobe = \"never\"\nmine = 1 # yes\n"
        "display_name = \"S\"\n");
    rest_client client(daemon.tcp());
    const rest_answer answer = client.put("/model-servers/s", simple_server("another name"));
    CHECK(answer.status() == 200);
    CHECK(answer.json.at("name") == "s");
    CHECK(answer.json.at("display_name").is_null());
    CHECK(answer.json.at("probe").at("status") == "disabled");
    const std::string text = read_file(daemon.config_file());
    for (const char* line : {"interval = \"9s\"\n", "probe = \"never\"\n", "mine = 1 # yes\n"})
        CHECK_MESSAGE(holds(text, line), text);
}

TEST_CASE("a server that delegators name is deleted by force only") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    CHECK(client.post("/model-servers", simple_server("s")).status() == 201);
    for (const char* name : {"one", "two"}) {
        const json::object delegator{{"name", name}, {"llm_tool", "codex"}, {"model", "m"}, {"model_server", "s"}};
        CHECK(client.post("/delegators", delegator).status() == 201);
    }
    const std::string text = read_file(daemon.config_file());
    const rest_answer refused = client.remove("/model-servers/s");
    CHECK(refused.status() == 409);
    CHECK(refused.error() == "conflict");
    CHECK(holds(refused.message(), "\"one\""));
    CHECK(holds(refused.message(), "\"two\""));
    CHECK(holds(refused.message(), "force=true"));
    CHECK(read_file(daemon.config_file()) == text);
    const rest_answer removed = client.remove("/model-servers/s?force=true");
    CHECK(removed.status() == 200);
    CHECK(removed.json.at("name") == "s");
    CHECK(client.get("/model-servers/s").status() == 404);
    CHECK(client.get("/delegators/one").json.at("model_server") == "s");
    const rest_answer gone = client.remove("/delegators/one");
    CHECK(gone.status() == 200);
    CHECK(gone.json.at("name") == "one");
}

TEST_CASE("builtins are protected, and their names") {
    const running_daemon daemon("");
    rest_client client(daemon.tcp());
    for (const char* name : {"anthropic-api", "openai-api", "google-api"}) {
        CAPTURE(name);
        CHECK(client.post("/model-servers", simple_server(name)).status() == 409);
        CHECK(client.put(server_path(name), simple_server(name)).status() == 409);
        CHECK(client.remove(server_path(name)).status() == 409);
        CHECK(client.remove(server_path(name) + "?force=true").status() == 409);
    }
    CHECK(client.put("/model-servers/kinds", simple_server("kinds")).status() == 405);
    CHECK(client.remove("/model-servers/kinds").status() == 405);
    CHECK(client.ask("PATCH", "/model-servers", {}, {}).http.header("Allow") == "GET, HEAD, POST");
    CHECK(read_file(daemon.config_file()).empty());
}

TEST_CASE("a delegator is made from a tool that is installed") {
    const temp_folder programs;
    const auto claude = programs.write("claude", "#!/bin/sh\necho '2.1.0 (Claude Code)'\n");
    std::filesystem::permissions(claude, std::filesystem::perms(0755));
    const running_daemon daemon("", {{"PATH", programs.path()}});
    rest_client client(daemon.tcp());
    const rest_answer made = client.post("/delegators/from-tool", {{"tool_name", "claude"}});
    CHECK_MESSAGE(made.status() == 201, made.http.body);
    const std::string model(made.json.at("model").as_string());
    CHECK_FALSE(model.empty());
    CHECK(made.json.at("name").as_string() == "claude-" + model);
    CHECK(made.http.header("Location") == "/api/v1/delegators/claude-" + model);
    CHECK(client.get("/delegators/claude-" + segment(model)).json == made.json);
    CHECK(client.post("/delegators/from-tool", {{"tool_name", "claude"}}).status() == 409);
    const json::object named{{"tool_name", "claude"},
                             {"model", "opus"},
                             {"name", "mine"},
                             {"display_name", "Mine"},
                             {"model_server", "anthropic-api"},
                             {"launch_config", {{"yolo", true}}}};
    const json::value found = client.post("/delegators/from-tool", named).json;
    for (const char* field : {"model", "name", "display_name", "model_server", "launch_config"})
        CHECK(found.at(field) == named.at(field));
    const rest_answer missing = client.post("/delegators/from-tool", {{"tool_name", "codex"}});
    CHECK(missing.status() == 404);
    CHECK(missing.error() == "not_found");
    CHECK(client.post("/delegators/from-tool", {{"model", "opus"}}).fields() == "tool_name");
}

TEST_CASE("a shape that cannot be edited safely is refused with its line, or edited right") {
    const running_daemon daemon("model_servers = [ { name = \"inline\", kind = \"ollama\" } ] # one\n[git]\nx = 1\n");
    rest_client client(daemon.tcp());
    const std::string before = read_file(daemon.config_file());
    const auto names = [&] {
        std::string found;
        const json::value list = client.get("/model-servers").json;
        for (const json::value& one : list.at("servers").as_array())
            if (one.at("user_declared") == true) found += std::string(one.at("name").as_string()) + " ";
        return found;
    };
    const rest_answer made = client.post("/model-servers", simple_server("new"));
    if (made.status() == 409) {
        CHECK(holds(made.message(), "operator.toml:1"));
        CHECK(names() == "inline ");
    } else {
        CHECK(made.status() == 201);
        CHECK(names() == "inline new ");
    }
    const rest_answer removed = client.remove("/model-servers/inline");
    CHECK((removed.status() == 200 || holds(removed.message(), "operator.toml:1")));
    const std::string after = read_file(daemon.config_file());
    CHECK(holds(after, "# one\n"));
    CHECK(after.ends_with("[git]\nx = 1\n"));
    CHECK(check_config(daemon.config_file()) == 0);
}

TEST_CASE("no secret of a request or of the file is in the log") {
    running_daemon daemon("[[model_servers]]\nname = \"s\"\nkind = \"ollama\"\nextra_env = { A = \"hush-file\" }\n");
    rest_client client(daemon.local());
    json::object wanted = simple_server("t");
    wanted["extra_env"] = {{"A", "hush-good"}};
    wanted["api_key_env"] = "T_KEY";
    CHECK(client.post("/model-servers", wanted).status() == 201);
    wanted["name"] = "u";
    wanted["api_key_env"] = "sk-hush-key";
    const rest_answer key = client.post("/model-servers", wanted);
    CHECK(key.fields() == "api_key_env");
    CHECK_FALSE(holds(key.http.body, "hush"));
    wanted["extra_env"] = {{"A", json::array{"hush-list"}}};
    CHECK_FALSE(holds(client.post("/model-servers", wanted).http.body, "hush"));
    wanted["base_url"] = "http://me:hush-password@127.0.0.1/v1?key=hush-query";
    CHECK_FALSE(holds(client.post("/model-servers", wanted).http.body, "hush"));
    append_to(daemon.config_file(), "[[model_servers]]\nextra_env = { A = \"hush-broken }\n");
    const rest_answer broken = client.post("/model-servers", simple_server("v"));
    CHECK(broken.status() == 409);
    CHECK_FALSE(holds(broken.http.body, "hush"));
    CHECK_FALSE(holds(client.get("/health").http.body, "hush"));
    daemon.program().send_signal(SIGTERM);
    CHECK(daemon.program().wait_for_exit() == 0);
    CHECK(holds(daemon.program().standard_error(), "operator.toml"));
    CHECK_FALSE(holds(daemon.program().standard_error(), "hush"));
}
