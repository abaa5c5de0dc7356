#include "daemon/state/registry.hpp"

#include "daemon/api/api.hpp"
#include "tests/daemon/event_loop.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::api;
using namespace opd::state;
using namespace opd::wire;
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
    for (const auto& one : made->pieces) text += *one;
    return text;
}

/// The servers of a list, in its order.
std::vector<std::string> names_in(const document_ptr& list) {
    std::vector<std::string> names;
    const boost::json::value read = boost::json::parse(text_of(list));
    for (const auto& one : read.at("servers").as_array()) names.emplace_back(one.at("name").as_string());
    return names;
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
    registry servers(a_few());
    answer_cache answers(servers);
    CHECK(
        text_of(answers.models(*servers.find("b-local"))) ==
        R"({"server":"b-local","reachable":false,"models":[],"error":"not probed yet","status":"pending","hint":null,)"
        R"("checked_at":null,"last_success_at":null,"latency_ms":null,"stale":false,"last_known_models":[]})");
    CHECK(text_of(answers.models_of_kind(*servers.find("b-local")))
              .starts_with(R"({"server":"ollama","reachable":false)"));
    CHECK(servers.find_by_kind(*find_kind("ollama")) == servers.find("b-local"));
    const auto google = servers.find("google-api");
    CHECK(answers.models(*google) == answers.models_of_kind(*google));
}

TEST_CASE("the list has declared servers first and is made anew only after a change") {
    registry servers(a_few());
    answer_cache answers(servers);
    const document_ptr before = answers.list(false);
    CHECK(before == answers.list(false));
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
    CHECK(answers.list(false) != before);
    CHECK(answers.list(false)->etag != before->etag);
}

TEST_CASE("values of extra_env are in the revealed list alone") {
    model_server server = declared("s", "ollama", "http://localhost:1");
    server.extra_env = {{"TOKEN", "hush"}, {"REFERENCE", "${TOKEN}"}};
    registry servers(std::vector{server});
    answer_cache answers(servers);
    CHECK(text_of(answers.list(false)).find(R"("extra_env":{"TOKEN":"***","REFERENCE":"${TOKEN}"})") !=
          std::string::npos);
    CHECK(text_of(answers.list(true)).find(R"("extra_env":{"TOKEN":"hush","REFERENCE":"${TOKEN}"})") !=
          std::string::npos);
    const auto entry = servers.find("s");
    const auto revealed = answers.list(true);
    CHECK(revealed == answers.list(true));
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(revealed != answers.list(true));
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
    answer_cache answers(servers);
    const auto entry = servers.find("a-local");
    model one;
    one.id = "m";
    one.display_name = "M";
    servers.update(*entry, after_probe(entry->state, good({one}), some_time));
    const model_list list = entry->state.last_good;
    CHECK(text_of(answers.models(*entry)).find(R"("reachable":true,"models":[{"id":"m","display_name":"M",)") !=
          std::string::npos);

    servers.update(*entry, after_probe(entry->state, bad(), some_time + 1s));
    CHECK(text_of(answers.models(*entry)) ==
          R"({"server":"a-local","reachable":false,"models":[],"error":"nobody listens","status":"refused",)"
          R"("hint":"start it","checked_at":"2023-11-14T22:13:21.000Z","last_success_at":"2023-11-14T22:13:20.000Z",)"
          R"("latency_ms":null,"stale":true,"last_known_models":[{"id":"m","display_name":"M","context_length":null,)"
          R"("max_output_tokens":null,"tools":null,"vision":null,"loaded":null}]})");

    servers.update(*entry, after_probe(entry->state, good({one}), some_time + 2s));
    CHECK(entry->state.last_good == list);  // an unchanged list is not made a second time
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
    answer_cache answers(servers);
    const auto entry = servers.find("mine");
    const document_ptr read = answers.models(*entry);
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
    CHECK(answers.models(*entry)->etag != read->etag);
}

