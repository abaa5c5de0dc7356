#include "daemon/api/answers.hpp"
#include "daemon/api/api.hpp"
#include "tests/daemon/probing.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

// Random sequences of configurations, with probes and clients under way, against a plain model.

using namespace opd;
using namespace opd::api;
using namespace opd::state;
using namespace opd::wire;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(const document_ptr& made) {
    std::string text;
    for (const auto& one : made->pieces) text += *one;
    return text;
}

class dice {
public:
    explicit dice(unsigned seed) : random_(seed) {}

    /// 0 to sides - 1
    unsigned roll(unsigned sides) { return std::uniform_int_distribution<unsigned>(0, sides - 1)(random_); }

    bool one_in(unsigned sides) { return roll(sides) == 0; }

    model_server server(unsigned number) {
        // Few values for each field, so that a server often stays, and is often what it was before.
        model_server made =
            server_on(static_cast<std::uint16_t>(10 * number + 1 + roll(2)), fmt::format("s{}", number));
        if (one_in(3)) made.kind = find_kind(one_in(2) ? "ollama" : "lmstudio");
        if (one_in(8)) made.api_key_env = "RANDOM_KEY";
        if (one_in(6)) made.probe = one_in(2) ? probe_mode::lazy : probe_mode::never;
        if (one_in(3)) made.display_name = fmt::format("S {}", roll(2));
        if (one_in(4)) made.extra_env = {{"E", fmt::format("{}", roll(2))}};
        if (one_in(3)) made.interval = one_in(2) ? 10ms : 1h;
        return made;
    }

    std::vector<model_server> change(std::vector<model_server> servers) {
        if (one_in(3)) std::ranges::shuffle(servers, random_);
        if (one_in(2) && !servers.empty()) servers.erase(servers.begin() + roll(unsigned(servers.size())));
        for (unsigned changes = roll(4); changes != 0; --changes) {
            model_server made = server(roll(9));
            const auto same = std::ranges::find(servers, made.name, &model_server::name);
            if (same == servers.end())
                servers.insert(servers.begin() + roll(unsigned(servers.size()) + 1), std::move(made));
            else
                *same = std::move(made);
        }
        return servers;
    }

private:
    std::minstd_rand random_;
};

bool asks_alike(model_server a, const model_server& b) {
    a.display_name = b.display_name;
    a.extra_env = b.extra_env;
    a.interval = b.interval;
    return a == b;
}

/// What the registry should hold after one change, from what it held before.
struct expectation {
    expectation(const registry& before, const std::vector<model_server>& next) {
        for (const model_server& server : next) {
            names.insert(server.name);
            const server_entry_ptr known = before.find(server.name);
            if (!known) ++change.added;
            if (known && known->state.server != server) ++change.changed;
            kept.push_back(known && asks_alike(known->state.server, server) ? known : nullptr);
        }
        for (const server_entry_ptr& entry : before.entries()) {
            if (!entry->state.listed) continue;
            order_before.push_back(entry->state.server);
            if (!names.contains(entry->state.server.name)) ++change.removed;
            if (std::ranges::find(kept, entry) == kept.end()) gone.push_back(entry);
        }
        same = order_before == next;
    }

    registry_change change;
    std::set<std::string> names;
    std::vector<server_entry_ptr> kept;  ///< one for each server; null: a new one
    std::vector<server_entry_ptr> gone;
    std::vector<model_server> order_before;
    bool same = false;
};

/// The answer as it has to be, made without the cache.
std::string models_text(std::string_view name, const server_state& state) {
    return text_of(encode_models_answer(name, state, encode_models(*state.last_good)));
}

void check_kinds(const registry& servers, answer_cache& answers) {
    std::map<const kind*, server_entry_ptr> first;
    for (const server_entry_ptr& entry : servers.entries()) {
        const bool stands = first.try_emplace(entry->state.server.kind, entry).second;
        CHECK((servers.find_by_kind(*entry->state.server.kind) == entry) == stands);
        if (stands)
            CHECK(text_of(answers.models_of_kind(*entry)) == models_text(entry->state.server.kind->slug, entry->state));
        if (!entry->state.listed) CHECK(stands);
    }
    for (const kind& one : kinds()) {
        const auto found = first.find(&one);
        CHECK(servers.find_by_kind(one) == (found == first.end() ? nullptr : found->second));
        if (one.connectable()) CHECK(found != first.end());
    }
}

void check_answers(const registry& servers, answer_cache& answers, const std::vector<model_server>& declared) {
    std::size_t reachable = 0;
    std::vector<std::string_view> encoded;
    for (const server_entry_ptr& entry : servers.entries()) {
        CHECK_FALSE(entry->removed);
        CHECK(answers.server(*entry) == encode_server(entry->state, false));
        CHECK(text_of(answers.models(*entry)) == models_text(entry->state.server.name, entry->state));
        if (!entry->state.listed) continue;
        CHECK(servers.find(entry->state.server.name) == entry);
        REQUIRE(encoded.size() < declared.size());
        CHECK(entry->state.server == declared[encoded.size()]);
        encoded.emplace_back(answers.server(*entry));
        reachable += entry->state.reachable() ? 1U : 0U;
    }
    CHECK(encoded.size() == declared.size());
    CHECK(servers.listed() == declared.size());
    CHECK(servers.reachable() == reachable);
    CHECK(text_of(answers.list(false)) == encode_server_list(encoded));
}

