#include "probes/prober.hpp"

#include "tests/probes/run_coroutine.hpp"
#include "tests/probes/samples.hpp"
#include "tests/support/answering_connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;
using outcome = result<http_reply, failure>;
using strings = std::vector<std::string>;
namespace asio = boost::asio;

namespace {

/// A transport that answers from a function, and notes what it was asked.
class scripted_transport final : public http_transport {
public:
    using answers = std::function<outcome(const std::string& target)>;

    explicit scripted_transport(answers decide) : decide_(std::move(decide)) {}

    std::unique_ptr<http_connection> open(http_peer peer, http_patience patience) override {
        peers.push_back(std::move(peer));
        deadlines.push_back(patience.until);
        return std::make_unique<connection>(*this);
    }

    std::vector<http_peer> peers;
    std::vector<std::chrono::steady_clock::time_point> deadlines;
    strings targets;
    std::vector<credential> credentials;

private:
    class connection final : public answering_connection {
    public:
        explicit connection(scripted_transport& owner) : owner_(owner) {}

        asio::awaitable<outcome> answer(const http_request& request) override {
            owner_.targets.push_back(request.target);
            owner_.credentials.push_back(request.auth);
            co_return owner_.decide_(request.target);
        }

    private:
        scripted_transport& owner_;
    };

    answers decide_;
};

outcome json(std::string body, unsigned status = 200) { return testing::reply_of(std::move(body), status); }

outcome html(unsigned status) {
    http_reply reply = testing::reply_of("<!DOCTYPE html><html><title>Hello</title></html>", status);
    reply.content_type = "text/html";
    return reply;
}

outcome lost(failure::reason why) { return failure{.why = why, .at = stage::header, .detail = {}}; }

probe_order order_for(const std::string& slug, const std::string& base_url, bool with_key = true) {
    probe_order order;
    order.server.name = "lab";
    order.server.kind = find_kind(slug);
    order.server.base_url = base_url;
    if (with_key) order.server.api_key_env = "LAB_KEY";
    if (with_key) order.key = secret("sk-lab-0123456789");
    auto root = resolve_base_url(*order.server.kind, base_url);
    REQUIRE(root.has_value());
    order.root = *root;
    order.timeout = 5s;
    return order;
}

report run(scripted_transport& transport, const probe_order& order) {
    asio::io_context io;
    return run_coroutine(io, probe(transport, order));
}

strings ids(const report& listed) {
    strings all;
    for (const model& one : listed.models) all.push_back(one.id);
    return all;
}

const std::string anthropic_base = "http://localhost:8000";
const std::string anthropic_first = "/v1/models?limit=1000";

std::string anthropic_page(const strings& models, const std::string& last_id_json, bool more = true) {
    std::string entries;
    for (const std::string& id : models) entries += fmt::format(R"({}{{"id":"{}"}})", entries.empty() ? "" : ",", id);
    return fmt::format(R"({{"data":[{}],"has_more":{},"last_id":{}}})", entries, more, last_id_json);
}

}  // namespace

TEST_CASE("pages are asked for one after the other, and a model that comes twice counts once") {
    scripted_transport transport([](const std::string& target) {
        if (target == anthropic_first) return json(anthropic_page({"a", "b"}, R"("b")"));
        if (target.ends_with("after_id=b")) return json(anthropic_page({"b", "c"}, R"("c d")"));
        return json(anthropic_page({"d", "a"}, "null", false));
    });
    const report got = run(transport, order_for("anthropic-api", anthropic_base));
    CHECK(got.status == ok);
    CHECK(ids(got) == strings{"a", "b", "c", "d"});
    CHECK(transport.targets ==
          strings{anthropic_first, anthropic_first + "&after_id=b", anthropic_first + "&after_id=c%20d"});
    CHECK(transport.peers.size() == 1);
    CHECK(got.latency.has_value());
}

TEST_CASE("a cursor that is missing, null, or comes again ends the list") {
    struct row {
        std::string cursor;
        std::size_t requests;
    };

    // Without one it is the last id of the page, which comes again.
    for (const row& one : {row{"null", 3}, row{R"("")", 3}, row{"17", 3}, row{R"("same")", 2}}) {
        CAPTURE(one.cursor);
        scripted_transport transport([&](const std::string& target) {
            const bool first = target == anthropic_first;
            return json(anthropic_page({first ? "a" : "b"}, one.cursor));
        });
        const report got = run(transport, order_for("anthropic-api", anthropic_base));
        CHECK(got.status == ok);
        CHECK(transport.targets.size() == one.requests);
    }
}