TEST_CASE("an equal set of servers changes nothing, and made lists stay") {
    registry servers(a_few());
    answer_cache answers(servers);
    const std::vector before(servers.entries().begin(), servers.entries().end());
    const document_ptr list = answers.list(false);
    const document_ptr revealed = answers.list(true);
    CHECK(servers.replace(a_few()) == registry_change{});
    CHECK(std::ranges::equal(before, servers.entries()));
    CHECK(answers.list(false) == list);
    CHECK(answers.list(true) == revealed);
}

TEST_CASE("servers that stay as they are keep all that is known of them when others come, change and go") {
    registry servers(a_few());
    answer_cache answers(servers);
    const auto kept = servers.find("b-local");
    const auto changed = servers.find("a-local");
    const auto removed = servers.find("mine");
    for (const auto& entry : {kept, changed, removed})
        servers.update(*entry, after_probe(entry->state, good({}), some_time));
    const document_ptr models = answers.models(*kept);
    const document_ptr list = answers.list(false);
    CHECK(servers.reachable() == 3);

    std::vector<model_server> next = a_few();
    next[1].base_url = "http://localhost:3";
    next[2] = declared("new", "lmstudio", "http://localhost:4");
    next.insert(next.begin() + 3, declared("newer", "lmstudio", "http://localhost:5"));
    CHECK(servers.replace(next) == registry_change{.added = 2, .removed = 1, .changed = 1});

    CHECK(servers.find("b-local") == kept);
    CHECK(answers.models(*kept) == models);
    CHECK(kept->state.checked_at == some_time);
    CHECK_FALSE(kept->removed);
    CHECK(servers.find("a-local") != changed);
    CHECK(servers.find("a-local")->state.status == probe_status::pending);
    CHECK(servers.find("a-local")->state.root.port == 3);
    CHECK(changed->removed);
    CHECK(changed->state.reachable());  // whoever holds it can still read
    CHECK_FALSE(servers.find("mine"));
    CHECK(removed->removed);
    CHECK(servers.listed() == 7);
    CHECK(servers.reachable() == 1);
    CHECK(names_in(answers.list(false)) ==
          std::vector<std::string>{"b-local", "a-local", "new", "newer", "anthropic-api", "openai-api", "google-api"});
    CHECK(answers.list(false) != list);
}

TEST_CASE("whatever a probe depends on makes another server of it") {
    const std::vector<std::pair<const char*, std::function<void(model_server&)>>> differences{
        {"kind", [](model_server& one) { one.kind = find_kind("openai-compat"); }},
        {"base_url", [](model_server& one) { one.base_url = "http://localhost:9"; }},
        {"no base_url", [](model_server& one) { one.base_url.reset(); }},
        {"api_key_env", [](model_server& one) { one.api_key_env = "SOME_KEY"; }},
        {"ca_file", [](model_server& one) { one.ca_file = "/etc/ssl/lab.pem"; }},
        {"allow_plaintext_key", [](model_server& one) { one.allow_plaintext_key = true; }},
        {"probe", [](model_server& one) { one.probe = probe_mode::lazy; }}};
    for (const auto& [field, change] : differences) {
        CAPTURE(field);
        std::vector<model_server> next = a_few();
        registry servers(next);
        const auto before = servers.find("a-local");
        change(next[1]);
        CHECK(servers.replace(next) == registry_change{.changed = 1});
        CHECK(servers.find("a-local") != before);
        CHECK(servers.find("a-local")->state.server == next[1]);
        CHECK(before->removed);
    }
}

