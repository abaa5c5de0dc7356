// What holds for requests of each protocol, friendly and hostile ones.

#include "tests/daemon/bridge/wire/samples.hpp"
#include "tests/daemon/bridge/wire/turns.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>

using namespace opd::bridge;
namespace json = boost::json;

namespace {

constexpr std::array agents{agent::claude, agent::codex, agent::gemini};

std::string own_turn(agent who) {
    constexpr std::array names{"claude-turn.json", "codex-turn.json", "gemini-turn.json"};
    return own_sample(names.at(static_cast<std::size_t>(who)));
}

std::string repeated(std::string_view one, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i != times; ++i) {
        if (i != 0) all += ',';
        all += one;
    }
    return all;
}

std::string refusal(agent who, std::string body) {
    const auto read = read_as(who, body);
    REQUIRE(read.has_error());
    return read.error().message;
}

void check_sample(const std::string& name, agent who, std::string body) {
    CAPTURE(name);
    const auto read = read_as(who, body);
    if (name.find("websearch") != name.npos) {
        REQUIRE(read.has_error());
        CHECK(read.error().message.find("so nothing was searched; use a server of the vendor") != std::string::npos);
        return;
    }
    REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : read.error().message));
    CHECK(!read->messages.empty());
    for (const tool& one : read->tools) CHECK(json::parse(one.schema).is_object());
    for (const message& one : read->messages)
        for (const part& piece : one.parts)
            if (const auto* const call = std::get_if<call_part>(&piece); call != nullptr && !call->custom)
                CHECK(json::parse(call->arguments).is_object());
    check_digest(name + " turn", shown(*read));
}

}  // namespace

TEST_CASE("what agents and SDKs were seen to send is understood") {
    for (const std::string& name : samples("agents", ".json")) {
        const json::value file = json::parse(sample(name));
        const agent who = name.find("claude") != name.npos  ? agent::claude
                          : name.find("codex") != name.npos ? agent::codex
                                                            : agent::gemini;
        check_sample(name, who, json::serialize(file.at("body")));
    }
    for (const std::string& name : samples("anthropic", "-request.json"))
        check_sample(name, agent::claude, sample(name));
    for (const std::string& name : samples("openai-responses", "-request.json"))
        check_sample(name, agent::codex, sample(name));
    for (const std::string& name : samples("gemini", "-request.json")) check_sample(name, agent::gemini, sample(name));
}

TEST_CASE("a body that ends anywhere is no request") {
    for (const agent who : agents) {
        const std::string whole = own_turn(who);
        const std::size_t end = whole.find_last_of('}');
        for (std::size_t at = 0; at <= end; ++at) {
            CAPTURE(at);
            CHECK(refusal(who, whole.substr(0, at)).starts_with("it is not JSON: "));
        }
        std::string body = whole;
        CHECK(read_as(who, body).has_value());
        CHECK(refusal(who, whole + "{}").starts_with("it is not JSON: "));
    }
}

TEST_CASE("any byte of a body may be another one") {
    for (const agent who : agents) {
        const std::string whole = own_turn(who);
        for (const char other : {'\0', '"', '\\', '{', ']', ',', '7', '\x80'})
            for (std::size_t at = 0; at != whole.size(); ++at) {
                std::string body = whole;
                body[at] = other;
                const auto read = read_as(who, body);
                if (read)
                    CHECK(!shown(*read).empty());
                else
                    CHECK(!read.error().message.empty());
            }
    }
}

TEST_CASE("what is no text in JSON is refused, and half an emoji is none of these") {
    const auto saying = [](std::string_view quoted) {
        return fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"{}"}}]}})", quoted);
    };
    CHECK(refusal(agent::claude, saying(std::string_view("a\0b", 3))).starts_with("it is not JSON: "));
    CHECK(refusal(agent::claude, saying("\xff")).starts_with("it is not JSON: "));
    CHECK(refusal(agent::claude, saying("\\x")).starts_with("it is not JSON: "));
    CHECK(read_and_shown(agent::claude, saying("\\ud83d \\\\ud83d \\ude00\\ud83d\\ude00")) ==
          "m\nuser\n  text \uFFFD \\ud83d \uFFFD\U0001F600\n");
    CHECK(read_and_shown(agent::claude, saying("a\\u0000b")) == std::string("m\nuser\n  text a\0b\n", 18));
}

TEST_CASE("of two members of one name the first one counts") {
    CHECK(read_and_shown(agent::claude, R"({"model":"a","model":"b","messages":[],"messages":7})") == "a\n");
}