/// Another interval changes when a server is asked next, and nothing else of the list.
boost::json::value without_plans(const document_ptr& list) {
    boost::json::value out = boost::json::parse(text_of(list));
    for (boost::json::value& server : out.at("servers").as_array())
        server.at("probe").as_object().erase("next_probe_at");
    return out;
}

void check_change(probing& some, answer_cache& answers, const std::vector<model_server>& next,
                  const probe_settings& settings) {
    const expectation expected(some.servers, next);
    const document_ptr list = answers.list(false);
    std::vector<std::string> states_gone;
    for (const server_entry_ptr& entry : expected.gone)
        states_gone.push_back(models_text(entry->state.server.name, entry->state));
    CHECK(some.reload(next, settings) == expected.change);
    const document_ptr list_now = answers.list(false);
    if (expected.same)
        CHECK(without_plans(list_now) == without_plans(list));
    else
        CHECK(list_now != list);
    for (std::size_t i = 0; i != next.size(); ++i) {
        const server_entry_ptr now = some.entry(next[i].name);
        if (expected.kept[i])
            CHECK(now == expected.kept[i]);
        else
            CHECK(now->state.status == probe_status::pending);
    }
    for (std::size_t i = 0; i != expected.gone.size(); ++i) {
        CHECK(expected.gone[i]->removed);
        const server_state& state = expected.gone[i]->state;
        CHECK(models_text(state.server.name, state) == states_gone[i]);
    }
}

/// Something that happens between two configurations.
void let_something_happen(probing& some, dice& random, std::list<background>& clients) {
    const auto entries = some.servers.entries();
    const server_entry_ptr entry = entries[random.roll(static_cast<unsigned>(entries.size()))];
    switch (random.roll(5)) {
        case 0: clients.emplace_back(some.loop, some.scheduler.refresh(entry)); break;
        case 1:
            some.scheduler.look_at(*entry);  // as the API does: a lazy server has no first result by itself
            clients.emplace_back(some.loop, some.scheduler.wait_for_first_result(entry));
            break;
        case 2: some.scheduler.look_at(*entry); break;
        default:
            if (some.transport.questions.empty()) break;
            const auto asked = random.roll(static_cast<unsigned>(some.transport.questions.size()));
            some.transport.answer(some.transport.questions[asked].port, random.one_in(3) ? refused() : listing({"m"}));
    }
    // Sometimes the next thing happens in the same turn of the loop.
    if (!random.one_in(4)) settle(some.loop);
}

void run_sequence(unsigned seed) {
    dice random(seed);
    std::list<background> clients;
    std::vector<model_server> servers;
    for (unsigned number = 0; number != 9; ++number)
        if (random.one_in(2)) servers.push_back(random.server(number));
    probe_settings settings = unhurried_settings();
    probing some(servers, settings);
    answer_cache answers(some.servers);
    some.keys["RANDOM_KEY"] = "k";
    some.scheduler.start();
    for (unsigned reloads = 0; reloads != 12; ++reloads) {
        for (unsigned events = random.roll(6); events != 0; --events) let_something_happen(some, random, clients);
        servers = random.change(std::move(servers));
        if (random.one_in(4)) settings.concurrency = 1 + random.roll(6);
        if (random.one_in(4)) settings.interval = random.one_in(2) ? 10ms : 1h;
        check_change(some, answers, servers, settings);
        check_answers(some.servers, answers, servers);
        check_kinds(some.servers, answers);
        settle(some.loop);
        CHECK(some.scheduler.in_flight() == some.transport.held());
    }
    // In the end everybody can be asked, and everything that is under way ends.
    settings.concurrency = 64;
    some.reload(servers, settings);
    some.transport.behave = [](const auto&) { return std::optional(refused()); };
    some.transport.answer_all(refused());
    settle(some.loop);
    CHECK(some.scheduler.in_flight() == 0);
    check_answers(some.servers, answers, servers);
    for (const server_entry_ptr& entry : some.servers.entries()) {
        const bool by_clock = entry->state.listed && entry->state.server.probe != probe_mode::lazy;
        if (by_clock) CHECK(entry->state.status != probe_status::pending);
    }
    CHECK(std::ranges::all_of(clients, [](const background& one) { return one.ended() && !one.failed(); }));
    some.scheduler.stop();
    run(some.loop, some.scheduler.join());
    REQUIRE(some.until([&] { return std::ranges::all_of(clients, &background::ended); }));
}

}  // namespace

TEST_CASE("100 random sequences of configurations, with probes and clients under way, do what a plain model says") {
    for (unsigned seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        run_sequence(seed);
    }
}
