// The rungs of the status ladder that the lack of a whole answer leads to, each from a real condition on a real socket.
#include "tests/probes/rude_server.hpp"
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <boost/asio/ip/address.hpp>
#include <doctest/doctest.h>

#include <future>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;

namespace {

const std::string busy = "the server is busy or stuck: see its log, or raise timeout in [probes]";
const std::string maybe_tls =
    "if the port speaks TLS, write https:// in base_url of model server \"lab\"; else see the server's log";
const std::string see_log = "see the server's log; it is asked again later";
const std::string cut_short_hint = "the server, or a proxy before it, cut its answer short: see its log";
const std::string check_port =
    "if the port speaks TLS, write https:// in base_url of model server \"lab\"; else check the port";
const std::string check_kind = "check base_url and kind of model server \"lab\"";
const std::string use_https =
    "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe";

resolver::look_up always(const std::string& address) {
    return [address](const std::string&) -> result<resolver::addresses, failure> {
        return resolver::addresses{boost::asio::ip::make_address(address)};
    };
}

struct row {
    std::string what;
    script answer;
    verdict wanted;
    std::chrono::milliseconds timeout = 20s;
};

void check_rows(const std::vector<row>& rows) {
    for (const row& one : rows) {
        CAPTURE(one.what);
        model_server_sim server;
        server.answer_everything(one.answer);
        const trial asking{.server = declared_with_key("openai-compat", server.base_url() + "/v1"),
                           .timeout = one.timeout,
                           .limits = {.header_bytes = 8192, .body_bytes = 20'000}};
        check_verdict(asking.run(), server.port(), one.wanted);
        CHECK(server.requests().size() == 1);
        CHECK(server.wait_for_open_connections(0));
    }
}

}  // namespace

TEST_CASE("nobody there: refused, timeout") {
    const refusing_port closed;
    const silent_port silent;
    const auto ask_closed = [&](const std::string& slug, const std::string& how_to_start) {
        CAPTURE(slug);
        const trial asking{.server = declared_with_key(slug, closed.base_url())};
        const report got = asking.run();
        check_verdict(got, closed.port(),
                      {refused, "http://127.0.0.1:PORT refused the connection: nothing listens there",
                       how_to_start + ", or set base_url of model server \"lab\" to where it runs"});
        CHECK_FALSE(got.latency.has_value());
    };
    ask_closed("openai-compat", "start the server");
    ask_closed("ollama", "start it with `ollama serve`");
    ask_closed("lmstudio", "start its server with `lms server start`, or in LM Studio under Developer");
    const trial asking{.server = declared_with_key("openai-compat", silent.base_url()), .timeout = 500ms};
    check_verdict(asking.run(), silent.port(),
                  {timeout, "connecting to http://127.0.0.1:PORT took more than 500ms",
                   "check that the machine is on, that base_url of model server \"lab\" is right, and that no firewall "
                   "or VPN is in the way"});
}

TEST_CASE("a server that is too slow is timeout, with the place where it stopped") {
    const auto good = json_answer(200, std::string(two_models));
    auto late = good;
    late.delay = 1h;
    auto floods = endless_body();
    floods.pause = 10ms;
    check_rows({
        {"never answers",
         black_hole(),
         {timeout, "http://127.0.0.1:PORT took the request, but gave no answer within 500ms", busy},
         500ms},
        {"answers much later",
         late,
         {timeout, "http://127.0.0.1:PORT took the request, but gave no answer within 500ms", busy},
         500ms},
        {"slow header",
         slow_header(good, 30ms),
         {timeout, "http://127.0.0.1:PORT took the request, but gave no answer within 500ms", busy},
         500ms},
        {"slow body",
         slow_body(good, 30ms),
         {timeout, "http://127.0.0.1:PORT began to answer, but did not end within 500ms", busy},
         500ms},
        {"stops within the body",
         cut_short(good, 5, script::ending::hang),
         {timeout, "http://127.0.0.1:PORT began to answer, but did not end within 500ms", busy},
         500ms},
    });

    model_server_sim server;
    server.greet_with(greeting::hang);
    const trial asking{.server = declared_with_key("openai-compat", server.base_url()), .timeout = 500ms};
    check_verdict(asking.run(), server.port(),
                  {timeout, "http://127.0.0.1:PORT took the request, but gave no answer within 500ms", busy});
}

TEST_CASE("an answer that breaks off is told from one that never came") {
    const auto good = json_answer(200, std::string(two_models));
    auto chunks = cut_short(good, 5, script::ending::close);
    chunks.frame = script::framing::chunked;
    check_rows({
        {"closes at once",
         close_at_once(),
         {network_error, "http://127.0.0.1:PORT closed the connection without an answer", maybe_tls}},
        {"resets",
         reset_at_once(),
         {network_error,
          "the connection to http://127.0.0.1:PORT broke while waiting for the answer (Connection reset by peer)",
          see_log}},
        {"closes within the header",
         garbage("HTTP/1.1 200 OK\r\nContent-"),
         {network_error, "http://127.0.0.1:PORT closed the connection without an answer", maybe_tls}},
        {"closes within the body",
         cut_short(good, 5, script::ending::close),
         {bad_response, "http://127.0.0.1:PORT closed the connection in the middle of its answer", cut_short_hint}},
        {"closes between chunks",
         chunks,
         {bad_response, "http://127.0.0.1:PORT closed the connection in the middle of its answer", cut_short_hint}},
        {"resets within the body",
         cut_short(good, 5, script::ending::reset),
         {network_error,
          "the connection to http://127.0.0.1:PORT broke while reading the answer (Connection reset by peer)",
          see_log}},
    });
    for (const auto treatment : {greeting::close, greeting::reset}) {
        model_server_sim server;
        server.greet_with(treatment);
        const trial asking{.server = declared_with_key("openai-compat", server.base_url())};
        CHECK(to_string(asking.run().status) == "network_error");
        CHECK(server.requests().empty());
    }
}

TEST_CASE("what is no HTTP, or too much of it, is bad_response") {
    std::string interim;
    for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
    check_rows({
        {"SSH",
         garbage("SSH-2.0-OpenSSH_9.2\r\n"),
         {bad_response, "what http://127.0.0.1:PORT answered is not HTTP (bad version)", check_port}},
        {"binary",
         garbage(std::string("\x00\x01\x02\x15\x03\x01\r\n\r\n", 10)),
         {bad_response, "what http://127.0.0.1:PORT answered is not HTTP (bad version)", check_port}},
        {"a header without end",
         endless_header(),
         {bad_response, "the answer of http://127.0.0.1:PORT is larger than any list of models (header limit exceeded)",
          check_kind}},
        {"a body without end",
         endless_body(),
         {bad_response, "the answer of http://127.0.0.1:PORT is larger than any list of models (body limit exceeded)",
          check_kind}},
        {"a body over the limit",
         json_answer(200, std::string(20'001, ' ')),
         {bad_response, "the answer of http://127.0.0.1:PORT is larger than any list of models (body limit exceeded)",
          check_kind}},
        {"a bad length",
         garbage("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
         {bad_response, "what http://127.0.0.1:PORT answered breaks the rules of HTTP (bad Content-Length)",
          "see the log of the server, and what stands before it"}},
        {"only interim answers",
         garbage(interim),
         {bad_response, "what http://127.0.0.1:PORT answered is not HTTP (only interim answers)", check_port}},
    });
}

TEST_CASE("a name without an address is dns_error") {
    trial asking{.server = declared("openai-compat", "http://nosuch.invalid:8000"), .timeout = 50s};
    const report got = asking.run();
    CHECK_FALSE(got.latency.has_value());
    const verdict unknown{dns_error, "the name \"nosuch.invalid\" has no address",
                          "check the host in base_url of model server \"lab\", and the network or VPN that knows it"};
    const verdict unanswered{
        dns_error,
        "the name service did not tell the address of \"nosuch.invalid\" (Temporary failure in name resolution)",
        "check the network connection and the name service"};
    // A machine without a name service cannot know that there is no such name.
    check_verdict(got, 8000, got.error == unanswered.error ? unanswered : unknown);

    asking.look_up = [](const std::string&) -> result<resolver::addresses, failure> {
        return failure{
            .why = failure::reason::unknown_host, .at = stage::resolve, .detail = "Name or service not known"};
    };
    check_verdict(asking.run(), 8000, unknown);
    asking.look_up = [](const std::string&) -> result<resolver::addresses, failure> {
        return failure{
            .why = failure::reason::resolver, .at = stage::resolve, .detail = "Temporary failure in name resolution"};
    };
    check_verdict(asking.run(), 8000, unanswered);
}

TEST_CASE("a look-up that never returns is a timeout") {
    std::promise<void> end;
    trial asking{.server = declared("openai-compat", "http://models.lan:8000"), .timeout = 150ms};
    asking.look_up = [wait = end.get_future().share()](const std::string&) -> result<resolver::addresses, failure> {
        wait.wait();
        return resolver::addresses{};
    };
    check_verdict(asking.run(), 8000,
                  {timeout, "looking up the name \"models.lan\" took more than 150ms",
                   "check the network connection and the name service"});
    end.set_value();
}

TEST_CASE("a key that is missing, or that would travel in clear, costs no packet") {
    SUBCASE("not set") {
        const model_server_sim server;
        const trial asking{.server = declared_with_key("openai-compat", server.base_url()), .key = ""};
        check_verdict(asking.run(), server.port(),
                      {key_missing, "LAB_KEY, which holds the key of model server \"lab\", is not set",
                       "hand it over with: operatorctl keys push LAB_KEY, or write it to ~/.config/operator/keys.env "
                       "(mode 0600)"});
        CHECK(server.connections() == 0);
    }
    SUBCASE("a builtin without its key") {
        const trial asking{.server = undeclared_server(*find_kind("anthropic-api")), .key = ""};
        check_verdict(
            asking.run(), 443,
            {key_missing, "ANTHROPIC_API_KEY, which holds the key of model server \"anthropic-api\", is not set",
             "hand it over with: operatorctl keys push ANTHROPIC_API_KEY, or write it to ~/.config/operator/keys.env "
             "(mode 0600); keys are made at https://console.anthropic.com/settings/keys"});
    }
    SUBCASE("a public address") {
        const trial asking{.server = declared_with_key("openai-compat", "http://203.0.113.7:8000")};
        check_verdict(
            asking.run(), 8000,
            {key_withheld,
             "the key in LAB_KEY was not sent to http://203.0.113.7:PORT: it would go over the internet in clear",
             use_https});
    }
    SUBCASE("a name near by with a public address") {
        trial asking{.server = declared_with_key("openai-compat", "http://models.lan:8000")};
        asking.look_up = always("203.0.113.7");
        check_verdict(
            asking.run(), 8000,
            {key_withheld,
             "the key in LAB_KEY was not sent to http://models.lan:PORT: it would go over the internet in clear",
             use_https});
    }
    SUBCASE("a name near by with an address near by") {
        model_server_sim server;
        server.answer("/v1/models", json_answer(200, std::string(two_models)));
        trial asking{.server = declared_with_key("openai-compat", server.base_url("models.lan"))};
        asking.look_up = always("127.0.0.1");
        CHECK(asking.run().status == ok);
        REQUIRE(server.requests().size() == 1);
        CHECK(server.requests()[0].header("Authorization") == "Bearer " + std::string(lab_key));
        CHECK(server.requests()[0].header("Host") == "models.lan:" + std::to_string(server.port()));
    }
    SUBCASE("switched off") {
        const model_server_sim server;
        trial asking{.server = declared_with_key("openai-compat", server.base_url())};
        asking.server.probe = probe_mode::never;
        check_verdict(asking.run(), server.port(),
                      {disabled, "model server \"lab\" is not probed: its probe is \"never\"",
                       "set probe = \"auto\" or \"lazy\" in operator.toml to list its models"});
        CHECK(server.connections() == 0);
    }
}
