#include "client/commands/common.hpp"
#include "tests/client/fake_daemon.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;

namespace {

using texts = std::vector<std::string>;

const std::string list_body =
    R"({"keys":[{"name":"LAB_KEY","source":"credentials","found":true,"error":null,"servers":[{"name":"lab","status":"ok"},
        {"name":"twin","status":"timeout"}]},{"name":"NEW_KEY","source":"pushed","found":true,"error":null,"servers":[]},
        {"name":"OPEN\u001b","source":null,"found":false,"error":"the credential OPEN is odd","servers":[{"name":"o",
        "status":"key_missing"}]}],"total":3,"keys_file":{"path":"/h/keys.env","errors":["/h/keys.env:3: wrong"]}})";

const std::string lab_key =
    R"({"name":"LAB_KEY","source":"pushed","found":true,"error":null,"servers":[{"name":"lab","status":"pending"},
        {"name":"twin","status":"key_missing"}]})";

/// A daemon that has two servers for LAB_KEY and none for NEW_KEY, and takes both.
fake_daemon usual() {
    return {
        .replies = {
            {"/api/v1/keys", answered(200, list_body)},
            {"/api/v1/keys/LAB_KEY", answered(200, R"({"name":"LAB_KEY","n":1})")},
            {"/api/v1/keys/NEW_KEY", answered(200, R"({"name":"NEW_KEY","n":2})")},
            {"PUT /api/v1/keys/LAB_KEY", answered(200, lab_key)},
            {"PUT /api/v1/keys/NEW_KEY", answered(200, R"({"name":"NEW_KEY","source":"pushed","servers":[]})")},
            {"DELETE /api/v1/keys/LAB_KEY", answered(200, R"({"name":"LAB_KEY","source":"keys.env","servers":[]})")},
            {"DELETE /api/v1/keys/NEW_KEY", answered(200, R"({"name":"NEW_KEY","source":null,"servers":[]})")},
            {"/api/v1/model-servers/lab/models?refresh=true",
             answered(200, R"({"server":"lab","reachable":true,"status":"ok","models":[{"id":"m"}]})")},
            {"/api/v1/model-servers/twin/models?refresh=true",
             answered(200, R"({"server":"twin","reachable":false,"status":"auth_failed","error":"401","hint":"check it",
                  "models":[]})")}}};
}

}  // namespace

TEST_CASE("keys are listed with where they are found, who uses them, and what to do") {
    const outcome end = usual().run(command::keys_list());
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.out ==
          "KEY       FOUND IN     MODEL SERVERS\n"
          "LAB_KEY   credentials  lab, twin (timeout)\n"
          "NEW_KEY   pushed       -\n"
          "OPEN\\x1b  nowhere      o (key_missing)\n"
          "\n"
          "the credential OPEN is odd\n"
          "/h/keys.env:3: wrong\n"
          "\n"
          "hand over what this shell has: operatorctl keys push\n"
          "or write NAME=VALUE lines to /h/keys.env (mode 0600), which is read at once\n");
    fake_daemon content{.replies = {{"/api/v1/keys", answered(200, R"({"keys":[{"name":"A"}],"keys_file":null})")}}};
    CHECK(content.run(command::keys_list()).out == "KEY  FOUND IN  MODEL SERVERS\nA    nowhere   -\n");
    CHECK(content.run(command::keys_list(), true).out == "{\"keys\":[{\"name\":\"A\"}],\"keys_file\":null}\n");
}

TEST_CASE("keys that are named are taken from the caller's environment, and their servers asked") {
    fake_daemon daemon = usual();
    const outcome end =
        daemon.run(command::keys_push{{"LAB_KEY", "NEW_KEY", "LAB_KEY"}}, false, {"LAB_KEY=h\"1", "NEW_KEY=h2"});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.out ==
          "LAB_KEY pushed\n"
          "  lab: ok, 1 model\n"
          "  twin: auth_failed: 401; check it\n"
          "NEW_KEY pushed; no model server uses it yet\n");
    CHECK(daemon.targets() == texts{"PUT /api/v1/keys/LAB_KEY", "PUT /api/v1/keys/NEW_KEY",
                                    "/api/v1/model-servers/lab/models?refresh=true",
                                    "/api/v1/model-servers/twin/models?refresh=true"});
    CHECK(daemon.requests[0].body == R"({"value":"h\"1"})");
    CHECK(daemon.requests[1].body == R"({"value":"h2"})");
}

TEST_CASE("without names every key is pushed that a server uses and the caller has") {
    fake_daemon daemon = usual();
    const outcome end = daemon.run(command::keys_push(), false, {"NEW_KEY=h2", "OTHER=x", "LAB_KEY=h1"});
    CHECK(end.out == "LAB_KEY pushed\n  lab: ok, 1 model\n  twin: auth_failed: 401; check it\n");
    CHECK(daemon.targets().at(1) == "PUT /api/v1/keys/LAB_KEY");

    const outcome none = usual().run(command::keys_push(), false, {"NEW_KEY=h2", "LAB_KEY="});
    CHECK(none.exit_code == 1);
    CHECK(none.out.empty());
    CHECK(none.err == "no key that a model server uses is set here; those would be: LAB_KEY, OPEN\\x1b\n");
}

