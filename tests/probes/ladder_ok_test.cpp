// What looks odd on the wire, or where it leads to, and is a good answer nevertheless; and what is never followed.
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <boost/asio/ip/address.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;

namespace {

const std::string list(two_models);

void check_two_models(const report& got) {
    CHECK(to_string(got.status) == "ok");
    CHECK(got.error == "");
    CHECK(got.hint == "");
    CHECK(got.latency.has_value());
    REQUIRE(got.models.size() == 2);
    CHECK(got.models[0].id == "a");
    CHECK(got.models[1].id == "b");
}

}  // namespace

TEST_CASE("unusual framing is understood") {
    auto chunks = json_answer(200, list);
    chunks.frame = script::framing::chunked;
    chunks.body_piece = 1;
    auto until_close = json_answer(200, list);
    until_close.frame = script::framing::until_close;
    const std::string plain = "Content-Type: application/json\r\n\r\n" + list;
    const std::string length = "Content-Length: " + std::to_string(list.size()) + "\r\n";

    struct row {
        std::string what;
        script answer;
    };

    const std::vector<row> rows{
        {"chunks of one byte", chunks},
        {"until the end of the connection", until_close},
        {"a byte at a time", slow_header(slow_body(json_answer(200, list), 0ms), 0ms)},
        {"HTTP/1.0", garbage("HTTP/1.0 200 OK\r\n" + plain)},
        {"100 Continue first", garbage("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + length + plain)},
        {"103 Early Hints first", garbage("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
                                          "HTTP/1.1 200 OK\r\n" +
                                          length + plain)},
        {"more than the answer", garbage("HTTP/1.1 200 OK\r\n" + length + plain + "trailing bytes")},
        {"no reason phrase", garbage("HTTP/1.1 200 \r\n" + length + plain)},
        {"no content type", {.body = list}},
        {"the wrong content type", text_answer(200, list)},
        {"an encoding that is none", json_answer(200, list, {{"Content-Encoding", "identity"}})},
        {"a byte order mark", json_answer(200, "\xEF\xBB\xBF" + list)},
    };
    for (const row& one : rows) {
        CAPTURE(one.what);
        model_server_sim server;
        server.answer("/v1/models", one.answer);
        check_two_models(trial{.server = declared_with_key("openai-compat", server.base_url() + "/v1")}.run());
    }
}

TEST_CASE("a server is found on the family it listens on") {
    model_server_sim server({.address = "::1"});
    server.answer("/v1/models", json_answer(200, list));
    check_two_models(trial{.server = declared("openai-compat", server.base_url())}.run());
    check_two_models(trial{.server = declared("openai-compat", server.base_url("localhost"))}.run());
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[0].header("Host") == "[::1]:" + std::to_string(server.port()));
    CHECK(server.requests()[1].header("Host") == "localhost:" + std::to_string(server.port()));
}

TEST_CASE("an address that swallows packets leaves the next one its share of the time") {
    const silent_port silent;
    model_server_sim server({.address = "::1", .port = silent.port()});
    server.answer("/v1/models", json_answer(200, list));
    check_two_models(trial{.server = declared("openai-compat", server.base_url("localhost")), .timeout = 1s}.run());
}

TEST_CASE("where several addresses fail, the reason that says most is told") {
    const refusing_port closed;
    trial asking{.server = declared("openai-compat", "http://models.lan:" + std::to_string(closed.port()))};
    for (const bool refused_first : {true, false}) {
        CAPTURE(refused_first);
        asking.look_up = [refused_first](const std::string&) -> result<resolver::addresses, failure> {
            const auto listens_not = boost::asio::ip::make_address("127.0.0.1");
            const auto no_way = boost::asio::ip::make_address("255.255.255.255");
            if (refused_first) return resolver::addresses{listens_not, no_way};
            return resolver::addresses{no_way, listens_not};
        };
        CHECK(to_string(asking.run().status) == "refused");
    }
}

TEST_CASE("a redirect within the server is followed, twice at most") {
    for (const bool whole : {false, true}) {
        model_server_sim server;
        const std::string to = (whole ? server.base_url() : "") + "/v1/models/";
        server.answer("/v1/models", redirect_answer(301, to));
        server.answer("/v1/models/", json_answer(200, std::string(two_models)));
        const report got = trial{.server = declared_with_key("openai-compat", server.base_url() + "/v1")}.run();
        CHECK(to_string(got.status) == "ok");
        CHECK(got.models.size() == 2);
    }
    model_server_sim round;
    round.answer_everything(redirect_answer(307, "/again"));
    const report got = trial{.server = declared_with_key("openai-compat", round.base_url() + "/v1")}.run();
    CHECK(to_string(got.status) == "http_error");
    CHECK(round.requests().size() == 3);
}

TEST_CASE("a redirect to elsewhere is not followed, and its hint names where it leads without the query") {
    const model_server_sim target;
    const std::string moved = target.base_url() + "/v1/models?key=" + std::string(lab_key);

    struct row {
        std::string location;
        std::string hint;
    };

    const std::string final_address =
        "; redirects are not followed, so that no key gets lost: set base_url of model server \"lab\" to the final "
        "address";
    const std::vector<row> rows{
        {moved, "it moved: set base_url = \"http://127.0.0.1:PORT/v1\" for model server \"lab\""},
        {"https://models.example/v1/models",
         "it moved: set base_url = \"https://models.example/v1\" for model server \"lab\""},
        {"https://models.example/login?next=%2Fv1%2Fmodels",
         "it redirects to https://models.example/login, which looks like a login for people: set base_url of model "
         "server \"lab\" to the address of its API"},
        {"//models.example/elsewhere", "it redirects to //models.example/elsewhere" + final_address},
        {"https://models.example/" + std::string(lab_key),
         "it redirects to https://models.example/***" + final_address},
        {"", "set base_url of model server \"lab\" to the address of its API, as its documentation gives it"},
    };
    for (const unsigned status : {301U, 302U, 307U, 308U}) {
        for (const row& one : rows) {
            CAPTURE(one.location);
            model_server_sim server;
            server.answer_everything(redirect_answer(status, one.location));
            const report got = trial{.server = declared_with_key("openai-compat", server.base_url() + "/v1")}.run();
            CHECK(to_string(got.status) == "http_error");
            CHECK(without_port(without_port(got.hint, server.port()), target.port()) == one.hint);
            CHECK_FALSE(gives_away(got.error, lab_key));
            CHECK_FALSE(gives_away(got.hint, lab_key));
            CHECK(server.requests().size() == 1);
        }
    }
    CHECK(target.connections() == 0);
}

TEST_CASE("a key that the server echoes, whole or shortened, in any place, is in no text") {
    const std::string key(lab_key);
    const std::string shortened = key.substr(0, 12) + "****" + key.substr(key.size() - 8);
    for (const std::string& echoed : {key, shortened, key.substr(4), key.substr(0, 14) + "..."}) {
        CAPTURE(echoed);
        const std::vector<script> answers{
            json_answer(401, R"({"error":{"message":"Incorrect API key provided: )" + echoed + R"(. See above."}})"),
            json_answer(403, R"({"detail":")" + echoed + "\"}"),
            json_answer(500, R"({"error":")" + echoed + "\"}"),
            json_answer(200, R"({"error":")" + echoed + " is a bad token\"}"),
            json_answer(200, R"({")" + echoed + R"(":1})"),
            json_answer(200, echoed),
            json_answer(200, "[" + echoed),
            json_answer(200, "{}", {{"Content-Encoding", echoed}}),
            html_answer(200, "<html><title>Hello " + echoed + "</title></html>"),
            html_answer(404, "<html><title>" + echoed + "</title></html>"),
            text_answer(429, echoed),
            text_answer(503, "Authorization: Bearer " + echoed),
            redirect_answer(302, "https://sso.example/login/" + echoed + "?key=" + echoed),
            redirect_answer(302, "https://user:" + echoed + "@models.example/v1/models"),
            garbage(echoed + "\r\n\r\n"),
        };
        for (std::size_t i = 0; i != answers.size(); ++i) {
            CAPTURE(i);
            model_server_sim server;
            server.answer_everything(answers[i]);
            const report got = trial{.server = declared_with_key("openai-compat", server.base_url() + "/v1")}.run();
            CHECK(to_string(got.status) != "ok");
            CAPTURE(got.error);
            CAPTURE(got.hint);
            CHECK_FALSE(gives_away(got.error, lab_key));
            CHECK_FALSE(gives_away(got.hint, lab_key));
        }
    }
}
