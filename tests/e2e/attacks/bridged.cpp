// What can be tried through the bridge, by a hostile model server, or by what an agent has been made to say.

#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/declared_server.hpp"
#include "tests/e2e/attacks/naive_client.hpp"
#include "tests/e2e/attacks/probe_cost.hpp"
#include "tests/e2e/bridge_scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

namespace opd::test {
namespace {

using bridging::events;
using bridging::has;

constexpr std::string_view chats = "/v1/chat/completions";

const header_list json_with_key{{"Content-Type", "application/json"},
                                {"Authorization", "Bearer " + std::string(arena::holder_key)}};

std::string path_on(const declared_server& server, std::string_view rest) {
    return fmt::format("/bridge/{}/{}", server.name(), rest);
}

http_answer ask(arena& where, const declared_server& server, const bridging::agent& who, std::string_view body = {},
                header_list headers = json_with_key) {
    return where.holder().tcp().request("POST", path_on(server, who.path), headers, body.empty() ? who.body : body);
}

bool has_seen(const model_server_sim& server, std::string_view text) {
    return std::ranges::any_of(server.requests(), [&](const seen_request& one) {
        std::string all = one.target + '\n' + one.body;
        for (const auto& [name, value] : one.headers) all += fmt::format("\n{}: {}", name, value);
        return has(all, text);
    });
}

/// The bridge finds a key for an agent that sends none.
bool gets_the_vendors_key(arena& where) {
    model_server_sim thief;
    const declared_server declared(where, "openai-api", thief.base_url());
    ask(where, declared, bridging::codex, {}, {{"Content-Type", "application/json"}});
    return has_seen(thief, arena::vendor_key);
}

bool is_sent_on(arena& where) {
    model_server_sim thief;
    model_server_sim server;
    server.answer_everything(redirect_answer(307, thief.base_url() + std::string(chats)));
    if (where.is_naive()) {
        naive_get(server.base_url() + std::string(chats), json_with_key);
    } else {
        const declared_server declared(where, "openai-compat", server.base_url());
        ask(where, declared, bridging::claude);
    }
    return has_seen(thief, arena::holder_key);
}

/// What the agent carries besides the key.
bool gets_a_cookie(arena& where) {
    model_server_sim server;
    header_list headers = json_with_key;
    headers.insert(headers.end(), {{"Cookie", "session=of-another-host"}, {"X-Goog-User-Project", "another-host"}});
    if (where.is_naive()) {
        naive_get(server.base_url() + std::string(chats), headers);
    } else {
        const declared_server declared(where, "openai-compat", server.base_url());
        ask(where, declared, bridging::claude, {}, headers);
        ask(where, declared, {.path = "openai/v1/chat/completions", .body = R"({"model":"m"})", .auth = {}}, {},
            headers);
    }
    return has_seen(server, "another-host");
}

bool repeats_the_key(arena& where) {
    model_server_sim server;
    server.answer(std::string(chats),
                  json_answer(400, fmt::format(R"({{"error":{{"message":"no: {}"}}}})", arena::holder_key)));
    const declared_server declared(where, "openai-compat", server.base_url());
    const std::string told = ask(where, declared, bridging::claude).body;
    return has(told, arena::holder_key) || has(declared.logged(), arena::holder_key);
}

/// A model's name that would end the line of a request.
bool adds_a_header(arena& where) {
    model_server_sim server;
    constexpr std::string_view model = "m HTTP/1.1\r\nX-Evil: yes\r\nX-Rest:";
    const auto is_added = [&server] {
        return std::ranges::any_of(
            server.requests(), [](const seen_request& one) { return find_header(one.headers, "X-Evil").has_value(); });
    };
    if (where.is_naive()) {
        naive_get(fmt::format("{}/v1beta/models/{}:generateContent", server.base_url(), model));
        return is_added();
    }
    const declared_server declared(where, "google-api", server.base_url());
    const header_list headers{{"Content-Type", "application/json"},
                              {"x-goog-api-key", "a-key"},
                              {"X-Operator-Model", "m%20HTTP/1.1%0D%0AX-Evil:%20yes%0D%0AX-Rest:"}};
    ask(where, declared, bridging::gemini, {}, headers);
    bridging::agent other = bridging::gemini;
    other.path = "gemini/v1beta/models/m%20HTTP%2F1.1%0D%0AX-Evil:%20yes%0D%0AX-Rest::streamGenerateContent";
    ask(where, declared, other, {}, {headers[0], headers[1]});
    return is_added();
}

/// The reasoning of one server, sealed by the bridge, is put before another one.
bool reads_what_another_has_thought(arena& where) {
    model_server_sim one;
    model_server_sim other;
    for (model_server_sim* server : {&one, &other})
        server->answer(std::string(chats), events(bridging::chunk(R"({"reasoning_content":"a thought of mine"})") +
                                                  bridging::text_answer_events));
    const declared_server first(where, "openai-compat", one.base_url());
    const declared_server second(where, "openai-compat", other.base_url());
    const std::string told = ask(where, first, bridging::claude).body;
    constexpr std::string_view begin = R"("signature":"opd1.)";
    const std::size_t at = told.find(begin);
    if (at == told.npos) throw std::runtime_error("it seals nothing: " + told);
    const std::size_t sealed = at + begin.size() - 5;
    const std::string body = fmt::format(
        R"({{"model":"x","stream":true,"max_tokens":9,"messages":[{{"role":"user","content":"hi"}},)"
        R"({{"role":"assistant","content":[{{"type":"thinking","thinking":"a thought of mine","signature":"{}"}},)"
        R"({{"type":"text","text":"a"}}]}},{{"role":"user","content":"hi"}}]}})",
        told.substr(sealed, told.find('"', sealed) - sealed));
    ask(where, first, bridging::claude, body);
    if (!has_seen(one, "a thought of mine")) throw std::runtime_error("its own maker does not get it back");
    ask(where, second, bridging::claude, body);
    return has_seen(other, "a thought of mine");
}

bool begins_a_line_of_the_log(arena& where) {
    model_server_sim server;
    server.answer(std::string(chats), events(bridging::text_answer_events));
    const declared_server declared(where, "openai-compat", server.base_url());
    ask(where, declared, bridging::claude,
        R"({"model":"m\n2026-01-01 00:00:00.000 error   forged","messages":[{"role":"user","content":"hi"}]})");
    return has(declared.logged(), "\n2026-01-01 00:00:00.000 error   forged");
}

/// Whoever asks does not take the answer, which has no end.
bool makes_it_keep_all(arena& where) {
    constexpr std::size_t too_much = std::size_t{64} << 20U;
    model_server_sim server;
    script endless = endless_body();
    endless.headers = {{"Content-Type", "text/event-stream"}};
    server.answer(std::string(chats), endless);
    if (where.is_naive())
        return naive_get(server.base_url() + std::string(chats), {}, std::chrono::seconds(2)).received.size() >
               too_much;
    const declared_server declared(where, "openai-compat", server.base_url());
    const pid_t daemon = where.holder().program().pid();
    const std::size_t before = memory_of(daemon);
    auto client = where.holder().tcp();
    const bridging::agent chat{.path = "openai/v1/chat/completions", .body = R"({"model":"m"})", .auth = {}};
    client.send(
        fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    path_on(declared, chat.path), where.holder().port(), chat.body.size(), chat.body));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (std::chrono::steady_clock::now() < end) {
        if (memory_of(daemon) > before + too_much) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

constexpr std::array<attack, 8> bridged_table{{
    {"a server that says it is OpenAI's has the bridge find OpenAI's key for it", gets_the_vendors_key},
    {"a server sends a turn on to another host, with its key", is_sent_on, weakness::naive_program},
    {"a server is sent what the agent carries for others", gets_a_cookie, weakness::naive_program},
    {"a server repeats the key in an error that the agent shows", repeats_the_key},
    {"a model's name ends the line of a request, and adds a header", adds_a_header, weakness::naive_program},
    {"a server gets what another one has thought", reads_what_another_has_thought},
    {"a model's name begins a line of the log", begins_a_line_of_the_log},
    {"who does not take an answer has all of it kept", makes_it_keep_all, weakness::naive_program},
}};

}  // namespace

std::span<const attack> attacks_through_the_bridge() { return bridged_table; }

}  // namespace opd::test
