#include "daemon/api/answers.hpp"
#include "daemon/launch/plan.hpp"
#include "tests/daemon/launch/launching.hpp"

#include <array>
#include <memory>

using namespace opd;
using namespace opd::launch;
using namespace opd::state;
using namespace opd::test;

namespace {

launch_choice on(std::string_view kind, std::string model, std::string tool = "codex",
                 std::string_view base_url = "http://localhost:9") {
    const config declared =
        config_of(fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"{}\"\nbase_url = \"{}\"\n", kind, base_url));
    auto chosen = choose_launch(declared, for_tool(std::move(tool), std::move(model), "lab"));
    REQUIRE(chosen.has_value());
    return *std::move(chosen);
}

server_state listing(std::initializer_list<std::string> ids) {
    server_state seen;
    seen.status = probe_status::ok;
    std::vector<model> models;
    for (const std::string& id : ids) models.push_back({.id = id, .display_name = id});
    seen.last_good = std::make_shared<const std::vector<model>>(std::move(models));
    return seen;
}

server_state failing(probe_status status) {
    server_state seen;
    seen.status = status;
    seen.error = "it is so";
    seen.hint = "do something";
    return seen;
}

std::string concerns(const launch_choice& chosen, const server_state& seen, bool force = false) {
    const auto looked = preflight(chosen, seen, force);
    if (!looked) return "refused: " + test::told(looked.error());
    return fmt::format("{}", fmt::join(*looked, "\n"));
}

constexpr std::array every_status{
    probe_status::ok,          probe_status::pending,      probe_status::key_missing,  probe_status::key_withheld,
    probe_status::auth_failed, probe_status::forbidden,    probe_status::rate_limited, probe_status::starting,
    probe_status::no_listing,  probe_status::bad_response, probe_status::http_error,   probe_status::timeout,
    probe_status::refused,     probe_status::dns_error,    probe_status::tls_error,    probe_status::network_error,
    probe_status::disabled};

}  // namespace

TEST_CASE("preflight: each status refuses, warns, or is none of our concern") {
    std::string outcome;
    for (const probe_status status : every_status) {
        const auto looked = preflight(on("openai-compat", "m"), failing(status), false);
        const std::string_view word = !looked ? "refuse" : looked->empty() ? "go" : "warn";
        outcome += fmt::format("{} {}{}\n", to_string(status), word, is_down(status) ? " (probe again)" : "");
    }
    CHECK(outcome ==
          "ok warn\n"  // it lists nothing
          "pending go\n"
          "key_missing go\n"
          "key_withheld go\n"
          "auth_failed warn\n"
          "forbidden warn\n"
          "rate_limited warn\n"
          "starting warn\n"
          "no_listing go\n"
          "bad_response warn\n"
          "http_error warn\n"
          "timeout refuse (probe again)\n"
          "refused refuse (probe again)\n"
          "dns_error refuse (probe again)\n"
          "tls_error refuse (probe again)\n"
          "network_error refuse (probe again)\n"
          "disabled go\n");
}

TEST_CASE("preflight: a server that is down is refused with the reason and the hint, unless forced") {
    const auto down = failing(probe_status::refused);
    CHECK(concerns(on("ollama", "m"), down) ==
          "refused: model server \"lab\" is down: it is so; do something -> force launch");
    CHECK(concerns(on("ollama", "m"), down, true) == "model server \"lab\" is down: it is so; do something");
    CHECK(preflight(on("ollama", "m"), down, false).error().why == change_refusal::reason::conflict);
}

TEST_CASE("preflight: a server that answers, but not well, is a warning") {
    CHECK(concerns(on("ollama", "m"), failing(probe_status::starting)) ==
          "model server \"lab\": it is so; do something");
}

TEST_CASE("preflight: a model that is not listed is a warning with the closest ids") {
    CHECK(concerns(on("openai-compat", "qwen3"), listing({"qwen3", "x"})).empty());
    CHECK(concerns(on("openai-compat", "qwen4"), listing({"llama", "qwen3", "qwen5", "qwen"})) ==
          "model server \"lab\" does not list the model \"qwen4\"; the closest are \"qwen3\", \"qwen5\" and \"qwen\"");
    CHECK(concerns(on("openai-compat", "coder"), listing({"llama", "qwen2.5-coder"})) ==
          "model server \"lab\" does not list the model \"coder\"; did you mean \"qwen2.5-coder\"?");
    CHECK(concerns(on("openai-compat", "zzz"), listing({"a1", "b1"})) ==
          "model server \"lab\" does not list the model \"zzz\"; it lists \"a1\" and \"b1\"");
    CHECK(concerns(on("openai-compat", "zzz"), listing({"a1", "b1", "c1", "d1", "e1"})) ==
          "model server \"lab\" does not list the model \"zzz\"; it lists \"a1\", \"b1\" and \"c1\", and 2 more");
    CHECK(concerns(on("openai-compat", "zzz"), listing({})) ==
          "model server \"lab\" does not list the model \"zzz\"; it lists none at all");
}

TEST_CASE("preflight: Ollama's ids mean :latest without a tag, others' do not") {
    CHECK(concerns(on("ollama", "qwen3"), listing({"qwen3:latest"})).empty());
    CHECK_FALSE(concerns(on("ollama", "qwen3:8b"), listing({"qwen3:latest"})).empty());
    CHECK_FALSE(concerns(on("openai-compat", "qwen3"), listing({"qwen3:latest"})).empty());
}

TEST_CASE("preflight: the tool's own aliases are known to its vendor, not to others") {
    const auto listed = listing({"claude-sonnet-9"});
    CHECK(concerns(on("anthropic-api", "sonnet", "claude", "https://api.anthropic.com"), listed).empty());
    CHECK_FALSE(concerns(on("anthropic-api", "sonnet", "claude"), listed).empty());
}

TEST_CASE("a model is known as long as the server answers: what it listed before says nothing") {
    const kind& of = *find_kind("openai-compat");
    server_state seen = listing({"m"});
    CHECK(find_model(seen, of, "m") == seen.last_good->data());
    seen.status = probe_status::refused;
    CHECK(find_model(seen, of, "m") == nullptr);
}
