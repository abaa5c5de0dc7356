// What a hostile model server can send: whatever it likes, for as long as it likes.

#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/declared_server.hpp"
#include "tests/e2e/attacks/naive_client.hpp"
#include "tests/e2e/attacks/probe_cost.hpp"
#include "tests/e2e/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace json = boost::json;

namespace opd::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
/// What the daemon may grow by while it reads the largest answer that it takes; AddressSanitizer keeps what is freed.
constexpr std::size_t most_memory = 96 * mib;
/// Within which an honest client gets an answer meanwhile, on a busy machine.
constexpr std::chrono::milliseconds longest_wait{1000};

const std::string good_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    text.reserve(part.size() * times);
    for (std::size_t i = 0; i != times; ++i) text += part;
    return text;
}

script then_hanging(std::string bytes) {
    script answer = garbage(std::move(bytes));
    answer.then = script::ending::hang;
    return answer;
}

probe_cost cost_of_asking(arena& where, script answer) {
    model_server_sim server;
    server.answer_everything(std::move(answer));
    return cost_of_probe(where, server.base_url());
}

/// Nothing but the time-out ends it, or it takes more memory than the largest list does.
bool is_not_cut_off(arena& where, script answer) {
    const probe_cost cost = cost_of_asking(where, std::move(answer));
    return cost.status == "timeout" || cost.status == "pending" || cost.grown_bytes > most_memory;
}

/// Others wait meanwhile. A naive program does one thing after the other.
bool holds_others_up(arena& where, script answer) {
    if (where.is_naive()) {
        model_server_sim server;
        server.answer_everything(std::move(answer));
        return !naive_get(server.base_url() + "/v1/models").ended;
    }
    const probe_cost cost = cost_of_asking(where, std::move(answer));
    return cost.slowest_answer > longest_wait || cost.took > 2 * arena::holder_timeout + longest_wait;
}

/// For what is about size: reading it takes a busy machine longer than the other attacks let a probe take.
json::object with_patience() { return {{"timeout", "60s"}}; }

/// `{"data":[...]}`; the number stands in the place of `@`.
std::string list_of(std::size_t count, std::string_view entry) {
    std::string text = "{\"data\":[";
    const std::size_t at = entry.find('@');
    for (std::size_t i = 0; i != count; ++i) {
        text += i == 0 ? "" : ",";
        text.append(entry.substr(0, at));
        if (at != entry.npos) text.append(std::to_string(i)).append(entry.substr(at + 1));
    }
    return text + "]}";
}

/// The text of the answer about its models.
std::string told_models(arena& where, script answer) {
    model_server_sim server;
    answer.then = script::ending::close;
    server.answer_everything(std::move(answer));
    if (where.is_naive()) return naive_get(server.base_url() + "/v1/models").received;
    const declared_server declared(where, "openai-compat", server.base_url(), with_patience());
    return json::serialize(declared.models());
}

bool lists_without_measure(arena& where) {
    model_server_sim server;
    server.answer_everything(json_answer(200, list_of(100'000, R"({"id":"m@"})")));
    if (where.is_naive())
        return naive_get(server.base_url() + "/v1/models").received.find("m99999") != std::string::npos;
    const declared_server declared(where, "openai-compat", server.base_url(), with_patience());
    return declared.count_models() > 20'000;
}

bool has_raw_controls(std::string_view text) {
    const auto is_raw = [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; };
    const bool has_ascii = std::ranges::any_of(text, is_raw);
    // U+009B, which some terminals take for ESC [, and U+202E, which turns what follows.
    return has_ascii || text.find("\xC2\x9B") != text.npos || text.find("\xE2\x80\xAE") != text.npos;
}

/// A list of such a server, as operatorctl shows it.
bool reaches_the_terminal(arena& where, std::string_view entry, const std::vector<std::string>& options = {}) {
    model_server_sim server;
    server.answer_everything(json_answer(200, fmt::format(R"({{"data":[{}]}})", entry)));
    const declared_server declared(where, "openai-compat", server.base_url());
    declared.models();
    std::vector<std::string> words{"--socket", where.holder().socket()};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"models", declared.name()});
    const arena::finished shown = where.operatorctl(words);
    return has_raw_controls(shown.out + shown.err);
}

/// The same where the daemon has not kept it back: one of another version, or somebody who answers in its place.
bool reaches_the_terminal_from_a_daemon(arena& where, std::string_view fields,
                                        const std::vector<std::string>& options = {}) {
    model_server_sim daemon;
    daemon.answer_everything(json_answer(
        200, fmt::format(R"({{"server":"lab","reachable":true,"status":"ok","last_known_models":[],{}}})", fields)));
    std::vector<std::string> words{"--url", daemon.base_url()};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"models", "lab"});
    const arena::finished shown = where.operatorctl(words);
    if (shown.out.empty()) throw std::runtime_error("nothing is shown: " + shown.err);
    return has_raw_controls(shown.out + shown.err);
}

