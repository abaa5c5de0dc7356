#include "daemon/bridge/wire/gemini_request.hpp"

#include "daemon/bridge/wire/carrier.hpp"
#include "tests/daemon/bridge/wire/turns.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd::bridge;

namespace {

std::string read(const std::string& body) { return read_and_shown(agent::gemini, body); }

/// A request with these contents.
std::string with_contents(const std::string& contents) { return read(fmt::format(R"({{"contents":[{}]}})", contents)); }

/// A request with these members besides.
std::string with(const std::string& members) { return read(fmt::format(R"({{"contents":[],{}}})", members)); }

}  // namespace

TEST_CASE("a turn of gemini is read with all that stands in it") {
    CHECK(read(R"({"systemInstruction":{"role":"user","parts":[{"text":"You"},{"text":"code."}]},
"contents":[{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://x/y.pdf"}}]},
{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Running."},{"functionCall":{"id":"a","name":"sh","args":{"z": 1.0}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"b","name":"ls"}}]},
{"role":"user","parts":[{"functionResponse":{"id":"b","name":"ls","response":{"output":"x"}}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"functionResponse":{"id":"a","name":"sh","response":{"error":"no"},"parts":[{"inlineData":{"mimeType":"image/gif","data":"BBBB","displayName":"g"}}]}},{"text":"and?"},{"inlineData":{"mimeType":"image/png","data":"CCCC"}}]}],
"tools":[{"functionDeclarations":[{"name":"sh","description":"runs","parametersJsonSchema":{"$schema":"s","type": "object"}}]},{"googleSearch":{}}],
"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},
"generationConfig":{"maxOutputTokens":100,"temperature":1,"topP":0.95,"topK":64,"stopSequences":["END"],"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"HIGH"},"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}})") ==
          R"(m stream
system You\n\ncode.
user
  text look
  media image/png iVBO
  media application/pdf https://x/y.pdf
assistant
  text Running.
  call a sh {"z": 1.0}
  call b ls {}
user
  result b ls
    text x
    media image/png AAAA
  failed a sh
    text no
    media image/gif BBBB g
  text and?
  media image/png CCCC
tool sh runs {"$schema":"s","type": "object"}
limit 100
thinking on high
temperature 1
top_p 0.95
top_k 64
stop END
json {"type":"object"}
loss googleSearch tool
)");
}

TEST_CASE("members may be written in snake case, and what countTokens wraps is the same request") {
    const std::string snake =
        R"({"system_instruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"inline_data":{"mime_type":"image/png","data":"AA"}}]},
{"role":"model","parts":[{"function_call":{"name":"a"}}]},{"role":"user","parts":[{"function_response":{"name":"a","response":{"output":"x"}}}]}],
"tools":[{"function_declarations":[{"name":"a","parameters_json_schema":{}}]}],"tool_config":{"function_calling_config":{"mode":"ANY","allowed_function_names":["a"]}},
"generation_config":{"max_output_tokens":1,"top_p":0.5,"top_k":2,"stop_sequences":["z"],"thinking_config":{"thinking_budget":0}}})";
    const std::string turn = R"(m stream
system s
user
  media image/png AA
assistant
  call a_0 a {}
user
  result a_0 a
    text x
tool a {}
choice one a
limit 1
thinking off
top_p 0.5
top_k 2
stop z
)";
    CHECK(read(snake) == turn);
    CHECK(read(fmt::format(R"({{"generateContentRequest":{}}})", snake)) == turn);
}

