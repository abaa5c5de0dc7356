#include "daemon/bridge/wire/chat_request.hpp"

#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/carrier.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"
#include "tests/daemon/bridge/wire/samples.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd::bridge;
namespace json = boost::json;

namespace {

constexpr std::string_view maker = "0123456789abcdef";

chat_server server(chat_server::flavour what = chat_server::flavour::plain) {
    return {.what = what, .model = "qwen", .maker = maker};
}

decoded<turn> read(std::string_view path, std::string& body) {
    if (path.find("/messages") != path.npos) return read_anthropic_request(body, maker);
    if (path.find("/responses") != path.npos) return read_responses_request(body, maker);
    return read_gemini_request(body, "qwen", path.find(":stream") != path.npos, maker);
}

/// A request that an agent has sent: what was recorded of it.
encoded to_chat(std::string_view path, std::string body, const chat_server& to) {
    const auto asked = read(path, body);
    REQUIRE_MESSAGE(asked.has_value(), (asked ? std::string() : asked.error().message));
    REQUIRE(tool_names::of(*asked).has_value());
    return write_chat_request(*asked, to);
}

json::object parsed(const encoded& body) { return json::parse(body.body).as_object(); }

std::string fault_of(std::string_view path, std::string body) {
    const auto asked = read(path, body);
    REQUIRE(asked.has_error());
    return asked.error().message;
}

/// The rules of strict servers for a list of messages.
void check_messages(const json::array& messages) {
    std::vector<std::string> waiting;
    std::string before;
    for (std::size_t i = 0; i != messages.size(); ++i) {
        const json::object& one = messages[i].as_object();
        const std::string role(one.at("role").as_string());
        CAPTURE(i);
        CHECK((role == "system") == (i == 0));
        if (role == "tool") {
            REQUIRE(!waiting.empty());
            CHECK(waiting.front() == one.at("tool_call_id").as_string());
            waiting.erase(waiting.begin());
            CHECK(one.at("content").is_string());
        } else {
            CHECK(waiting.empty());
            CHECK(role != before);
        }
        if (role == "assistant")
            if (const json::value* calls = one.if_contains("tool_calls"))
                for (const json::value& call : calls->as_array()) waiting.emplace_back(call.at("id").as_string());
        before = role;
    }
    CHECK(waiting.empty());
}

/// The texts of all messages but the last one, as they stand in the body.
std::string all_but_the_last(const encoded& body) {
    const std::size_t end = body.body.find("],\"tools\"");
    const std::size_t last = body.body.rfind(",{\"role\":", end);
    return body.body.substr(0, last);
}

}  // namespace

TEST_CASE("what the agents send becomes a request that strict servers take") {
    for (const std::string& name : samples("agents", ".json")) {
        CAPTURE(name);
        const json::value file = json::parse(sample(name));
        const std::string path(file.at("path").as_string());
        std::string body = json::serialize(file.at("body"));
        if (name.find("websearch") != name.npos) {
            CHECK(fault_of(path, body).find("nothing was searched") != std::string::npos);
            continue;
        }
        const encoded made = to_chat(path, body, server());
        CHECK(made.body == to_chat(path, body, server()).body);
        const json::object chat = parsed(made);
        if (name.find("counttokens") == name.npos) check_messages(chat.at("messages").as_array());
        CHECK(made.body.find("x-anthropic-billing-header") == made.body.npos);
        CHECK(made.body.find("DeferredToolPlaceholder\",") == made.body.npos);
        CHECK(made.body.find("$schema") == made.body.npos);
        check_digest(name + " chat", made.body);
    }
}

TEST_CASE("a conversation that goes on begins with the same bytes") {
    if (samples("agents", ".json").empty()) return;
    for (const std::string agent : {"claude", "codex", "gemini"}) {
        CAPTURE(agent);
        const auto chat = [&](const std::string& name) {
            const json::value file = json::parse(sample("agents/" + agent + name));
            return to_chat(file.at("path").as_string(), json::serialize(file.at("body")), server());
        };
        if (agent != "claude") continue;  // the others were recorded in another folder each time
        const std::string first = all_but_the_last(chat("-turn1.json"));
        CHECK(first.size() > 100);
        CHECK(chat("-turn2-parallel-image.json").body.starts_with(first));
    }
}

TEST_CASE("results come in the order of the calls, with their pictures behind the last one") {
    const encoded made = to_chat("/v1/messages", own_sample("claude-parallel.json"), server());
    check_messages(parsed(made).at("messages").as_array());
    check_golden("claude-parallel.chat", made.body);
    check_golden(
        "claude-parallel.mistral.chat",
        to_chat("/v1/messages", own_sample("claude-parallel.json"), server(chat_server::flavour::mistral)).body);
}

TEST_CASE("the same conversation of three agents is the same conversation") {
    for (const char* name : {"claude", "codex", "gemini"}) {
        const std::string path = name == std::string("claude")  ? "/v1/messages"
                                 : name == std::string("codex") ? "/responses"
                                                                : "/v1beta/models/m:streamGenerateContent";
        CAPTURE(name);
        const encoded made = to_chat(path, own_sample(fmt::format("{}-turn.json", name)), server());
        check_golden("turn.chat.messages", json::serialize(parsed(made).at("messages")));
        check_golden(fmt::format("{}-turn.chat", name), made.body);
    }
}

