// Servers that do what they can to cost time and memory: each is one status line, soon, and in a bounded space.
#include "tests/probes/rude_server.hpp"
#include "tests/probes/trial.hpp"
#include "tests/support/heap_watch.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/ip/address.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;

namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;
const std::string good_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const std::string chunked = good_head + "Transfer-Encoding: chunked\r\n\r\n";

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += part;
    return text;
}

struct row {
    std::string what;
    std::string bytes;
    std::string flood;
    probe_status wanted;
    std::string error;  ///< a part of it; empty: none
};

/// One probe of it, of which the most memory that it took is told.
report ask(const rude_server& server, std::int64_t& peak, probe_limits limits = {}) {
    const trial asking{
        .server = declared_with_key("openai-compat", "http://127.0.0.1:" + std::to_string(server.port()) + "/v1"),
        .limits = limits};
    const heap_watch heap;
    report got = asking.run();
    peak = heap.peak();
    return got;
}

void check_rows(const std::vector<row>& rows, std::int64_t most_memory, probe_limits limits = {}) {
    for (const row& one : rows) {
        CAPTURE(one.what);
        const rude_server server(one.bytes, std::nullopt, one.flood);
        std::int64_t peak = 0;
        const auto before = std::chrono::steady_clock::now();
        const report got = ask(server, peak, limits);
        const auto took = std::chrono::steady_clock::now() - before;
        CAPTURE(got.error);
        CAPTURE(peak);
        CHECK(to_string(got.status) == to_string(one.wanted));
        CHECK(got.error.find(one.error) != std::string::npos);
        CHECK(got.error.size() < 600);
        CHECK(took < 10s);
        CHECK(peak < most_memory);
    }
}

}  // namespace

TEST_CASE("what never ends is cut off at a limit, not at the time-out") {
    const std::string too_large = "is larger than any list of models";
    const std::string letters(4096, 'a');
    check_rows(
        {
            {"a status line", "HTTP/1.1 200 ", letters, bad_response, too_large},
            {"a name of a header", good_head, letters, bad_response, ""},
            {"a value of a header", good_head + "X: ", letters, bad_response, too_large},
            {"headers", good_head, repeated("a:\r\n", 4096), bad_response, too_large},
            {"rate-limit headers", good_head, repeated("x-ratelimit-reset-a: x\r\n", 4096), bad_response, too_large},
            {"a folded header", good_head + "X: y\r\n", repeated(" z\r\n", 4096), bad_response, ""},
            {"interim answers", "", repeated("HTTP/1.1 100 Continue\r\n\r\n", 4096), bad_response,
             "only interim answers"},
            {"the size of a chunk", chunked, repeated("0", 4096), bad_response, ""},
            {"the extension of a chunk", chunked + "1;", letters, bad_response, too_large},
            {"extensions of a chunk", chunked + "1", repeated(";a=b", 4096), bad_response, too_large},
            {"a trailer", chunked + "0\r\nX: ", letters, bad_response, too_large},
            {"trailers", chunked + "0\r\n", repeated("a:\r\n", 4096), bad_response, too_large},
            {"a body without length", good_head + "\r\n", letters, bad_response, too_large},
            {"a body in chunks", chunked, "1000\r\n" + letters + "\r\n", bad_response, too_large},
            {"a body in chunks of one byte", chunked, repeated("1\r\n[\r\n", 6000), bad_response, too_large},
        },
        8 * mib, {.body_bytes = 1 << 20});
}