TEST_CASE("a key that the caller does not have, or that is no text, keeps all from being pushed") {
    fake_daemon daemon = usual();
    const outcome end = daemon.run(command::keys_push{{"LAB_KEY", "NEW_KEY", "BAD"}}, false,
                                   {"LAB_KEY=h1", "NEW_KEY=", "BAD=hush\xFF"});
    CHECK(end.exit_code == 1);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "NEW_KEY is not set here; set it first: export NEW_KEY=...\n"
          "BAD holds bytes that are not UTF-8\n");
    CHECK(daemon.requests.empty());
}

TEST_CASE("a key that the daemon refuses is told, and the others are pushed") {
    fake_daemon daemon = usual();
    daemon.replies["PUT /api/v1/keys/NEW_KEY"] = answered(
        409, R"({"error":"conflict","message":"x","reason":"256 are held","next":{"verb":"forget","noun":"keys"}})");
    const outcome end = daemon.run(command::keys_push{{"NEW_KEY", "LAB_KEY"}}, false, {"LAB_KEY=h1", "NEW_KEY=h2"});
    CHECK(end.exit_code == 1);
    CHECK(end.err == "NEW_KEY: 256 are held; forget one with: operatorctl keys forget NAME\n");
    CHECK(end.out == "LAB_KEY pushed\n  lab: ok, 1 model\n  twin: auth_failed: 401; check it\n");
}

TEST_CASE("with --json the daemon's word on each key is given, once its servers were asked") {
    fake_daemon daemon = usual();
    const outcome end = daemon.run(command::keys_push{{"LAB_KEY"}}, true, {"LAB_KEY=h1"});
    CHECK(end.out == "{\"keys\":[{\"name\":\"LAB_KEY\",\"n\":1}],\"total\":1}\n");
    CHECK(daemon.targets().back() == "/api/v1/keys/LAB_KEY");
    CHECK(usual().run(command::keys_forget{{"NEW_KEY"}}, true).out ==
          "{\"keys\":[{\"name\":\"NEW_KEY\",\"n\":2}],\"total\":1}\n");
}

TEST_CASE("pushed keys are forgotten by name, or all of them") {
    fake_daemon daemon = usual();
    CHECK(daemon.run(command::keys_forget{{"LAB_KEY"}}).out == "LAB_KEY forgotten; it is still found in: keys.env\n");
    CHECK(daemon.targets() == texts{"DELETE /api/v1/keys/LAB_KEY"});
    CHECK(usual().run(command::keys_forget()).out == "NEW_KEY forgotten\n");

    fake_daemon none{.replies = {{"/api/v1/keys", answered(200, R"({"keys":[]})")}}};
    CHECK(none.run(command::keys_forget()).out == "there is no pushed key\n");
    CHECK(none.run(command::keys_forget(), true).out == "{\"keys\":[],\"total\":0}\n");
    CHECK(usual().run(command::keys_forget{{"OTHER"}}).err == "OTHER: HTTP 404\n");
    CHECK(usual().run(command::keys_forget{{"OTHER"}}).exit_code == 1);
}

TEST_CASE("before a launch keys are pushed in a moment, and what goes wrong is a warning") {
    fake_daemon daemon = usual();
    const command_context context{
        .ask =
            [&daemon](std::span<const daemon_request> asked, std::chrono::milliseconds limit) {
                CHECK(limit == std::chrono::seconds(2));
                std::vector<daemon_reply> out;
                for (const daemon_request& one : asked) {
                    daemon.requests.push_back(one);
                    out.push_back(daemon.replies.at("PUT " + one.target));
                }
                return out;
            },
        .address = "/run/o.sock",
        .environment = {"LAB_KEY=h1", "NEW_KEY=h2"}};
    CHECK(push_before_launch({}, context).empty());
    CHECK(push_before_launch({"NOT_SET"}, context).empty());
    CHECK(daemon.requests.empty());
    CHECK(push_before_launch({"LAB_KEY", "NEW_KEY"}, context).empty());
    CHECK(daemon.requests.size() == 2);

    daemon.replies["PUT /api/v1/keys/LAB_KEY"] = answered(400, R"({"message":"value is odd"})");
    CHECK(push_before_launch({"LAB_KEY", "NEW_KEY"}, context) == "warning: LAB_KEY was not pushed: value is odd\n");
    daemon.replies["PUT /api/v1/keys/LAB_KEY"] =
        connection_failure{.why = connection_failure::reason::timed_out, .detail = {}};
    CHECK(push_before_launch({"LAB_KEY"}, context) ==
          "warning: LAB_KEY was not pushed: operatord at /run/o.sock did not answer within 2 s; see what it does with: "
          "journalctl --user -u operatord\n");
}
