#include "daemon/bridge/bridge.hpp"

#include "probes/http/resolver.hpp"
#include "tests/daemon/probing.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// The bridge on the real transport, and a server that is slow to begin.
struct slow_scene {
    slow_scene() : servers(servers_on(sim.port(), sim.port())) {}

    ~slow_scene() {
        accepted = {};
        bridge.stop();
        run(loop, bridge.join());
    }

    slow_scene(const slow_scene&) = delete;
    slow_scene& operator=(const slow_scene&) = delete;

    wire::answer ask(std::string_view path, std::string_view body) {
        target = fmt::format("/bridge/s{}/{}", sim.port(), path);
        text = body;
        asked = {.method = "POST", .target = target, .content_type = "application/json", .body = text};
        asked.own_address = "127.0.0.1";
        std::vector<std::string> segments{fmt::format("s{}", sim.port())};
        for (std::size_t at = 0; at != path.npos;) {
            const std::size_t end = path.find('/', at);
            segments.emplace_back(path.substr(at, end - at));
            at = end == path.npos ? end : end + 1;
        }
        auto decided = bridge.accept(asked, segments);
        accepted = std::get<wire::accepted_request>(std::move(decided));
        wire::reply given = accepted.respond(asked);
        return run(loop, std::get<asio::awaitable<wire::answer>>(std::move(given)));
    }

    asio::io_context loop;
    model_server_sim sim;
    recorded_log log;
    loop::worker_threads workers;
    resolver names{loop.get_executor()};
    std::unique_ptr<http_transport> transport = make_beast_transport(loop.get_executor(), names);
    state::registry servers;
    bridge::bridge bridge{loop.get_executor(),
                          servers,
                          *transport,
                          [](std::string_view) { return std::optional<secret>(); },
                          workers,
                          log.logger(),
                          {.head_time = 20ms, .silence = 20ms, .stop_time = 20ms}};
    std::string target, text;
    wire::request asked;
    wire::accepted_request accepted;
};

}  // namespace

TEST_CASE("an agent is told that its answer is awaited, in its own protocol, while the server thinks") {
    for (const auto& [path, body, beat] :
         {std::tuple("anthropic/v1/messages", R"({"model":"m","stream":true,"messages":[]})", "event: ping\n"),
          std::tuple("openai/v1/responses", R"({"model":"m","stream":true,"input":"hi"})", "event: response.created\n"),
          std::tuple("gemini/v1beta/models/m:streamGenerateContent", R"({"contents":[]})", R"("parts":[])")}) {
        CAPTURE(path);
        slow_scene here;
        here.sim.answer("/v1/chat/completions", black_hole());
        const wire::answer told = here.ask(path, body);
        CHECK(told.status == 200);
        CHECK(told.content_type == "text/event-stream");
        REQUIRE(told.stream != nullptr);
        CHECK(told.stream->silence == 20ms);
        const std::string first = told.stream->heartbeat();
        CHECK(first.find(beat) != first.npos);
        CHECK_FALSE(told.stream->heartbeat().empty());
        CHECK(here.bridge.running().size() == 1);
        CHECK(here.sim.wait_for_open_connections(1));
    }
}

TEST_CASE("an answer that nobody takes ends the question to the server") {
    slow_scene here;
    here.sim.answer("/v1/chat/completions", black_hole());
    {
        wire::answer told = here.ask("anthropic/v1/messages", R"({"model":"m","stream":true,"messages":[]})");
        here.accepted = {};
    }
    CHECK(run_until(here.loop, [&] { return here.bridge.running().empty(); }));
    CHECK(here.sim.wait_for_open_connections(0));
}

TEST_CASE("an agent whose answer is under way when the daemon stops is told so") {
    struct collected final : wire::body_sink {
        asio::awaitable<void> write(std::string_view part) override {
            text += part;
            co_return;
        }
        std::string text;
    };
    slow_scene here;
    script begun{.headers = {{"Content-Type", "text/event-stream"}},
                 .body = "data: {\"choices\":[{\"delta\":{\"content\":\"begun\"}}]}\n\n"};
    begun.frame = script::framing::until_close;
    begun.then = script::ending::hang;
    here.sim.answer("/v1/chat/completions", begun);
    const wire::answer told = here.ask("anthropic/v1/messages", R"({"model":"m","stream":true,"messages":[]})");
    REQUIRE(told.stream != nullptr);
    collected sink;
    bool whole = false;
    asio::co_spawn(here.loop, told.stream->produce(sink),
                   [&whole](const std::exception_ptr&, bool ended) { whole = ended; });
    CHECK(run_until(here.loop, [&] { return sink.text.find("begun") != std::string::npos; }));
    here.bridge.stop();
    CHECK(run_until(here.loop, [&] { return whole; }));
    CHECK(sink.text.find("operatord stops, and with it the answer of model server") != std::string::npos);
    CHECK(sink.text.find("message_stop") == std::string::npos);
}