TEST_CASE("lengths that cannot be are no answer") {
    check_rows(
        {
            {"more than there can be", good_head + "Content-Length: 18446744073709551615\r\n\r\n", "", bad_response,
             ""},
            {"more than a number holds", good_head + "Content-Length: 99999999999999999999\r\n\r\n", "", bad_response,
             "Content-Length"},
            {"negative", good_head + "Content-Length: -1\r\n\r\n", "", bad_response, "Content-Length"},
            {"two of them", good_head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "", bad_response, ""},
            {"a chunk of more than there can be", chunked + "fffffffffffffffff\r\n", "", bad_response, ""},
            {"a chunk of no number", chunked + "xyz\r\n", "", bad_response, ""},
            {"a chunk of less than it says", chunked + "ff\r\n{}\r\n0\r\n\r\n", "", bad_response, ""},
        },
        mib);
}

TEST_CASE("what is older than HTTP/1.0, or newer, is not HTTP") {
    check_rows(
        {
            {"HTTP/0.9", "<html>hello</html>", "", bad_response, "is not HTTP"},
            {"a bare list", std::string(two_models), "", bad_response, "is not HTTP"},
            {"HTTP/2", std::string("\0\0\x12\4\0\0\0\0\0\0\3\0\0\0d", 15) + "\r\n\r\n", "", bad_response,
             "is not HTTP"},
            {"a NUL in a header", good_head + std::string("X: a\0b\r\n\r\n{}", 12), "", bad_response,
             "breaks the rules of HTTP"},
            {"lines without CR", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "", bad_response, ""},
        },
        mib);
}

TEST_CASE("bodies that are hard to read are read in space and time like others of their size") {
    const auto body = [](const std::string& text) { return good_head + "\r\n" + text; };
    constexpr std::size_t size = 1 << 19;
    check_rows(
        {
            {"open arrays", body(repeated("[", size)), "", bad_response, "JSON"},
            {"nested objects", body(repeated("{\"data\":", size)), "", bad_response, "JSON"},
            {"one long text", body("{\"data\":[{\"id\":\"" + repeated("x", size) + "\"}]}"), "", bad_response,
             "has 1 entries"},
            {"one long name of a field", body("{\"" + repeated("\\u0000", size) + "\":1}"), "", bad_response,
             "without a list"},
            {"numbers", body("{\"data\":[" + repeated("1e999,", size) + "1]}"), "", bad_response, "none of which"},
            {"surrogates", body("{\"data\":[\"" + repeated("\\ud800", size) + "\"]}"), "", bad_response,
             "has 1 entries"},
            {"the same model", body("{\"data\":[" + repeated("{\"id\":\"a\"},", size) + "1]}"), "", ok, ""},
            {"errors", body("{\"error\":{\"message\":\"" + repeated("sk-abc ", size) + "\"}}"), "", bad_response,
             "without a list"},
            {"a page", body("<html>" + repeated("<title ", size)), "", bad_response, "web page"},
            {"white space", body(repeated(" ", size)), "", bad_response, "is empty"},
        },
        8 * mib);
}

TEST_CASE("of a hundred thousand models twenty thousand are kept, with names of a bounded size") {
    std::string list = "{\"data\":[";
    for (int i = 0; i != 100'000; ++i)
        list += "{\"id\":\"" + std::to_string(i) + "\",\"name\":\"\\u001b[31m" +
                (i < 100 ? std::string(2000, 'n') : "n") + "\"},";
    const rude_server server(good_head + "\r\n" + list + "1]}");
    std::int64_t peak = 0;
    const report got = ask(server, peak);
    CHECK(got.status == ok);
    CHECK(got.models.size() == probe_limits().models);
    CHECK(got.models.back().id == "19999");
    CHECK(got.models.front().display_name.size() == 256);
    CHECK(got.models.back().display_name == "n");
    CHECK(peak < 60 * mib);
}

TEST_CASE("names that would harm a terminal or mislead a reader are cleaned or left out") {
    model_server_sim server;
    server.answer(
        "/v1/models",
        json_answer(200,
                    R"({"data":[{"id":"good","name":"\u001b]0;title\u0007 \u202egpj.exe\u202c \u009b31mred\u007f"},
        {"id":"a\u001b[31m"},{"id":"a\u202eb"},{"id":"a\u2066b"},{"id":"a\u200fb"},{"id":"a\u0085b"},{"id":"a\u007fb"},
        {"id":"a\u2028b"},{"id":"a\ufeffb"},{"id":"a\nb"},{"id":"a\u0000b"},{"id":"模型-ü"}]})"));
    const report got = trial{.server = declared("openai-compat", server.base_url() + "/v1")}.run();
    REQUIRE(got.models.size() == 2);
    CHECK(got.models[0].display_name == "gpj.exe 31mred");
    CHECK(got.models[1].id == "模型-ü");
    server.answer("/v1/models", json_answer(200, "{\"data\":[{\"id\":\"a\xff\"}]}"));
    CHECK(trial{.server = declared("openai-compat", server.base_url() + "/v1")}.run().status == bad_response);
}