TEST_CASE("cursors that go round in a circle end with the first page that brings nothing new") {
    scripted_transport transport([](const std::string& target) {
        if (target.ends_with("after_id=x")) return json(anthropic_page({"b"}, R"("y")"));
        return json(anthropic_page({"a"}, R"("x")"));
    });
    const report got = run(transport, order_for("anthropic-api", anthropic_base));
    CHECK(ids(got) == strings{"a", "b"});
    CHECK(transport.targets.size() == 3);
}

TEST_CASE("a page of which nothing is kept is not the end") {
    const std::string embedding =
        R"({"models":[{"name":"models/e","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"t"})";
    scripted_transport transport([&](const std::string& target) {
        if (target.ends_with("pageToken=t")) return json(R"({"models":[{"name":"models/gemini-3-pro"}]})");
        return json(embedding);
    });
    const report got = run(transport, order_for("google-api", "http://localhost:8000"));
    CHECK(ids(got) == strings{"gemini-3-pro"});
}

TEST_CASE("a list without end is cut off: 50 pages, 20,000 models") {
    std::size_t page = 0;
    std::size_t per_page = 1;
    scripted_transport transport([&](const std::string&) {
        strings models;
        for (std::size_t i = 0; i != per_page; ++i) models.push_back(fmt::format("m{}-{}", page, i));
        return json(anthropic_page(models, fmt::format(R"("c{}")", ++page)));
    });
    CHECK(run(transport, order_for("anthropic-api", anthropic_base)).models.size() == 50);
    CHECK(transport.targets.size() == 50);

    transport.targets.clear();
    per_page = 1500;
    CHECK(run(transport, order_for("anthropic-api", anthropic_base)).models.size() == 20'000);
    CHECK(transport.targets.size() == 14);
}

TEST_CASE("pages are read until they are as large together as one answer may be") {
    int asked = 0;
    scripted_transport transport([&asked](const std::string&) {
        const std::string id = std::to_string(++asked);
        return json(anthropic_page({id, std::string(300, 'x') + id}, '"' + id + '"'));
    });
    probe_order order = order_for("anthropic-api", anthropic_base);
    order.limits.body_bytes = 1000;
    CHECK(ids(run(transport, order)).size() == 6);
    CHECK(transport.targets.size() == 3);
}

TEST_CASE("limits of pages and models come with the order") {
    int asked = 0;
    scripted_transport transport([&asked](const std::string&) {
        const std::string id = std::to_string(++asked);
        return json(anthropic_page({id, id + "b"}, '"' + id + '"'));
    });
    probe_order order = order_for("anthropic-api", anthropic_base);
    order.limits.pages = 3;
    CHECK(run(transport, order).models.size() == 6);
    CHECK(transport.targets.size() == 3);
    asked = 0;
    order.limits.models = 3;
    CHECK(ids(run(transport, order)) == strings{"1", "1b", "2"});
}

TEST_CASE("a key that a server gives out as a model is not shown") {
    const std::string key = "sk-lab-0123456789";
    scripted_transport transport([&](const std::string&) {
        return json(R"({"data":[{"id":"good","display_name":"Good )" + key + R"("},{"id":")" + key + R"("},{"id":")" +
                    key + R"("},{"id":"x/)" + key.substr(0, 9) + R"("},{"id":"sk-lab-"}]})");
    });
    const report got = run(transport, order_for("openai-compat", "http://localhost:8000/v1"));
    CHECK(got.status == ok);
    CHECK(ids(got) == strings{"good", "***", "x/***", "sk-lab-"});
    CHECK(got.models[0].display_name == "Good ***");
    CHECK(got.models[1].display_name == "***");
    CHECK(ids(run(transport, order_for("openai-compat", "http://localhost:8000/v1", false))).size() == 4);
}

TEST_CASE("half a list is none: a later page that fails decides") {
    struct row {
        outcome second;
        probe_status status;
    };

    const std::vector<row> rows{
        {lost(failure::reason::timed_out), timeout},
        {json("{}", 500), http_error},
        {json(R"({"error":"x"})", 404), no_listing},
        {json("{\"data\":["), bad_response},
        {html(200), bad_response},
    };
    for (const row& one : rows) {
        CAPTURE(to_string(one.status));
        scripted_transport transport([&](const std::string& target) {
            return target == anthropic_first ? json(anthropic_page({"a"}, R"("a")")) : one.second;
        });
        const report got = run(transport, order_for("anthropic-api", anthropic_base));
        CHECK(to_string(got.status) == to_string(one.status));
        CHECK(got.models.empty());
        CHECK(transport.targets.size() == 2);
    }
}