TEST_CASE("results without an id belong to the calls of their name, in order, within one step") {
    const auto call = [](std::string_view members) { return fmt::format(R"({{"functionCall":{{{}}}}})", members); };
    const auto result = [](std::string_view members) {
        return fmt::format(R"({{"functionResponse":{{{},"response":{{"output":"x"}}}}}})", members);
    };
    const std::string a = R"("name":"a")", b = R"("name":"b")";
    const auto model = [](const std::string& parts) { return R"({"role":"model","parts":[)" + parts + "]}"; };
    const auto user = [](const std::string& parts) { return R"({"role":"user","parts":[)" + parts + "]}"; };
    const std::string first = model(call(a) + ',' + call(b)) + ',' + model(call(a));
    CHECK(
        with_contents(first + ',' + user(result(b) + ',' + result(a) + ',' + result(a) + ',' + result(a))) ==
        "m stream\nassistant\n  call a_0 a {}\n  call b_1 b {}\nassistant\n  call a_2 a {}\nuser\n"
        "  result b_1 b\n    text x\n  result a_0 a\n    text x\n  result a_2 a\n    text x\n  result a\n    text x\n");
    // A call that nobody has answered is no longer waiting in the next step.
    CHECK(with_contents(model(call(a)) + ',' + user(R"({"text":"go on"})") + ',' + model(call(a)) + ',' +
                        user(result(a))) ==
          "m stream\nassistant\n  call a_0 a {}\nuser\n  text go on\nassistant\n  call a_1 a {}\nuser\n"
          "  result a_1 a\n    text x\n");
    // An id decides; the one that is left is the other's; an id of no call says nothing.
    const std::string with_ids = model(call(a + R"(,"id":"1")") + ',' + call(a + R"(,"id":"2")"));
    CHECK(with_contents(with_ids + ',' + user(result(a + R"(,"id":"2")") + ',' + result(a + R"(,"id":"9")"))) ==
          "m stream\nassistant\n  call 1 a {}\n  call 2 a {}\nuser\n  result 2 a\n    text x\n  result 1 a\n    text "
          "x\n");
}

TEST_CASE("what a tool answers is plain text where it is one, else as it stands") {
    const auto told = [](std::string_view response) {
        const std::string shown = with_contents(
            fmt::format(R"({{"parts":[{{"functionResponse":{{"name":"a","response":{}}}}}]}})", response));
        return shown.substr(shown.find("user\n") + 5);
    };
    CHECK(told(R"({"output":"a\"b"})") == "  result a\n    text a\"b\n");
    CHECK(told(R"({"output":{"k": 1}})") == "  result a\n    text {\"k\": 1}\n");
    CHECK(told(R"({"error":"no"})") == "  failed a\n    text no\n");
    CHECK(told(R"({"output":"x","exit": 1})") == "  result a\n    text {\"output\":\"x\",\"exit\": 1}\n");
    CHECK(told(R"({"output":"x","error":"y"})") == "  failed a\n    text {\"output\":\"x\",\"error\":\"y\"}\n");
    CHECK(told(R"({"output":"x","error":null})") == "  result a\n    text {\"output\":\"x\",\"error\":null}\n");
    CHECK(told(R"({"result":[1]})") == "  result a\n    text {\"result\":[1]}\n");
    CHECK(told("null") == "  result a\n    text null\n");
}

TEST_CASE("what a call carries is this server's reasoning before it, or nothing") {
    const auto call = [](std::string_view signature) {
        return with_contents(fmt::format(
            R"({{"role":"model","parts":[{{"functionCall":{{"name":"a"}},"thoughtSignature":"{}"}}]}})", signature));
    };
    const std::string plain = "m stream\nassistant\n  call a_0 a {}\n";
    CHECK(call(seal(test_maker, {.kind = "content", .state = "I will."})) ==
          "m stream\nassistant\n  reasoning content I will.\n  call a_0 a {}\n");
    CHECK(call(seal(test_maker, {.kind = "details", .state = "[]"})) ==
          "m stream\nassistant\n  reasoning details []\n  call a_0 a {}\n");
    CHECK(call(seal("fedcba9876543210", {.kind = "content", .state = "I will."})) == plain);
    CHECK(call("skip_thought_signature_validator") == plain);
    CHECK(call("") == plain);
}

