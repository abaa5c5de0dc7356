#include "daemon/bridge/wire/answer.hpp"

#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/fold.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"
#include "tests/daemon/bridge/wire/grammar.hpp"
#include "tests/daemon/bridge/wire/samples.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

using namespace opd::bridge;
namespace json = boost::json;

namespace {

constexpr std::string_view maker = "0123456789abcdef";

const tool_names& names() {
    static const tool_names all = [] {
        turn asked;
        asked.tools = {{.space = {}, .name = "Bash", .description = {}, .schema = {}},
                       {.space = {}, .name = "a tool/with.odd:name", .description = {}, .schema = {}},
                       {.space = "agents_v1", .name = "close", .description = {}, .schema = {}},
                       {.space = {}, .name = "patch", .description = {}, .schema = {}, .custom = true}};
        return *tool_names::of(asked);
    }();
    return all;
}

answer_context context() {
    return {.model = "my/model",
            .id = "a1",
            .created = 1'700'000'000,
            .input_estimate = 900,
            .names = &names(),
            .maker = std::string(maker)};
}

std::string written(const agent_protocol& as, const deltas& all) { return written(as, all, context()); }

void add_call(deltas& to, std::size_t key, std::string name, std::initializer_list<const char*> pieces) {
    to.emplace_back(delta_of::call_open{.key = key, .id = fmt::format("call_{}", key), .name = std::move(name)});
    for (const char* const piece : pieces) to.emplace_back(delta_of::call_arguments{.key = key, .text = piece});
    to.emplace_back(delta_of::call_close{.key = key});
}

deltas ended(deltas all, stop_reason why = stop_reason::done, std::string stop_string = {}) {
    all.emplace_back(delta_of::stop{.why = why, .stop_string = std::move(stop_string)});
    return all;
}

/// Everything that an answer can hold.
deltas rich_answer() {
    deltas all{delta_of::start{.id = "x", .model = "y"},
               usage{.input = 1'000, .cached_read = 600},
               delta_of::thought{"first "},
               delta_of::thought{"thought"},
               delta_of::thought_state{.kind = "content", .state = {}},
               delta_of::words{"line\nbreaks: \r\n, \xE2\x80\xA8 and \xE2\x80\xA9; "},
               delta_of::words{std::string("\"quotes\", \\, \0, \x1B, \xF0\x9F\x98\x80", 24)}};
    add_call(all, 0, "Bash", {"{\n  \"command\":", " \"ls\\n\xE2\x80\xA8\"", "\r\n}"});
    all.emplace_back(delta_of::thought{"a second one"});
    all.emplace_back(delta_of::thought_state{.kind = "details", .state = "[{\"a\":\"\\n\"}]"});
    add_call(all, 1, tool_names::on_wire({}, "a tool/with.odd:name"), {"{}"});
    add_call(all, 2, "agents_v1__close", {"{\"id\":1}"});
    add_call(all, 3, "patch", {"{\"inp", "ut\":\"*** Begin\\n\\\"x\\\"\"}"});
    add_call(all, 4, "not_offered", {"{\"n\":1.50}"});
    all.emplace_back(usage{.cached_write = 100, .output = 70, .reasoning = 20});
    return ended(std::move(all), stop_reason::calls);
}

}  // namespace

TEST_CASE("all that an answer can hold, as a stream and as a document of each protocol") {
    for (const agent_protocol& as : agent_protocols) {
        const std::string stream = written(as, rich_answer());
        CHECK(as.fault_in(stream) == "");
        check_golden(fmt::format("answer-rich.{}", as.name), stream);
        check_golden(fmt::format("answer-rich.{}.json", as.name), as.document(rich_answer(), context()));
    }
}

TEST_CASE("state that belongs to no thought, and an answer of nothing, are whole streams") {
    deltas state{delta_of::start{}, delta_of::thought_state{.kind = "details", .state = "[]"}};
    add_call(state, 0, "Bash", {"{}"});
    for (const agent_protocol& as : agent_protocols)
        for (const deltas& all : {ended(state, stop_reason::calls), ended({delta_of::start{}}), ended({})}) {
            CHECK(as.fault_in(written(as, all)) == "");
            CHECK(json::parse(as.document(all, context())).is_object());
        }
    CHECK(written(gemini, ended(state)).find(R"("thoughtSignature":"opd1.0123456789abcdef.details.W10=")") !=
          std::string::npos);
}

TEST_CASE("each reason to stop has its word") {
    struct row {
        stop_reason why;
        const char *anthropic, *responses, *gemini;
    };
    constexpr row rows[] = {
        {stop_reason::done, R"("stop_reason":"end_turn","stop_sequence":null)", R"("status":"completed")", "STOP"},
        {stop_reason::calls, R"("stop_reason":"tool_use","stop_sequence":null)", R"("status":"completed")", "STOP"},
        {stop_reason::length, R"("stop_reason":"max_tokens")", R"("incomplete_details":{"reason":"max_output_tokens"})",
         "MAX_TOKENS"},
        {stop_reason::context_full, R"("stop_reason":"model_context_window_exceeded")",
         R"("error":{"code":"context_length_exceeded")", "MAX_TOKENS"},
        {stop_reason::filtered, R"("stop_reason":"refusal")", R"("incomplete_details":{"reason":"content_filter"})",
         "SAFETY"},
        {stop_reason::stop_string, R"("stop_reason":"stop_sequence","stop_sequence":"END")", R"("status":"completed")",
         "STOP"}};
    for (const row& one : rows) {
        const deltas all =
            ended({delta_of::start{}, delta_of::words{"x"}}, one.why, one.why == stop_reason::stop_string ? "END" : "");
        CAPTURE(one.anthropic);
        CHECK(written(anthropic, all).find(one.anthropic) != std::string::npos);
        CHECK(written(responses, all).find(one.responses) != std::string::npos);
        CHECK(written(gemini, all).find(fmt::format(R"("finishReason":"{}")", one.gemini)) != std::string::npos);
        for (const agent_protocol& as : agent_protocols) CHECK(as.fault_in(written(as, all)) == "");
    }
}

TEST_CASE("heartbeats may come before the start and anywhere behind it") {
    for (const agent_protocol& as : agent_protocols) {
        const auto writer = as.make(context());
        std::string out = writer->heartbeat();
        out += writer->heartbeat();
        for (const delta& one : rich_answer()) {
            writer->write(one, out);
            if (!std::holds_alternative<delta_of::stop>(one)) out += writer->heartbeat();
        }
        CHECK(as.fault_in(out) == "");
    }
    CHECK(make_anthropic_writer(context())->heartbeat() == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
    CHECK(make_gemini_writer(context())->heartbeat() ==
          "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[]},\"index\":0}]}\r\n\r\n");
}

TEST_CASE("a fault within a stream is what its agent shows at once") {
    const deltas begun{delta_of::start{}, delta_of::words{"so far"}};
    const auto last_of = [&](const agent_protocol& as, const fault& why) {
        const auto writer = as.make(context());
        std::string before, last;
        for (const delta& one : begun) writer->write(one, before);
        writer->write(why, last);
        CHECK(as.fault_in(before + last) == "");
        return last;
    };
    const fault cut{.what = fault::kind::cut, .message = "model server \"lab\" broke off"};
    CHECK(last_of(anthropic, cut) ==
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"model "
          "server \\\"lab\\\" broke off\"}}\n\n");
    CHECK(last_of(responses, cut)
              .find("\"error\":{\"code\":\"invalid_prompt\",\"message\":\"model server "
                    "\\\"lab\\\" broke off\"}") != std::string::npos);
    CHECK(last_of(gemini, cut) ==
          "{\"error\":{\"code\":400,\"message\":\"model server \\\"lab\\\" broke off\",\"status\":"
          "\"INVALID_ARGUMENT\"}}");

    const fault later{.what = fault::kind::later, .message = "busy", .retry_after = std::chrono::seconds(7)};
    CHECK(last_of(responses, later).find(R"({"code":"rate_limit_exceeded","message":"busy; try again in 7 s"})") !=
          std::string::npos);
    CHECK(last_of(gemini, later) ==
          "{\"error\":{\"code\":429,\"message\":\"busy\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
          "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"7s\"}]}}");

    const fault full{.what = fault::kind::too_long, .message = "over", .tokens = 40'000, .most_tokens = 32'768};
    CHECK(last_of(anthropic, full).find("prompt is too long: 40000 tokens > 32768 maximum") != std::string::npos);
    CHECK(last_of(responses, full).find("\"code\":\"context_length_exceeded\"") != std::string::npos);
}

TEST_CASE("a fault before the answer is a status and a body that its agent shows at once") {
    std::string all;
    const auto add = [&all](const agent_protocol& as, std::string_view what, const fault& why, bool stream) {
        const http_fault told = as.fault_of(why, stream, context());
        all += fmt::format("{} {}: {} {}", as.name, what, told.status, told.content_type);
        for (const auto& [name, value] : told.headers) all += fmt::format(" {}={}", name, value);
        const bool events = told.content_type == "text/event-stream";
        if (events) CHECK(as.fault_in(told.body) == "");
        all += '\n' + told.body.substr(events ? told.body.find("event: response.failed") : 0) + '\n';
    };
    using kind = fault::kind;
    const std::pair<const char*, fault> faults[] = {
        {"refused", {.what = kind::refused, .message = "no"}},
        {"unauthorized", {.what = kind::unauthorized, .message = "key"}},
        {"too long", {.what = kind::too_long, .message = "long", .tokens = 40'000, .most_tokens = 32'768}},
        {"too long, who knows", {.what = kind::too_long, .message = "long"}},
        {"too long, limit known", {.what = kind::too_long, .message = "long", .most_tokens = 4'096}},
        {"soon", {.what = kind::later, .message = "busy", .retry_after = std::chrono::seconds(60)}},
        {"much later", {.what = kind::later, .message = "busy", .retry_after = std::chrono::seconds(61)}},
        {"some time", {.what = kind::later, .message = "busy"}},
        {"broken", {.what = kind::broken, .message = "broken"}},
        {"cut", {.what = kind::cut, .message = "cut"}}};
    for (const auto& [what, why] : faults)
        for (const agent_protocol& as : agent_protocols) {
            add(as, what, why, true);
            if (as.fault_of(why, false, context()).body != as.fault_of(why, true, context()).body)
                add(as, fmt::format("{} (no stream)", what), why, false);
        }
    check_golden("answer-faults.txt", all);
}

TEST_CASE("lists of models and counts of tokens have the shape of their protocol") {
    const listed models[] = {{.id = "a/b:c", .name = "The \"A\"", .context = 32'768, .output_limit = 8'192},
                             {.id = "b", .name = {}}};
    CHECK(write_anthropic_models(models) ==
          R"({"data":[{"type":"model","id":"a/b:c","display_name":"The \"A\"","created_at":"1970-01-01T00:00:00Z"},)"
          R"({"type":"model","id":"b","display_name":"b","created_at":"1970-01-01T00:00:00Z"}],)"
          R"("has_more":false,"first_id":"a/b:c","last_id":"b"})");
    CHECK(write_anthropic_models({}) == R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
    CHECK(write_openai_models(models) ==
          R"({"object":"list","data":[{"id":"a/b:c","object":"model","created":0,"owned_by":"operatord"},)"
          R"({"id":"b","object":"model","created":0,"owned_by":"operatord"}]})");
    CHECK(write_openai_models({}) == R"({"object":"list","data":[]})");
    CHECK(write_gemini_models(models) ==
          R"({"models":[{"name":"models/a/b:c","displayName":"The \"A\"","inputTokenLimit":32768,)"
          R"("outputTokenLimit":8192,"supportedGenerationMethods":["generateContent","countTokens"]},)"
          R"({"name":"models/b","displayName":"b","supportedGenerationMethods":["generateContent","countTokens"]}]})");
    CHECK(write_gemini_models({}) == R"({"models":[]})");
    CHECK(write_anthropic_token_count(7) == R"({"input_tokens":7})");
    CHECK(write_gemini_token_count(7) == R"({"totalTokens":7})");
}

TEST_CASE("the numbers of tokens are those of the protocol, and an estimate until they are told") {
    const std::string stream = written(anthropic, rich_answer());
    CHECK(stream.find(R"("usage":{"input_tokens":900,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,)"
                      R"("output_tokens":0})") != std::string::npos);
    CHECK(stream.find(R"("usage":{"input_tokens":300,"cache_creation_input_tokens":100,)"
                      R"("cache_read_input_tokens":600,"output_tokens":70})") != std::string::npos);
    // Numbers that cannot be do not become huge ones.
    const deltas odd = ended({delta_of::start{}, usage{.input = 1, .cached_read = 5, .output = 2, .reasoning = 9}});
    CHECK(written(anthropic, odd).find(R"("input_tokens":0,)") != std::string::npos);
    CHECK(written(gemini, odd).find(R"("candidatesTokenCount":0,"thoughtsTokenCount":2,"totalTokenCount":3})") !=
          std::string::npos);
}

namespace {

/// What an agent sends of an answer in its next turn: the message of the assistant.
message sent_back(const agent_protocol& as, const std::string& document) {
    const json::object answer = json::parse(document).as_object();
    json::object body{{"model", "m"}};
    decoded<turn> read = bad_request{};
    std::string text;
    if (as.make == make_anthropic_writer) {
        body["messages"] = json::array{json::object{{"role", "assistant"}, {"content", answer.at("content")}}};
        read = read_anthropic_request(text = json::serialize(body), maker);
    } else if (as.make == make_responses_writer) {
        body["input"] = answer.at("output");
        read = read_responses_request(text = json::serialize(body), maker);
    } else {
        body["contents"] = json::array{answer.at("candidates").at(0).at("content")};
        read = read_gemini_request(text = json::serialize(body), "m", false, maker);
    }
    REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : read.error().message));
    message whole{.who = message::role::assistant};
    for (message& one : read->messages) std::ranges::move(one.parts, std::back_inserter(whole.parts));
    return whole;
}

}  // namespace

TEST_CASE("an answer that comes back with the next turn is what the model has said") {
    deltas all{delta_of::start{}, delta_of::thought{"why"}, delta_of::thought_state{.kind = "content", .state = {}},
               delta_of::words{"text"}};
    add_call(all, 0, "Bash", {R"({"b":1.50,"a":"\u00e9"})"});
    all = ended(std::move(all), stop_reason::calls);
    const reasoning_part thought{.text = "why", .kind = "content", .state = {}};
    for (const agent_protocol& as : agent_protocols) {
        CAPTURE(std::string(as.name));
        const std::vector<part> parts = sent_back(as, as.document(all, context())).parts;
        REQUIRE(parts.size() == 3);
        CHECK(std::ranges::find(parts, part(thought)) != parts.end());
        CHECK(std::ranges::find(parts, part(text_part{"text"})) != parts.end());
        const auto& call = std::get<call_part>(parts.back());
        CHECK(call.id == "call_0");
        CHECK(call.name == "Bash");
        CHECK(json::parse(call.arguments) == json::parse(R"({"b":1.5,"a":"é"})"));
    }
}
