#include "tests/daemon/api/asked_api.hpp"
#include "tests/daemon/fake_program.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::string_view some_file = R"([[model_servers]]
name = "lab"
kind = "openai-compat"
base_url = "http://127.0.0.1:1001/v1"
api_key_env = "LAB_KEY"
extra_env = { TOKEN = "hush" }

[[delegators]]
name = "codex-lab"
llm_tool = "codex"
model = "m"
model_server = "lab"
)";

/// Its server lists one model, unless it is `down`.
struct launching : api_on {
    launching() : api_on(some_file) {
        transport.behave = [this](const held_transport::question&) -> std::optional<fetched> {
            if (down) return refused();
            return listing({"m"});
        };
    }

    answer resolve(std::string_view body) { return post("/api/v1/launch/resolve", body); }

    bool down = false;
};

/// The value, or the reference, of a variable of the plan.
json::value variable(const json::value& plan, std::string_view name) {
    for (const json::value& one : plan.at("env").as_array()) {
        if (one.at("name").as_string() != name) continue;
        return one.as_object().contains("value") ? one.at("value") : one.at("from_env");
    }
    return nullptr;
}

}  // namespace

TEST_CASE("the plan of a delegator names server, model and key, and tells no secret over TCP") {
    launching api;
    api.keys["LAB_KEY"] = "the-key";
    const answer given = api.resolve(R"({"delegator":"codex-lab"})");
    REQUIRE(given.status == 200);
    const json::value plan = json_of(given);
    CHECK(plan.at("tool") == "codex");
    CHECK(plan.at("model_server") == "lab");
    CHECK(plan.at("model") == "m");
    CHECK(plan.at("warnings").as_array().empty());
    CHECK(variable(plan, "OPENAI_BASE_URL") == "http://127.0.0.1:1001/v1");
    CHECK(variable(plan, "OPENAI_API_KEY") == "LAB_KEY");
    CHECK(variable(plan, "TOKEN") == "***");
    CHECK(text_of(given).find("the-key") == std::string::npos);
    const json::value local = json_of(api.ask({.method = "POST",
                                               .target = "/api/v1/launch/resolve",
                                               .content_type = "application/json",
                                               .body = R"({"delegator":"codex-lab"})",
                                               .over_unix_socket = true}));
    CHECK(variable(local, "TOKEN") == "hush");
}

TEST_CASE("with push_on_launch the plan names the key to be pushed") {
    launching api;
    api.keys["LAB_KEY"] = "the-key";
    CHECK(json_of(api.resolve(R"({"delegator":"codex-lab"})")).at("push_keys").as_array().empty());
    api.edit(std::string(some_file) + "\n[keys]\npush_on_launch = true\n");
    CHECK(json_of(api.resolve(R"({"delegator":"codex-lab"})")).at("push_keys") == json::array{"LAB_KEY"});
}

TEST_CASE("a server that is down is asked once more, and then the launch is refused unless forced") {
    launching api;
    api.keys["LAB_KEY"] = "the-key";
    api.down = true;
    REQUIRE(api.until([&] { return api.state("lab").status == probe_status::refused; }));
    const std::size_t asked = api.transport.asked(1001);
    const answer refusal = api.resolve(R"({"delegator":"codex-lab"})");
    CHECK(refusal.status == 409);
    CHECK(json_of(refusal).at("error") == "conflict");
    CHECK(api.transport.asked(1001) > asked);
    CHECK(api.resolve(R"({"delegator":"codex-lab","force":true})").status == 200);
    api.down = false;
    CHECK(api.resolve(R"({"delegator":"codex-lab"})").status == 200);
}

TEST_CASE("what cannot be launched is said with its reason") {
    launching api;
    CHECK(api.resolve(R"({"delegator":"codex-lab","llm_tool":"codex","model":"m"})").status == 400);
    CHECK(api.resolve(R"({"model":"m"})").status == 400);
    CHECK(api.resolve("[]").status == 400);
    const answer unknown = api.resolve(R"({"delegator":"codex-lap"})");
    CHECK(unknown.status == 404);
    CHECK(std::string(json_of(unknown).at("message").as_string()).find("did you mean \"codex-lab\"") !=
          std::string::npos);
    CHECK(api.resolve(R"({"llm_tool":"claude","model":"m","model_server":"lab"})").status == 409);
    CHECK(api.get("/api/v1/launch/resolve").status == 405);
}

TEST_CASE("a tool that is too old is warned of at the first launch, and is asked once") {
    launching api;
    api.keys["LAB_KEY"] = "the-key";
    const auto ran = api.folder.path() / "ran";
    script(api.folder, "bin/codex", "echo >>'" + ran.string() + "'; echo codex-cli 0.168.0");
    const auto warnings = [&] {
        return json::serialize(json_of(api.resolve(R"({"delegator":"codex-lab"})")).at("warnings"));
    };
    const std::string outdated = R"(["codex 0.168.0 is older than 0.169.0, the oldest that launching was tried with; )"
                                 R"(update it with: npm install -g @openai/codex"])";
    CHECK(warnings() == outdated);
    CHECK(warnings() == outdated);
    CHECK(std::filesystem::file_size(ran) == 1);
    script(api.folder, "bin/codex", "echo codex-cli 0.169.0");
    api.get("/api/v1/llm-tools");
    CHECK(warnings() == "[]");
}

TEST_CASE("without a name the only delegator is launched") {
    launching api;
    const answer given = api.resolve("{}");
    REQUIRE(given.status == 200);
    CHECK(json_of(given).at("delegator") == "codex-lab");
}