TEST_CASE(
    "the next route is tried after anything but a verdict about the key, a limit, or a fault of the server's own") {
    struct row {
        std::string what;
        outcome first;
        bool goes_on;
    };

    const std::vector<row> rows{
        {"404", json("{}", 404), true},
        {"405", json("", 405), true},
        {"501", html(501), true},
        {"a web page", html(200), true},
        {"LM Studio's 200", json(testing::sample("lmstudio_unexpected_endpoint_200.json")), true},
        {"400", json("{}", 400), true},
        {"400 about the key", json(R"({"error":{"code":"invalid_api_key","message":"no"}})", 400), false},
        {"403 of a gateway", json(R"({"message":"Missing Authentication Token"})", 403), true},
        {"401", json("{}", 401), false},
        {"403", json("{}", 403), false},
        {"429", json("{}", 429), false},
        {"500", html(500), false},
        {"503", json("{}", 503), false},
        {"302", json("", 302), true},
        {"a code of 401", json(R"({"code":401,"msg":"no"})"), false},
        {"a token is wanted", json(R"({"error":{"message":"An API token is required"}})"), false},
        {"no JSON", json("hello"), true},
        {"other JSON", json(R"({"status":"ok"})"), true},
        {"an empty list", json(R"({"data":[]})"), true},
        {"refused", lost(failure::reason::refused), false},
    };
    for (const row& one : rows) {
        CAPTURE(one.what);
        scripted_transport transport([&](const std::string& target) {
            return target == "/v1/models" ? one.first : json(R"({"data":[{"id":"a"}]})");
        });
        const report got = run(transport, order_for("openai-compat", "http://localhost:8000"));
        if (one.goes_on) {
            CHECK(got.status == ok);
            CHECK(got.route == 1);
            CHECK(transport.targets == strings{"/v1/models", "/models"});
        } else {
            CHECK(got.status != ok);
            CHECK(got.route == 0);
            CHECK(transport.targets == strings{"/v1/models"});
        }
    }
}

TEST_CASE("the route that answered the last time comes first, the others keep their order") {
    const strings places{"/api/v1/models", "/api/v0/models", "/v1/models"};

    struct row {
        std::size_t remembered;
        std::size_t there;  ///< which place has the list; 3: none
        strings asked;
    };

    const std::vector<row> rows{
        {0, 0, {places[0]}},
        {0, 2, {places[0], places[1], places[2]}},
        {1, 1, {places[1]}},
        {1, 0, {places[1], places[0]}},
        {2, 2, {places[2]}},
        {2, 1, {places[2], places[0], places[1]}},
        {2, 3, {places[2], places[0], places[1]}},
        {99, 0, {places[0]}},
    };
    for (const row& one : rows) {
        CAPTURE(one.remembered);
        CAPTURE(one.there);
        scripted_transport transport([&](const std::string& target) {
            const bool here = one.there < places.size() && target == places[one.there];
            return here ? json(R"({"data":[{"id":"a"}]})") : json("{}", 404);
        });
        probe_order order = order_for("lmstudio", "http://localhost:1234", false);
        order.first_route = one.remembered;
        const report got = run(transport, order);
        CHECK(transport.targets == one.asked);
        CHECK(to_string(got.status) == (one.there < places.size() ? "ok" : "no_listing"));
        CHECK(got.route == (one.there < places.size() ? one.there : 0));
    }
}

TEST_CASE("where no route has a list, the words are those about the first one") {
    scripted_transport transport(
        [](const std::string& target) { return json(fmt::format(R"({{"error":"nothing at {}"}})", target), 404); });
    const report got = run(transport, order_for("openai-compat", "http://localhost:8000"));
    CHECK(got.status == no_listing);
    CHECK(got.error == "GET http://localhost:8000/v1/models answered 404: nothing at /v1/models");
    CHECK(transport.targets == strings{"/v1/models", "/models"});
}