TEST_CASE("what no probe depends on is described anew, and nothing that is known gets lost") {
    std::vector<model_server> next = a_few();
    registry servers(next);
    answer_cache answers(servers);
    const auto entry = servers.find("b-local");
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    const document_ptr models = answers.models(*entry);
    const document_ptr of_kind = answers.models_of_kind(*entry);

    next[0].display_name = "Shown";
    next[0].extra_env = {{"TOKEN", "hush"}};
    next[0].interval = 7s;
    const document_ptr list = answers.list(false);
    CHECK(servers.replace(next) == registry_change{.changed = 1});
    CHECK(servers.find("b-local") == entry);
    CHECK_FALSE(entry->removed);
    CHECK(entry->state.server == next[0]);
    CHECK(entry->state.reachable());
    CHECK(answers.models(*entry) == models);
    CHECK(answers.models_of_kind(*entry) == of_kind);
    CHECK(answers.server(*entry).find(R"("display_name":"Shown")") != std::string::npos);
    CHECK(answers.server(*entry).find(R"("extra_env":{"TOKEN":"***"})") != std::string::npos);
    CHECK(text_of(answers.list(false)).find(R"("display_name":"Shown")") != std::string::npos);
    CHECK(text_of(answers.list(true)).find(R"("extra_env":{"TOKEN":"hush"})") != std::string::npos);
    CHECK(servers.reachable() == 1);
}

TEST_CASE("another order is another list, and may make another server stand for a kind") {
    std::vector<model_server> next = a_few();
    registry servers(next);
    answer_cache answers(servers);
    const auto first = servers.find("b-local");
    const auto second = servers.find("a-local");
    servers.update(*second, after_probe(second->state, good({}), some_time));
    const document_ptr list = answers.list(false);
    std::swap(next[0], next[1]);
    CHECK(servers.replace(next) == registry_change{});
    CHECK(names_in(answers.list(false)) ==
          std::vector<std::string>{"a-local", "b-local", "mine", "anthropic-api", "openai-api", "google-api"});
    CHECK(answers.list(false) != list);
    CHECK(servers.find_by_kind(*find_kind("ollama")) == second);
    CHECK(text_of(answers.models_of_kind(*second)).starts_with(R"({"server":"ollama","reachable":true)"));

    // And from then on it follows the server that stands for it.
    servers.update(*second, after_probe(second->state, bad(), some_time));
    servers.update(*first, after_probe(first->state, good({}), some_time));
    CHECK(text_of(answers.models_of_kind(*second)).find(R"("status":"refused")") != std::string::npos);
}

TEST_CASE("the defaults of a kind stand for it as long as nobody declares a server of it") {
    const kind& ollama = *find_kind("ollama");
    const model_server first = declared("mine", "ollama", "http://localhost:1");
    const model_server second = declared("ollama", "ollama", "http://localhost:2");
    registry servers(std::vector<model_server>{});
    answer_cache answers(servers);
    const auto defaults = servers.find_by_kind(ollama);
    const auto lmstudio = servers.find_by_kind(*find_kind("lmstudio"));
    CHECK(servers.entries().size() == 6);

    CHECK(servers.replace(std::vector{first}) == registry_change{.added = 1});
    CHECK(defaults->removed);
    CHECK(servers.entries().size() == 6);
    CHECK(servers.find_by_kind(ollama) == servers.find("mine"));
    CHECK(servers.find_by_kind(*find_kind("lmstudio")) == lmstudio);
    CHECK_FALSE(lmstudio->removed);

    CHECK(servers.replace(std::vector{first, second}) == registry_change{.added = 1});
    CHECK(servers.find_by_kind(ollama) == servers.find("mine"));

    CHECK(servers.replace(std::vector{second}) == registry_change{.removed = 1});
    CHECK(servers.find_by_kind(ollama) == servers.find("ollama"));
    CHECK(answers.models_of_kind(*servers.find("ollama")) == answers.models(*servers.find("ollama")));

    CHECK(servers.replace(std::vector<model_server>{}) == registry_change{.removed = 1});
    const auto again = servers.find_by_kind(ollama);
    CHECK_FALSE(again->state.listed);
    CHECK(again != defaults);
    CHECK(answers.models_of_kind(*again));
    CHECK_FALSE(servers.find("ollama"));
    CHECK(servers.listed() == 0);
}