TEST_CASE("no more is kept of a body than any conversation has") {
    const std::string many = "the conversation has more than 100000 parts";
    const std::size_t count = most_parts + 1;
    const auto claude = [](std::string_view members) { return fmt::format(R"({{"model":"m",{}}})", members); };
    CHECK(refusal(agent::claude, claude(R"("messages":[{"role":"user","content":[)" +
                                        repeated(R"({"type":"text","text":"a"})", 1'000'000) + "]}]")) == many);
    CHECK(refusal(agent::claude, claude(R"("messages":[)" + repeated(R"({"role":"user"})", count) + "]")) == many);
    CHECK(refusal(agent::claude, claude(R"("messages":[],"tools":[)" + repeated(R"({"name":"a"})", count) + "]")) ==
          many);
    CHECK(refusal(agent::claude, claude(R"("messages":[],"tools":[)" +
                                        repeated(R"({"name":"a","defer_loading":true})", count) + "]")) == many);
    CHECK(refusal(agent::claude, claude(R"("messages":[],"stop_sequences":[)" + repeated(R"("a")", count) + "]")) ==
          many);
    CHECK(refusal(agent::codex, R"({"model":"m","input":[)" +
                                    repeated(R"({"role":"user"},{"role":"assistant"})", count) + "]}") == many);
    CHECK(refusal(agent::gemini, R"({"contents":[{"parts":[{"functionResponse":{"name":"a"}},)" +
                                     repeated(R"({"inlineData":{"data":"a"}})", count) + "]}]}") == many);
}

TEST_CASE("what is looked for in vain, again and again, is no search through everything") {
    // By one search for each it would be minutes here, and the time limit of the test.
    constexpr std::size_t count = 40'000;
    std::string tools =
        R"({"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[)" +
        repeated(R"({"type":"tool_reference","tool_name":"zzzzzzzz"})", count) + R"(]}]}],"tools":[{"name":"a"})";
    for (std::size_t i = 0; i != count; ++i) tools += fmt::format(R"(,{{"name":"tool{}","defer_loading":true}})", i);
    CHECK(!read_and_shown(agent::claude, tools + "]}").empty());
    const std::string calls = R"({"contents":[{"role":"model","parts":[)" +
                              repeated(R"({"functionCall":{"name":"a"}})", count) + R"(]},{"role":"user","parts":[)" +
                              repeated(R"({"functionResponse":{"name":"a"}})", count) + "]}]}";
    CHECK(!read_and_shown(agent::gemini, calls).empty());
}

TEST_CASE("depth is refused, or costs nothing") {
    for (const agent who : agents) {
        CHECK(refusal(who, std::string(1'000'000, '[')).starts_with("it is not JSON: "));
        CHECK(refusal(who, R"({"a":)" + repeated("", 1) + std::string(250, '[') + std::string(250, ']') + "}")
                  .starts_with("it is not JSON: "));
    }
    std::string schema, end;
    for (int i = 0; i != 150; ++i) {
        schema += R"({"a":)";
        end += '}';
    }
    const std::string text = schema + R"("TEXT")" + end;
    CHECK(
        read_and_shown(agent::gemini, R"({"contents":[],"tools":[{"functionDeclarations":[{"name":"a","parameters":)" +
                                          text + "}]}]}") == "m stream\ntool a " + text + '\n');
    CHECK(
        read_and_shown(
            agent::codex,
            R"({"model":"m","input":[],"tools":[{"name":"a"},{"type":"namespace","name":"n","tools":[{"type":"namespace","name":"o","tools":[{"name":"b"}]}]}]})") ==
        "m\ntool a\nloss namespace tool\n");
}

TEST_CASE("foreign words in a refusal or a loss are short and legible") {
    const std::string odd = R"(a\n\u001b[31m)" + std::string(100'000, 'x');
    CHECK(refusal(agent::claude, fmt::format(R"({{"model":"m","messages":[{{"role":"{}"}}]}})", odd)) ==
          "messages[0].role is unknown, which is none; use user, assistant or system");
    CHECK(refusal(agent::gemini, fmt::format(R"({{"contents":[],"tools":[{{"{}":1}}]}})", odd)) ==
          "this model server has no unknown tool, so nothing was done; use a server of the vendor for that, or go on "
          "without");
    std::string items;
    for (int i = 0; i != 1'000; ++i) items += fmt::format(R"({}{{"type":"kind{}"}})", i == 0 ? "" : ",", i);
    std::string body = fmt::format(R"({{"model":"m","input":[{}]}})", items);
    CHECK(read_as(agent::codex, body)->losses.size() == 20);
}