TEST_CASE("what is asked beside the list completes it, and costs nothing where it fails") {
    const std::string tags = R"({"models":[{"name":"a"},{"name":"b"}]})";
    outcome running = json(R"({"models":[{"name":"b","context_length":4096}]})");
    scripted_transport transport([&](const std::string& target) { return target == "/api/ps" ? running : json(tags); });
    const probe_order order = order_for("ollama", "http://localhost:11434", false);
    const report told = run(transport, order);
    CHECK(transport.targets == strings{"/api/tags", "/api/ps"});
    REQUIRE(told.models.size() == 2);
    CHECK(told.models[0].loaded == false);
    CHECK(told.models[1].loaded == true);
    CHECK(told.models[1].context_length == 4096);

    for (const outcome& bad : {json("{}", 404), json("nonsense"), html(200), lost(failure::reason::timed_out)}) {
        running = bad;
        const report got = run(transport, order);
        CHECK(got.status == ok);
        REQUIRE(got.models.size() == 2);
        CHECK_FALSE(got.models[1].loaded.has_value());
    }
}

TEST_CASE("an open list does not hide that the key is bad") {
    outcome about_key = json(R"({"error":{"message":"User not found.","code":401}})", 401);
    scripted_transport transport([&](const std::string& target) {
        return target == "/api/v1/key" ? about_key : json(R"({"data":[{"id":"a"}]})");
    });
    const std::string base = "http://localhost:8000/api/v1";
    const report bad = run(transport, order_for("openrouter", base));
    CHECK(transport.targets == strings{"/api/v1/models", "/api/v1/key"});
    CHECK(bad.status == auth_failed);
    CHECK(bad.models.empty());
    CHECK(bad.error == "GET http://localhost:8000/api/v1/key answered 401: User not found.");
    CHECK(bad.hint == "check that LAB_KEY holds the key that http://localhost:8000 expects");
    CHECK(bad.latency.has_value());

    for (const outcome& other : {json(R"({"data":{}})"), json("{}", 500), json("{}", 404), json("{}", 429)}) {
        about_key = other;
        CHECK(run(transport, order_for("openrouter", base)).status == ok);
    }

    transport.targets.clear();
    CHECK(run(transport, order_for("openrouter", base, false)).status == ok);
    CHECK(transport.targets == strings{"/api/v1/models"});
}

TEST_CASE("a probe that is called off throws, wherever it was") {
    for (const std::string stop_at : {"/api/tags", "/api/ps"}) {
        CAPTURE(stop_at);
        scripted_transport transport([&](const std::string& target) {
            return target == stop_at ? lost(failure::reason::cancelled) : json(R"({"models":[]})");
        });
        try {
            run(transport, order_for("ollama", "http://localhost:11434", false));
            FAIL_CHECK("it went on");
        } catch (const boost::system::system_error& error) {
            CHECK(error.code() == asio::error::operation_aborted);
        }
    }
}

TEST_CASE("a probe that is refused before any packet opens no connection") {
    scripted_transport transport([](const std::string&) { return lost(failure::reason::refused); });
    probe_order without_key = order_for("openai-compat", "http://localhost:8000");
    without_key.key.reset();
    CHECK(run(transport, without_key).status == key_missing);
    CHECK(run(transport, order_for("openai-compat", "http://203.0.113.1:8000")).status == key_withheld);
    probe_order never = order_for("openai-compat", "http://localhost:8000");
    never.server.probe = probe_mode::never;
    CHECK(run(transport, never).status == disabled);
    CHECK(transport.peers.empty());
}

TEST_CASE("the connection gets what the server's block says, and one deadline for all") {
    scripted_transport transport([](const std::string&) { return json(R"({"data":[]})"); });
    probe_order order = order_for("openai-compat", "https://models.example:8443/proxy/v1");
    order.server.ca_file = "/etc/ssl/lab-ca.pem";
    order.server.allow_plaintext_key = true;
    const auto before = std::chrono::steady_clock::now();
    CHECK(run(transport, order).status == ok);
    REQUIRE(transport.peers.size() == 1);
    CHECK(transport.peers[0].root == order.root);
    CHECK(transport.peers[0].key.reveal() == "sk-lab-0123456789");
    CHECK(transport.peers[0].key_may_travel_in_clear);
    CHECK(transport.peers[0].ca_file == "/etc/ssl/lab-ca.pem");
    CHECK(transport.deadlines[0] >= before + 5s);
    CHECK(transport.deadlines[0] <= std::chrono::steady_clock::now() + 5s);
    CHECK(transport.targets == strings{"/proxy/v1/models"});
    CHECK(transport.credentials == std::vector<credential>{credential::bearer});
}