/// What the log of the daemon says of such an error.
std::string logged_error(arena& where, std::string_view message) {
    model_server_sim server;
    server.answer_everything(json_answer(500, json::serialize(json::value{{"error", {{"message", message}}}})));
    const declared_server declared(where, "openai-compat", server.base_url());
    declared.models();
    if (!comes_true([&] { return declared.logged().find("ghastly") != std::string::npos; }))
        throw std::runtime_error("it is not logged");
    return declared.logged();
}

/// A gzip file that is 500 times as long when it is unpacked.
std::string bomb() {
    const temp_folder folder;
    const std::string command = "head -c 60000000 /dev/zero | gzip -1 >" + (folder.path() / "bomb").string();
    process({"/bin/sh", "-c", command}, {{"PATH", "/usr/bin:/bin"}}).wait_for_exit();
    return read_file(folder.path() / "bomb");
}

bool unpacks(arena& where) {
    static const std::string packed = bomb();
    const script answer = json_answer(200, packed, {{"Content-Encoding", "gzip"}});
    if (!where.is_naive()) return cost_of_asking(where, answer).grown_bytes > most_memory;
    model_server_sim server;
    server.answer_everything(answer);
    const std::string received = naive_get(server.base_url() + "/v1/models").received;
    const temp_folder folder;
    folder.write("body", received.substr(received.find("\r\n\r\n") + 4));
    const process counting({"/bin/sh", "-c", "gzip -dc <" + (folder.path() / "body").string() + " | wc -c"},
                           {{"PATH", "/usr/bin:/bin"}});
    counting.wait_for_exit();
    return std::stoul(counting.standard_output()) > 50 * mib;
}

/// Anthropic's list, each page with another one behind it.
bool pages_without_end(arena& where) {
    model_server_sim server;
    std::atomic<std::size_t> page = 0;
    server.answer_everything([&page](const seen_request&) {
        const std::size_t number = ++page;
        return json_answer(200,
                           fmt::format(R"({{"data":[{{"id":"m{0}"}}],"has_more":true,"last_id":"m{0}"}})", number));
    });
    const declared_server declared(where, "anthropic-api", server.base_url(), with_key());
    declared.models();
    return server.requests().size() > 60;
}

bool redirects_in_a_circle(arena& where) {
    model_server_sim server;
    server.answer_everything(redirect_answer(302, server.base_url() + "/v1/models"));
    if (where.is_naive()) {
        naive_get(server.base_url() + "/v1/models");
    } else {
        const declared_server declared(where, "openai-compat", server.base_url() + "/v1");
        declared.models();
    }
    // Two are followed, in at most two probes.
    return server.requests().size() > 6;
}

/// Behind the first page of a list stands what is to be taken for the second.
bool plants_an_answer(arena& where) {
    const auto whole = [](std::string_view body) {
        return fmt::format("{}Content-Length: {}\r\n\r\n{}", good_head, body.size(), body);
    };
    const script answer = garbage(whole(R"({"data":[{"id":"a"}],"has_more":true,"last_id":"a"})") +
                                  whole(R"({"data":[{"id":"planted"}]})"));
    return told_models(where, answer).find("planted") != std::string::npos;
}

/// How deep a naive reader of JSON calls itself.
std::size_t depth_of(std::string_view text, std::size_t most) {
    return text.starts_with('[') && most != 0 ? 1 + depth_of(text.substr(1), most - 1) : 0;
}