TEST_CASE("a server with a kind's slug for its name is not taken for the kind's defaults") {
    registry servers(std::vector<model_server>{});
    const auto defaults = servers.find_by_kind(*find_kind("ollama"));
    CHECK(servers.replace(std::vector{declared("ollama", "openai-compat", "http://localhost:1")}) ==
          registry_change{.added = 1});
    CHECK(servers.find_by_kind(*find_kind("ollama")) == defaults);
    CHECK_FALSE(defaults->removed);
    CHECK(servers.find("ollama")->state.server.kind == find_kind("openai-compat"));
    CHECK(servers.replace(std::vector<model_server>{}) == registry_change{.removed = 1});
    CHECK(servers.find_by_kind(*find_kind("ollama")) == defaults);
}

TEST_CASE("who waits for a server hears that it was removed, and nothing changes in it any more") {
    asio::io_context loop{1};
    registry servers(a_few());
    answer_cache answers(servers);
    const auto entry = servers.find("mine");
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    const auto wait = [&]() -> asio::awaitable<void> {
        co_await entry->changed.wait_until(std::chrono::steady_clock::time_point::max());
    };
    background waiting(loop, wait());
    settle(loop);
    std::vector<model_server> next = a_few();
    next.erase(next.begin() + 2);
    CHECK(servers.replace(next) == registry_change{.removed = 1});
    CHECK(run_until(loop, [&] { return waiting.ended(); }));

    const document_ptr list = answers.list(false);
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(entry->state.reachable());
    CHECK(servers.reachable() == 0);
    CHECK(answers.list(false) == list);
}

TEST_CASE("subscribers hear of each change once, when it is made") {
    std::vector<model_server> next = a_few();
    registry servers(next);
    std::vector<std::pair<registry_event::type, std::string>> heard;
    servers.subscribe([&](const registry_event& happened) {
        const bool whole = happened.server == nullptr;
        if (!whole && happened.what == registry_event::type::removed) CHECK(happened.server->removed);
        heard.emplace_back(happened.what, whole ? "" : happened.server->state.server.name);
    });
    using type = registry_event::type;
    using events = std::vector<std::pair<type, std::string>>;
    const auto take = [&] { return std::exchange(heard, {}); };

    const auto entry = servers.find("mine");
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    CHECK(take() == events{{type::updated, "mine"}, {type::counted, ""}});
    servers.update(*entry, after_probe(entry->state, good({}), some_time));
    CHECK(take() == events{{type::updated, "mine"}});

    CHECK(servers.replace(next) == registry_change{});
    CHECK(take().empty());
    next[0].display_name = "Shown";
    next[1] = declared("new", "ollama", "http://localhost:3");
    servers.replace(next);
    CHECK(take() == events{{type::described, "b-local"},
                           {type::removed, "a-local"},
                           {type::added, "new"},
                           {type::replaced, ""},
                           {type::counted, ""}});
    std::swap(next[0], next[1]);
    servers.replace(next);
    CHECK(take() == events{{type::replaced, ""}, {type::counted, ""}});
    servers.update(*entry, after_probe(entry->state, bad(), some_time));
    CHECK(take() == events{{type::updated, "mine"}, {type::counted, ""}});
}

TEST_CASE("the text of a list outlives the answers around it as long as the list is the same") {
    registry servers(a_few());
    answer_cache answers(servers);
    const auto entry = servers.find("b-local");
    model one;
    one.id = "m";
    one.display_name = "M";
    servers.update(*entry, after_probe(entry->state, good({one}), some_time));
    const document_ptr first = answers.models(*entry);
    CHECK(answers.models(*entry) == first);
    CHECK(answers.models_of_kind(*entry)->pieces[1] == first->pieces[1]);
    servers.update(*entry, after_probe(entry->state, good({one}), some_time + 1s));
    const document_ptr second = answers.models(*entry);
    CHECK(second != first);
    CHECK(second->pieces[1] == first->pieces[1]);
    one.display_name = "Other";
    servers.update(*entry, after_probe(entry->state, good({one}), some_time + 2s));
    CHECK(text_of(answers.models(*entry)).find(R"("display_name":"Other")") != std::string::npos);
}