TEST_CASE("reasoning goes back to its maker alone, and only as what it was") {
    const auto body_with = [](std::string_view signature) {
        return fmt::format(
            R"({{"model":"m","messages":[{{"role":"user","content":"hi"}},{{"role":"assistant","content":[)"
            R"({{"type":"thinking","thinking":"hm","signature":"{}"}},{{"type":"text","text":"yes"}}]}},)"
            R"({{"role":"user","content":"go on"}}]}})",
            signature);
    };
    const auto answer_of = [&](std::string_view signature) {
        return json::serialize(parsed(to_chat("/v1/messages", body_with(signature), server())).at("messages").at(1));
    };
    const std::string plain = R"({"role":"assistant","content":"yes"})";
    CHECK(answer_of(seal(maker, {.kind = "content"})) ==
          R"({"role":"assistant","content":"yes","reasoning_content":"hm"})");
    CHECK(answer_of(seal(maker, {.kind = "plain"})) == R"({"role":"assistant","content":"yes","reasoning":"hm"})");
    CHECK(answer_of(seal(maker, {.kind = "details", .state = R"([{"type":"x"}])"})).find("\"reasoning_details\":[{") !=
          std::string::npos);
    CHECK(answer_of(seal("fedcba9876543210", {.kind = "content"})) == plain);
    CHECK(answer_of("c2lnbmF0dXJl") == plain);
    CHECK(answer_of(seal(maker, {.kind = "details", .state = R"([],"model":"other")"})) == plain);
    CHECK(answer_of(fmt::format("opd1.{}.content.!!!!", maker)) == plain);
    CHECK(answer_of(fmt::format("opd1.{}.role\\\",\\\"x.", maker)) == plain);
}

TEST_CASE("limits are the model's, and what is left of its context") {
    const std::string body = R"({"model":"m","max_tokens":32000,"messages":[{"role":"user","content":"hi"}]})";
    chat_server small = server();
    CHECK(parsed(to_chat("/v1/messages", body, small)).at("max_tokens") == 32000);
    small.output_limit = 8192;
    CHECK(parsed(to_chat("/v1/messages", body, small)).at("max_tokens") == 8192);
    small.context = 4096;
    CHECK(parsed(to_chat("/v1/messages", body, small)).at("max_tokens").to_number<int>() < 4096);
    small.what = chat_server::flavour::openai;
    CHECK(parsed(to_chat("/v1/messages", body, small)).contains("max_completion_tokens"));
}

TEST_CASE("names that no server takes are made ones that each does, and found again") {
    const std::string longest(100, 'a');
    std::string body =
        fmt::format(R"({{"model":"m","messages":[],"tools":[{{"name":"{}"}},{{"name":"mcp:x/y"}}]}})", longest);
    const auto asked = read_anthropic_request(body, maker);
    REQUIRE(asked.has_value());
    const auto names = tool_names::of(*asked);
    REQUIRE(names.has_value());
    for (const tool& one : asked->tools) {
        const std::string wire = tool_names::on_wire({}, one.name);
        CHECK(wire.size() <= 64);
        REQUIRE(names->find(wire) != nullptr);
        CHECK(names->find(wire)->name == one.name);
    }
    CHECK(id_on_wire("toolu_01") == "toolu_01");
    CHECK(id_on_wire("a/b:c\r\n").starts_with("call_"));
    std::string twice = R"({"model":"m","messages":[],"tools":[{"name":"a"},{"name":"a"}]})";
    const auto doubled = read_anthropic_request(twice, maker);
    CHECK(tool_names::of(*doubled).error().message.find("rename one of them") != std::string::npos);
}

TEST_CASE("what cannot be understood is refused in a sentence") {
    CHECK(fault_of("/v1/messages", "{").find("it is not JSON") == 0);
    CHECK(fault_of("/v1/messages", "[]") == "the body is not a JSON object");
    CHECK(fault_of("/v1/messages", R"({"messages":[]})") == "the request names no model");
    CHECK(fault_of("/v1/messages", R"({"model":"m","messages":{}})") == "messages is not a list");
    CHECK(fault_of("/v1/messages", R"({"model":"m","messages":[{"role":"robot","content":""}]})") ==
          "messages[0].role is robot, which is none; use user, assistant or system");
    CHECK(fault_of("/responses", R"({"model":"m","input":[],"previous_response_id":"r"})").find("nothing is kept") !=
          std::string::npos);
    CHECK(fault_of("/v1beta/models/m:generateContent", R"({"contents":[{"role":"robot"}]})") ==
          "contents[0].role is robot, which is none; use user or model");
    std::string many = R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"})";
    for (std::size_t i = 0; i != most_parts; ++i) many += R"(,{"type":"text","text":"a"})";
    CHECK(fault_of("/v1/messages", many + "]}]}").find("more than") != std::string::npos);
    CHECK(fault_of("/v1/messages", R"({"model":"m","messages":)" + std::string(100'000, '[')).find("it is not JSON") ==
          0);
}

TEST_CASE("half a body is refused, wherever it ends, and half an emoji is not") {
    for (const char* name : {"claude-turn.json", "codex-turn.json", "gemini-turn.json"}) {
        const std::string whole = own_sample(name);
        const std::string path = name[0] == 'g'   ? "/v1beta/models/m:generateContent"
                                 : name[1] == 'o' ? "/responses"
                                                  : "/v1/messages";
        for (std::size_t at = 0; at + 2 < whole.size(); ++at) {
            std::string half = whole.substr(0, at);
            if (read(path, half)) FAIL_CHECK(name << " is taken with " << at << " bytes");
        }
    }
    const std::string body = R"({"model":"m","messages":[{"role":"user","content":"a\ud83d b\udc00 \ud83d\ude00"}]})";
    CHECK(parsed(to_chat("/v1/messages", body, server())).at("messages").at(0).at("content") ==
          "a\uFFFD b\uFFFD \U0001F600");
}
