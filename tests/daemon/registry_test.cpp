#include "daemon/registry.hpp"

#include "tests/daemon/event_loop.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

model_server declared(std::string name, std::string_view kind, std::string base_url) {
    model_server server;
    server.name = std::move(name);
    server.kind = find_kind(kind);
    server.base_url = std::move(base_url);
    return server;
}

std::vector<model_server> a_few() {
    std::vector<model_server> servers{declared("b-local", "ollama", "http://localhost:1"),
                                      declared("a-local", "ollama", "http://localhost:2/v1"),
                                      declared("mine", "openai-api", "https://mine.example")};
    for (const char* slug : {"anthropic-api", "openai-api", "google-api"})
        servers.push_back(undeclared_server(*find_kind(slug)));
    return servers;
}

std::string text_of(const document_ptr& made) {
    std::string text;
    for (const auto& one : made->pieces)
        text += *one;
    return text;
}

report good(std::vector<model> models) {
    report found;
    found.status = probe_status::ok;
    found.models = std::move(models);
    found.latency = 3ms;
    return found;
}

report bad() {
    report found;
    found.status = probe_status::refused;
    found.error = "nobody listens";
    found.hint = "start it";
    return found;
}

const wall_time some_time{std::chrono::seconds(1'700'000'000)};

}  // namespace

TEST_CASE("servers are found by name, and kinds by their first declared server, else their defaults") {
    const registry servers(a_few());
    CHECK(servers.listed() == 6);
    CHECK(servers.reachable() == 0);
    REQUIRE(servers.find("a-local"));
    CHECK(servers.find("a-local")->state.root.port == 2);
    CHECK_FALSE(servers.find("ollama"));
    CHECK_FALSE(servers.find(""));
    CHECK_FALSE(servers.find("A-LOCAL"));

    CHECK(servers.find_by_kind(*find_kind("ollama"))->state.server.name == "b-local");
    CHECK(servers.find_by_kind(*find_kind("openai-api"))->state.server.name == "mine");
    CHECK(servers.find_by_kind(*find_kind("google-api"))->state.server.name == "google-api");
    const auto lmstudio = servers.find_by_kind(*find_kind("lmstudio"));
    REQUIRE(lmstudio);
    CHECK_FALSE(lmstudio->state.listed);
    CHECK_FALSE(servers.find("lmstudio"));
    CHECK_FALSE(servers.find_by_kind(*find_kind("openai-compat")));
    CHECK(servers.entries().size() == 8);  // and the defaults of openrouter and lmstudio
}

TEST_CASE("every answer is there from the start") {
    const registry servers(a_few());
    CHECK(
        text_of(servers.find("b-local")->models) ==
        R"({"server":"b-local","reachable":false,"models":[],"error":"not probed yet","status":"pending","hint":null,)"
        R"("checked_at":null,"last_success_at":null,"latency_ms":null,"stale":false,"last_known_models":[]})");
    CHECK(text_of(servers.find("b-local")->models_of_kind).starts_with(R"({"server":"ollama","reachable":false)"));
    CHECK_FALSE(servers.find("a-local")->models_of_kind);
    const auto google = servers.find("google-api");
    CHECK(google->models == google->models_of_kind);
}

TEST_CASE("the list has declared servers first and is made anew only after a change") {
    registry servers(a_few());
    const document_ptr before = servers.list(false);
    CHECK(before == servers.list(false));
    const std::string text = text_of(before);
    std::size_t place = 0;
    for (const char* name : {"b-local", "a-local", "mine", "anthropic-api", "openai-api", "google-api"}) {
        const auto found = text.find(std::string("{\"name\":\"") + name + "\"");
        CHECK(found > place);
        REQUIRE(found != std::string::npos);
        place = found;
    }
    CHECK(text.ends_with("],\"total\":6}"));
    CHECK(text.find("lmstudio") == std::string::npos);

    const auto entry = servers.find("mine");
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    CHECK(servers.list(false) != before);
    CHECK(servers.list(false)->etag != before->etag);
}

TEST_CASE("values of extra_env are in the revealed list alone") {
    model_server server = declared("s", "ollama", "http://localhost:1");
    server.extra_env = {{"TOKEN", "hush"}, {"REFERENCE", "${TOKEN}"}};
    registry servers(std::vector{server});
    CHECK(text_of(servers.list(false)).find(R"("extra_env":{"TOKEN":"***","REFERENCE":"${TOKEN}"})") !=
          std::string::npos);
    CHECK(text_of(servers.list(true)).find(R"("extra_env":{"TOKEN":"hush","REFERENCE":"${TOKEN}"})") !=
          std::string::npos);
    const auto entry = servers.find("s");
    const auto revealed = servers.list(true);
    CHECK(revealed == servers.list(true));
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(revealed != servers.list(true));
}

TEST_CASE("reachable servers are counted, the unlisted ones are not") {
    registry servers(a_few());
    const auto entry = servers.find("a-local");
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    CHECK(servers.reachable() == 1);
    const auto unlisted = servers.find_by_kind(*find_kind("lmstudio"));
    servers.update(*unlisted, after_probe(unlisted->state, good({}), some_time));
    CHECK(servers.reachable() == 1);
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(servers.reachable() == 0);
}

TEST_CASE("a failure keeps the last good list and marks it") {
    registry servers(a_few());
    const auto entry = servers.find("a-local");
    model one;
    one.id = "m";
    one.display_name = "M";
    servers.update(*entry, after_probe(entry->state, good({one}), some_time));
    const auto list = entry->state.last_good.json;
    CHECK(text_of(entry->models).find(R"("reachable":true,"models":[{"id":"m","display_name":"M",)") !=
          std::string::npos);

    servers.update(*entry, after_probe(entry->state, bad(), some_time + 1s));
    CHECK(text_of(entry->models) ==
          R"({"server":"a-local","reachable":false,"models":[],"error":"nobody listens","status":"refused",)"
          R"("hint":"start it","checked_at":"2023-11-14T22:13:21.000Z","last_success_at":"2023-11-14T22:13:20.000Z",)"
          R"("latency_ms":null,"stale":true,"last_known_models":[{"id":"m","display_name":"M","context_length":null,)"
          R"("max_output_tokens":null,"tools":null,"vision":null,"loaded":null}]})");

    servers.update(*entry, after_probe(entry->state, good({one}), some_time + 2s));
    CHECK(entry->state.last_good.json == list);  // an unchanged list is not made a second time
    CHECK_FALSE(entry->state.stale);
    CHECK(entry->state.error.empty());
    CHECK(entry->state.hint.empty());
}

TEST_CASE("a first failure has nothing to be stale") {
    const registry servers(a_few());
    const server_state failed = after_probe(servers.find("mine")->state, bad(), some_time);
    CHECK_FALSE(failed.stale);
    CHECK_FALSE(failed.last_success_at);
    CHECK(failed.checked_at == some_time);
}

TEST_CASE("a document that a client reads outlives the next state, and who waits is woken by it") {
    asio::io_context loop{1};
    registry servers(a_few());
    const auto entry = servers.find("mine");
    const document_ptr read = entry->models;
    const std::string before = text_of(read);
    bool woken = false;
    const auto wait = [&]() -> asio::awaitable<void> {
        woken = co_await entry->changed.wait_until(std::chrono::steady_clock::time_point::max());
    };
    background waiting(loop, wait());
    settle(loop);
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(run_until(loop, [&] { return waiting.ended(); }));
    CHECK(woken);
    CHECK(text_of(read) == before);
    CHECK(entry->models->etag != read->etag);
}