TEST_CASE("Gemini's own schemas become JSON Schema, all else in them stays") {
    const auto schema = [](std::string_view given) {
        const std::string shown = with(fmt::format(
            R"("tools":[{{"functionDeclarations":[{{"name":"a","parameters":{0}}}]}}],"generationConfig":{{"responseSchema":{0}}})",
            given));
        return shown;
    };
    CHECK(
        schema(
            R"({"type":"OBJECT", "properties":{"type":{"type":"STRING","enum":["ONE","5"],"minLength":"5","description":"type: A \" \\"},"n":{"type" : "INTEGER","minimum":1.50,"title":"7"}},"required":["type"]})") ==
        "m stream\ntool a " +
            std::string(
                R"({"type":"object", "properties":{"type":{"type":"string","enum":["ONE","5"],"minLength":5,"description":"type: A \" \\"},"n":{"type" : "integer","minimum":1.50,"title":"7"}},"required":["type"]})") +
            '\n');
    CHECK(schema("null") == "m stream\ntool a\n");
}

TEST_CASE("choices and settings of gemini, in each form") {
    const auto choice = [](std::string_view config) {
        return with(fmt::format(R"("toolConfig":{{"functionCallingConfig":{}}})", config));
    };
    CHECK(choice(R"({"mode":"NONE"})") == "m stream\nchoice none\n");
    CHECK(choice(R"({"mode":"ANY"})") == "m stream\nchoice any\n");
    CHECK(choice(R"({"mode":"VALIDATED"})") == "m stream\n");
    CHECK(choice(R"({"mode":"ANY","allowedFunctionNames":["a","b"]})") ==
          "m stream\nchoice any\nloss allowedFunctionNames as a choice\n");
    CHECK(choice(R"({"mode":"VALIDATED","allowedFunctionNames":["a"]})") ==
          "m stream\nloss allowedFunctionNames as a choice\n");
    const auto thinking = [](std::string_view config) {
        return with(fmt::format(R"("generationConfig":{{"thinkingConfig":{}}})", config));
    };
    CHECK(thinking(R"({"thinkingBudget":-1})") == "m stream\nthinking on\n");
    CHECK(thinking(R"({"thinkingBudget":0})") == "m stream\nthinking off\n");
    CHECK(thinking(R"({"thinkingLevel":"low"})") == "m stream\nthinking on low\n");
}

TEST_CASE("Google's search is lost, and refused where it is all that is offered") {
    CHECK(
        with(R"("tools":[{"googleSearch":{}}])") ==
        "refused: this model server has no googleSearch tool, so nothing was searched; use a server of the vendor for "
        "that, or go on without\n");
    CHECK(with_contents(R"({"role":"model","parts":[{"executableCode":{"code":"1"}},{"thoughtSignature":"x"},{}]})") ==
          "m stream\nassistant\nloss executableCode part\n");
}

TEST_CASE("what Gemini's protocol does not know is refused with its place") {
    CHECK(read("{}") == "refused: contents is not a list\n");
    CHECK(read("[]") == "refused: the body is not a JSON object\n");
    CHECK(with_contents(R"({"role":"robot"})") ==
          "refused: contents[0].role is robot, which is none; use user or model\n");
    CHECK(with_contents(R"({"parts":[{"text":"a"},{"text":1}]})") ==
          "refused: contents[0].parts[1].text is not a text\n");
    CHECK(with_contents(R"({"parts":["a"]})") == "refused: contents[0].parts[0] is not an object\n");
    CHECK(with_contents(R"({"parts":{}})") == "refused: contents[0].parts is not a list\n");
    CHECK(with_contents(R"({"parts":[{"functionCall":{"args":{}}}]})") ==
          "refused: contents[0].parts[0].functionCall.name is missing\n");
    CHECK(with_contents(R"({"parts":[{"functionCall":{"name":"a","args":[]}}]})") ==
          "refused: contents[0].parts[0].functionCall.args is not an object\n");
    CHECK(with_contents(R"({"parts":[{"functionResponse":{"response":{}}}]})") ==
          "refused: contents[0].parts[0].functionResponse.name is missing\n");
    CHECK(with(R"("tools":[{"functionDeclarations":[{"name":"a"},{"name":7}]}])") ==
          "refused: tools[0].functionDeclarations[1].name is not a text\n");
    CHECK(with(R"("generationConfig":{"temperature":"1"})") ==
          "refused: generationConfig.temperature is not a number\n");
    CHECK(with(R"("cachedContent":"cachedContents/1")") ==
          "refused: cachedContent is not possible here: nothing is kept; send the whole conversation\n");
}