constexpr std::array<attack, 24> model_servers_table{{
    {"headers without end", [](arena& where) { return is_not_cut_off(where, endless_header()); }},
    {"a body without end", [](arena& where) { return is_not_cut_off(where, endless_body()); }},
    {"chunks of one byte without end",
     [](arena& where) {
         return holds_others_up(
             where, then_hanging(good_head + "Transfer-Encoding: chunked\r\n\r\n" + repeated("1\r\n[\r\n", 300'000)));
     },
     weakness::naive_program},
    {"interim answers without end",
     [](arena& where) {
         return is_not_cut_off(where, then_hanging(repeated("HTTP/1.1 100 Continue\r\n\r\n", 20'000)));
     }},
    {"an answer that comes byte by byte",
     [](arena& where) {
         return holds_others_up(where,
                                slow_body(json_answer(200, std::string(10'000, ' ')), std::chrono::milliseconds(5)));
     },
     weakness::naive_program},
    {"a header that comes byte by byte",
     [](arena& where) {
         return holds_others_up(where, slow_header(json_answer(200, R"({"data":[]})"), std::chrono::milliseconds(20)));
     },
     weakness::naive_program},
    {"no answer at all, while others wait for theirs",
     [](arena& where) { return holds_others_up(where, black_hole()); }, weakness::naive_program},
    {"brackets within brackets, as deep as a reader's stack",
     [](arena& where) {
         const std::string body = told_models(where, json_answer(200, std::string(mib, '[')));
         return depth_of(body.substr(std::min(body.size(), body.find("[["))), 2'000) == 2'000;
     },
     weakness::naive_program},
    {"a hundred thousand models", lists_without_measure, weakness::naive_program},
    {"an id of a megabyte",
     [](arena& where) {
         return told_models(where, json_answer(200, list_of(1, "{\"id\":\"" + std::string(mib, 'x') + "\"}"))).size() >
                mib / 2;
     },
     weakness::naive_program},
    {"a name of a megabyte",
     [](arena& where) {
         return told_models(where,
                            json_answer(200, list_of(1, R"({"id":"a","name":")" + std::string(mib, 'x') + "\"}")))
                    .size() > mib / 2;
     },
     weakness::naive_program},
    {"an error of a megabyte",
     [](arena& where) { return told_models(where, text_answer(500, std::string(mib, 'x'))).size() > mib / 2; },
     weakness::naive_program},
    {"one model a thousand times",
     [](arena& where) {
         const std::string told = told_models(where, json_answer(200, list_of(1'000, R"({"id":"again"})")));
         return told.find("again") != told.npos && told.size() > 10'000;
     },
     weakness::naive_program},
    {"a small answer that is large when it is unpacked", unpacks, weakness::naive_program},
    {"pages without end", pages_without_end},
    {"redirects in a circle", redirects_in_a_circle, weakness::naive_program},
    {"an answer that nobody has asked for", plants_an_answer, weakness::naive_program},
    {"a list that is cut short is taken for a whole one",
     [](arena& where) {
         const script cut = cut_short(json_answer(200, list_of(100, R"({"id":"m@"})")), 200, script::ending::close);
         const std::string told = told_models(where, cut);
         return told.find("\"m1\"") != told.npos;
     },
     weakness::naive_program},
    {"escape sequences in a name, which a terminal obeys",
     [](arena& where) { return reaches_the_terminal(where, R"({"id":"a","name":"\u001b]0;owned\u0007\u001b[2J"})"); }},
    {"characters in a name that turn the writing direction",
     [](arena& where) { return reaches_the_terminal(where, R"({"id":"a","name":"x \u202egnp.exe"})", {"--json"}); }},
    {"escape sequences in an id, told by another daemon",
     [](arena& where) {
         return reaches_the_terminal_from_a_daemon(where,
                                                   R"("models":[{"id":"\u001b[31mred","display_name":"\u009b2J"}])");
     }},
    {"escape sequences in an error, told by another daemon, as JSON",
     [](arena& where) {
         return reaches_the_terminal_from_a_daemon(where, "\"models\":[],\"error\":\"a \xC2\x9B 2J\"", {"--json"});
     }},
    {"a line break in an error, behind which a line of the log is forged",
     [](arena& where) {
         return logged_error(where, "ghastly\n[error] forged").find("\n[error] forged") != std::string::npos;
     }},
    {"escape sequences in an error, for who reads the log",
     [](arena& where) { return has_raw_controls(logged_error(where, "ghastly \x1b[2J")); }},
}};

}  // namespace

std::span<const attack> attacks_of_model_servers() { return model_servers_table; }

}  // namespace opd::test
