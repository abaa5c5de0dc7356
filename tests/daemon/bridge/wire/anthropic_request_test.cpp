#include "daemon/bridge/wire/anthropic_request.hpp"

#include "daemon/bridge/wire/carrier.hpp"
#include "tests/daemon/bridge/wire/turns.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd::bridge;

namespace {

std::string read(const std::string& body) { return read_and_shown(agent::claude, body); }

/// A request with these messages.
std::string with_messages(const std::string& messages) {
    return read(fmt::format(R"({{"model":"m","messages":[{}]}})", messages));
}

/// A request with this user's content.
std::string with_content(const std::string& content) {
    return with_messages(fmt::format(R"({{"role":"user","content":{}}})", content));
}

/// A request with these members besides.
std::string with(const std::string& members) {
    return read(fmt::format(R"({{"model":"m","messages":[],{}}})", members));
}

}  // namespace

TEST_CASE("a turn of claude is read with all that stands in it") {
    CHECK(read(R"({"model":"m","max_tokens":32000,"stream":true,"temperature":0.70,"top_p":1e-1,"top_k":40,
"system":[{"type":"text","text":"x-anthropic-billing-header: cc=1;"},{"type":"text","text":"You"},{"type":"text","text":"code"}],
"stop_sequences":["END",""],"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"metadata":{"user_id":"u"},
"messages":[{"role":"user","content":"hi \u00e9\n"},
{"role":"assistant","content":[{"type":"text","text":"Running."},{"type":"tool_use","id":"t1","name":"Bash","input":{"z":1.0, "a":[ ]}},{"type":"tool_use","id":"t2","name":"Ls"}]},
{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"a","is_error":true},{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"b"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iV\/BO="}}]},{"type":"document","title":"t.pdf","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}},{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}],
"tools":[{"name":"Bash","description":"runs","input_schema":{"type": "object"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}})") ==
          R"(m stream
system You\n\ncode
user
  text hi é\n
assistant
  text Running.
  call t1 Bash {"z":1.0, "a":[ ]}
  call t2 Ls {}
user
  failed t2
    text a
  result t1
    text b
    media image/png iV\/BO=
  media application/pdf JVBERg== t.pdf
  media image/* https://x/y.png
tool Bash runs {"type": "object"}
choice automatic one at a time
limit 32000
thinking on high
temperature 0.70
top_p 1e-1
top_k 40
stop END
)");
}

TEST_CASE("a system text within the conversation is the same one as a string and as blocks") {
    const std::string user = R"({"role":"user","content":"a"},)";
    const std::string as_string = with_messages(user + R"({"role":"system","content":"one\n\ntwo"})");
    CHECK(as_string == "m\nuser\n  text a\nsystem message\n  text one\\n\\ntwo\n");
    CHECK(as_string == with_messages(user + R"({"role":"system","content":[{"type":"text","text":"one"},
        {"type":"text","text":"two","cache_control":{"type":"ephemeral"}}]})"));
}

TEST_CASE("tools that were deferred are offered from when they were found on, at the end, in that order") {
    const std::string tools =
        R"("tools":[{"name":"Alpha","defer_loading":true},{"name":"Bash"},{"name":"DeferredToolPlaceholder","defer_loading":true},
{"name":"Beta","defer_loading":true},{"name":"Gamma","defer_loading":true}])";
    CHECK(with(tools) == "m\ntool Bash\n");
    const auto reference = [](std::string_view name) {
        return fmt::format(
            R"({{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t","content":[{{"type":"tool_reference","tool_name":"{}"}}]}}]}})",
            name);
    };
    const std::string found = fmt::format("{},{},{},{}", reference("Gamma"), reference("Alpha"), reference("Gamma"),
                                          reference("DeferredToolPlaceholder"));
    CHECK(read(fmt::format(R"({{"model":"m","messages":[{}],{}}})", found, tools)) ==
          "m\n"
          "user\n  result t\n    text Loaded: Gamma\n"
          "user\n  result t\n    text Loaded: Alpha\n"
          "user\n  result t\n    text Loaded: Gamma\n"
          "user\n  result t\n    text Loaded: DeferredToolPlaceholder\n"
          "tool Bash\ntool Gamma\ntool Alpha\n");
}

TEST_CASE("thinking of this server comes back, of others it does not") {
    const auto thought = [](std::string_view block) {
        return with_messages(fmt::format(R"({{"role":"assistant","content":[{}]}})", block));
    };
    const std::string ours = seal(test_maker, {.kind = "content", .state = "?>?>"});
    CHECK(thought(fmt::format(R"({{"type":"thinking","thinking":"hm","signature":"{}"}})", ours)) ==
          "m\nassistant\n  reasoning content ?>?> hm\n");
    // A serialiser may write a slash with a backslash; base64 has slashes.
    std::string escaped = ours;
    REQUIRE(escaped.find('/') != std::string::npos);
    for (std::size_t at = 0; (at = escaped.find('/', at)) != escaped.npos; at += 2) escaped.insert(at, 1, '\\');
    CHECK(thought(fmt::format(R"({{"type":"thinking","thinking":"hm","signature":"{}"}})", escaped)) ==
          "m\nassistant\n  reasoning content ?>?> hm\n");
    CHECK(thought(fmt::format(R"({{"type":"redacted_thinking","data":"{}"}})", ours)) ==
          "m\nassistant\n  reasoning content ?>?>\n");
    CHECK(thought(R"({"type":"thinking","thinking":"hm","signature":"c2ln"})") == "m\nassistant\n");
    CHECK(thought(R"({"type":"thinking","thinking":"hm"})") == "m\nassistant\n");
    CHECK(thought(R"({"type":"redacted_thinking","data":"c2ln"})") == "m\nassistant\n");
}

TEST_CASE("a search at the vendor is lost; if it is all that is offered, nothing is asked") {
    const std::string search = R"({"type":"web_search_20250305","name":"web_search","max_uses":8})";
    CHECK(with(fmt::format(R"("tools":[{{"name":"Bash"}},{}])", search)) == "m\ntool Bash\nloss web_search tool\n");
    const std::string refused =
        "refused: this model server has no web_search tool, so nothing was searched; use a server of the vendor for "
        "that, or go on without\n";
    CHECK(with(fmt::format(R"("tools":[{}])", search)) == refused);
    CHECK(read(fmt::format(
              R"({{"model":"m","messages":[{{"role":"user","content":[{{"type":"odd"}}]}}],"tools":[{}]}})", search)) ==
          refused);
    CHECK(with(R"("tools":[{"type":"code_execution_20250522","name":"code_execution"}])") ==
          "refused: this model server has no code_execution tool, so nothing was done; use a server of the vendor for "
          "that, or go on without\n");
}

TEST_CASE("blocks of no known kind are lost, by their name if it is one") {
    CHECK(with_content(R"([{"type":"server_tool_use"},{"type":"a\nb"},{"type":"text","text":"x"}])") ==
          "m\nuser\n  text x\nloss server_tool_use block\nloss unknown block\n");
    CHECK(with_content(R"([{"type":"image","source":{"type":"file","file_id":"f"}}])") ==
          "m\nuser\nloss image of an unknown source\n");
    CHECK(with_content(R"([{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}}])") ==
          "m\nuser\n  text words\n");
}

TEST_CASE("choices and settings, in each form") {
    CHECK(with(R"("tool_choice":{"type":"any"})") == "m\nchoice any\n");
    CHECK(with(R"("tool_choice":{"type":"none"})") == "m\nchoice none\n");
    CHECK(with(R"("tool_choice":{"type":"tool","name":"Bash"})") == "m\nchoice one Bash\n");
    CHECK(with(R"("tool_choice":null,"temperature":null,"stream":null,"tools":null,"system":null)") == "m\n");
    CHECK(with(R"("thinking":{"type":"disabled"})") == "m\nthinking off\n");
    CHECK(with(R"("thinking":{"type":"enabled","budget_tokens":1024})") == "m\nthinking on\n");
    CHECK(with(R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})") ==
          "m\njson {\"type\":\"object\"}\n");
}

TEST_CASE("what claude's protocol does not know is refused with its place") {
    CHECK(read("{}") == "refused: messages is not a list\n");
    CHECK(read(R"({"messages":[]})") == "refused: the request names no model\n");
    CHECK(read(R"({"model":7,"messages":[]})") == "refused: model is not a text\n");
    CHECK(with(R"("stream":"true")") == "refused: stream is neither true nor false\n");
    CHECK(with(R"("system":7)") == "refused: system is not a list\n");
    CHECK(with(R"("system":[{"type":"text","text":"a"},{"type":"text","text":[]}])") ==
          "refused: system[1].text is not a text\n");
    CHECK(with(R"("max_tokens":"9")") == "refused: max_tokens is not a whole number\n");
    CHECK(with(R"("max_tokens":-1)") == "refused: max_tokens is not a whole number\n");
    CHECK(with(R"("temperature":"hot")") == "refused: temperature is not a number\n");
    CHECK(with(R"("stop_sequences":["a",{}])") == "refused: stop_sequences[1] is not a text\n");
    CHECK(with(R"("tools":[{"name":"a"},{}])") == "refused: tools[1].name is missing\n");
    CHECK(with(R"("tools":[{"name":""}])") == "refused: tools[0].name is empty\n");
    CHECK(with(R"("tools":[{"name":"a","input_schema":[]}])") == "refused: tools[0].input_schema is not an object\n");
    CHECK(with(R"("tool_choice":{"type":"tool"})") == "refused: tool_choice.name is missing\n");
    CHECK(with_messages(R"({"role":"user","content":"a"},{"role":"robot","content":"a"})") ==
          "refused: messages[1].role is robot, which is none; use user, assistant or system\n");
    CHECK(with_messages(R"("words")") == "refused: messages[0].role is missing\n");
    CHECK(with_content("7") == "refused: messages[0].content is not a list\n");
    CHECK(with_content(R"(["a"])") == "refused: messages[0].content[0].type is missing\n");
    CHECK(with_content(R"([{"type":"text","text":"a"},{"type":7}])") ==
          "refused: messages[0].content[1].type is not a text\n");
    CHECK(with_content(R"([{"type":"tool_use","id":"i","name":"n","input":"{}"}])") ==
          "refused: messages[0].content[0].input is not an object\n");
    CHECK(with_content(R"([{"type":"tool_result","content":"a"}])") ==
          "refused: messages[0].content[0].tool_use_id is missing\n");
    CHECK(with_content(R"([{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":1}]}])") ==
          "refused: messages[0].content[0].content[0].text is not a text\n");
}