TEST_CASE("what follows an answer unasked is not taken for the next one") {
    const std::string page = R"({"data":[{"id":"a"}],"has_more":true,"last_id":"a"})";
    const std::string fake = R"({"data":[{"id":"planted"}]})";
    const auto answer = [](const std::string& body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    const rude_server server(answer(page) + answer(fake));
    const report got =
        trial{.server = declared("anthropic-api", "http://127.0.0.1:" + std::to_string(server.port()))}.run();
    CHECK(got.status == ok);
    REQUIRE(got.models.size() == 1);
    CHECK(got.models[0].id == "a");
}

TEST_CASE("what is no TLS, within TLS or instead of it, is one line") {
    const temp_folder folder;
    const auto identity = self_signed({.dns_names = {"localhost"}});
    const auto ask_tls = [&](const rude_server& server) {
        trial asking{.server =
                         declared_with_key("openai-compat", "https://localhost:" + std::to_string(server.port()))};
        asking.server.ca_file = folder.write("own.pem", identity.certificate_pem).string();
        return asking.run();
    };
    const report junk =
        ask_tls(rude_server(std::string("\x16\x03\x03\x40\x00", 5), std::nullopt, std::string(4096, '\x0e')));
    CHECK(to_string(junk.status) == "tls_error");
    const report alerts = ask_tls(rude_server("", std::nullopt, std::string("\x15\x03\x03\0\2\1\x5a", 7)));
    CHECK(to_string(alerts.status) == "tls_error");
    const report binary = ask_tls(rude_server(std::string(100, '\0'), identity));
    CHECK(to_string(binary.status) == "bad_response");
    const report endless = ask_tls(rude_server(good_head, identity, std::string(4096, 'a')));
    CHECK(to_string(endless.status) == "bad_response");
}

TEST_CASE("no memory is given back with the key in it") {
    if (!heap_watch::works) {
        MESSAGE("skipped: only AddressSanitizer shows what memory is given back with");
        return;
    }
    const rude_server good(good_head + "\r\n" + std::string(two_models));
    const rude_server bad("HTTP/1.1 401 Unauthorized\r\n\r\n");
    for (const std::string kind : {"openai-compat", "anthropic-api", "google-api"}) {
        CAPTURE(kind);
        for (const rude_server* server : {&good, &bad}) {
            const model_server lab = declared_with_key(kind, "http://127.0.0.1:" + std::to_string(server->port()));
            boost::asio::io_context io;
            resolver names(io.get_executor());
            const auto transport = make_beast_transport(io.get_executor(), names);
            const auto root = resolve_base_url(*lab.kind, lab.probe_base_url());
            const heap_watch heap(lab_key);
            probe_order order;
            order.server = lab;
            order.root = *root;
            order.key = secret(lab_key);
            order.timeout = 20s;
            const report got = run_coroutine(io, probe(*transport, std::move(order)));
            CHECK(got.status == (server == &good ? ok : auth_failed));
            CHECK(heap.unwiped_blocks() == 0);
            CHECK(heap.freed_blocks() > 10);
        }
    }
}
