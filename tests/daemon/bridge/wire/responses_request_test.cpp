#include "daemon/bridge/wire/responses_request.hpp"

#include "daemon/bridge/wire/carrier.hpp"
#include "tests/daemon/bridge/wire/turns.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd::bridge;

namespace {

std::string read(const std::string& body) { return read_and_shown(agent::codex, body); }

/// A request with these items.
std::string with_items(const std::string& items) { return read(fmt::format(R"({{"model":"m","input":[{}]}})", items)); }

/// A request with these members besides.
std::string with(const std::string& members) { return read(fmt::format(R"({{"model":"m","input":[],{}}})", members)); }

}  // namespace

TEST_CASE("a turn of codex is read with all that stands in it") {
    CHECK(
        read(
            R"({"model":"m","stream":true,"instructions":"Be brief.","max_output_tokens":900,"temperature":1.0,"top_p":0.5,
"prompt_cache_key":"k","reasoning":{"effort":"xhigh","summary":"auto"},"include":["reasoning.encrypted_content"],"store":false,"previous_response_id":null,
"input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"You code."}]},{"role":"system","content":"In C++."},
{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image\/png;base64,iV\/BO=","detail":"high"},{"type":"input_file","filename":"t.pdf","file_data":"data:application/pdf;base64,JVBE"}]},
{"type":"message","role":"developer","content":"Today is Monday."},
{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Running."},{"type":"refusal","refusal":"No."}]},
{"type":"function_call","call_id":"c1","name":"sh","arguments":"{\"z\": 1.0}"},{"type":"function_call","call_id":"c2","name":"close","namespace":"agents","arguments":""},
{"type":"custom_tool_call","call_id":"c3","name":"patch","input":"*** Begin"},
{"type":"function_call_output","call_id":"c1","output":"out"},{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"https://x/y.png"}]},
{"type":"custom_tool_call_output","call_id":"c3","output":"done"}],
"tools":[{"type":"function","name":"sh","description":"runs","strict":false,"parameters":{"type": "object"}},{"type":"namespace","name":"agents","tools":[{"type":"function","name":"close","parameters":{}}]},{"type":"custom","name":"patch","description":"takes text"},{"type":"web_search"}],
"tool_choice":"auto","parallel_tool_calls":false,"text":{"format":{"type":"json_schema","name":"out","schema":{"type":"object"}}}})") ==
        R"(m stream
system Be brief.\n\nYou code.\n\nIn C++.
user
  text look
  media image/png iV\/BO=
  media application/pdf JVBE t.pdf
system message
  text Today is Monday.
assistant
  text Running.
  text No.
  call c1 sh {"z": 1.0}
  call c2 agents close {}
  custom call c3 patch *** Begin
user
  result c1
    text out
  result c2
    text a
    media image/* https://x/y.png
  result c3
    text done
tool sh runs {"type": "object"}
tool agents close {}
custom tool patch takes text
choice automatic one at a time
limit 900
thinking on xhigh
temperature 1.0
top_p 0.5
json out {"type":"object"}
cache k
loss web_search tool
)");
}

TEST_CASE("an input that is a text is what the user says") {
    CHECK(read(R"({"model":"m","input":"hi"})") == "m\nuser\n  text hi\n");
}

TEST_CASE("tools that the conversation brings are offered behind those of the request, each once") {
    const std::string found = R"({"type":"tool_search_output","tools":[{"type":"function","name":"late"},
        {"type":"namespace","name":"n","tools":[{"type":"function","name":"sh"}]},{"type":"function","name":"sh"}]})";
    CHECK(
        read(fmt::format(
            R"({{"model":"m","input":[{{"type":"tool_search_call"}},{},{{"type":"additional_tools","tools":[{{"type":"function","name":"later"}}]}},{}],"tools":[{{"type":"function","name":"sh"}}]}})",
            found, found)) == "m\ntool sh\ntool late\ntool n sh\ntool later\nloss tool_search_call item\n");
    // Two of a name within the request are for `tool_names` to refuse.
    CHECK(with(R"("tools":[{"name":"a"},{"name":"a"}])") == "m\ntool a\ntool a\n");
}

TEST_CASE("reasoning of this server comes back, of others it does not") {
    const auto item = [](std::string_view members) {
        return with_items(fmt::format(R"({{"type":"reasoning","id":"rs_1",{}}})", members));
    };
    const std::string ours = seal(test_maker, {.kind = "content"});
    CHECK(
        item(fmt::format(
            R"("summary":[{{"type":"summary_text","text":"a"}},{{"type":"summary_text","text":"b"}}],"content":null,"encrypted_content":"{}")",
            ours)) == "m\nassistant\n  reasoning content a\\n\\nb\n");
    CHECK(
        item(fmt::format(
            R"("summary":[{{"type":"summary_text","text":"a"}}],"content":[{{"type":"reasoning_text","text":"whole"}}],"encrypted_content":"{}")",
            ours)) == "m\nassistant\n  reasoning content whole\n");
    CHECK(item(R"("summary":[{"type":"summary_text","text":"a"}],"encrypted_content":"ZW5j")") == "m\n");
    CHECK(item(R"("summary":[{"type":"summary_text","text":"a"}])") == "m\n");
}

TEST_CASE("arguments are an object, whatever was called") {
    const auto call = [](std::string_view arguments) {
        return with_items(
            fmt::format(R"({{"type":"function_call","call_id":"c","name":"sh","arguments":{}}})", arguments));
    };
    CHECK(call(R"("{\"a\":1}")") == "m\nassistant\n  call c sh {\"a\":1}\n");
    CHECK(call(R"({"a": 1})") == "m\nassistant\n  call c sh {\"a\": 1}\n");
    CHECK(call(R"(" ")") == "m\nassistant\n  call c sh {}\n");
    CHECK(call("null") == "m\nassistant\n  call c sh {}\n");
    CHECK(call(R"("{\"a\":")") == "m\nassistant\n  call c sh {\"_unparsed\":\"{\\\"a\\\":\"}\n");
    CHECK(call(R"("[1]")") == "m\nassistant\n  call c sh {\"_unparsed\":\"[1]\"}\n");
}

TEST_CASE("items of no known kind are lost") {
    CHECK(
        with_items(
            R"({"type":"local_shell_call","id":"l"},{"type":"web_search_call"},{"role":"user","content":[{"type":"input_audio"},{"type":"input_image","file_id":"f"}]})") ==
        "m\nuser\nloss local_shell_call item\nloss web_search_call item\nloss input_audio part\nloss image without its "
        "data\n");
}

TEST_CASE("choices and settings of codex, in each form") {
    CHECK(with(R"("tool_choice":"required")") == "m\nchoice any\n");
    CHECK(with(R"("tool_choice":"none")") == "m\nchoice none\n");
    CHECK(with(R"("tool_choice":{"type":"function","name":"sh"})") == "m\nchoice one sh\n");
    CHECK(with(R"("tool_choice":{"type":"custom","name":"patch"})") == "m\nchoice one patch\n");
    CHECK(with(R"("tool_choice":{"type":"web_search"})") == "m\nloss web_search as a tool_choice\n");
    const auto allowed = [](std::string_view mode, std::string_view tools) {
        return with(fmt::format(R"("tool_choice":{{"type":"allowed_tools","mode":"{}","tools":[{}]}})", mode, tools));
    };
    const std::string one = R"({"type":"function","name":"sh"})";
    CHECK(allowed("required", one) == "m\nchoice one sh\n");
    CHECK(allowed("required", one + ',' + one) == "m\nchoice any\nloss allowed_tools as a tool_choice\n");
    CHECK(allowed("auto", one) == "m\nloss allowed_tools as a tool_choice\n");
    CHECK(with(R"("reasoning":{"effort":"none"})") == "m\nthinking off\n");
    CHECK(with(R"("reasoning":{"summary":"auto"})") == "m\nthinking on\n");
    CHECK(with(R"("text":{"format":{"type":"json_object"}})") == "m\njson\n");
    CHECK(with(R"("text":{"format":{"type":"text"}})") == "m\n");
}

TEST_CASE("what the Responses protocol does not know, or is kept elsewhere, is refused with its place") {
    const std::string kept = " is not possible here: nothing is kept; send the whole conversation (store: false)\n";
    CHECK(with(R"("previous_response_id":"r")") == "refused: previous_response_id" + kept);
    CHECK(with(R"("conversation":"c")") == "refused: conversation" + kept);
    CHECK(with(R"("prompt":{"id":"p"})") == "refused: prompt" + kept);
    CHECK(with_items(R"({"type":"item_reference","id":"i"})") == "refused: input[0].id" + kept);
    CHECK(read(R"({"input":[]})") == "refused: the request names no model\n");
    CHECK(read(R"({"model":"m"})") == "refused: input is neither a text nor a list\n");
    CHECK(with_items(R"({"role":"robot","content":"a"})") ==
          "refused: input[0].role is robot, which is none; use user, assistant, developer or system\n");
    CHECK(with_items(R"({"role":"user","content":"a"},{})") == "refused: input[1].type is missing\n");
    CHECK(with_items(
              R"({"type":"message","role":"user","content":[{"type":"input_text"},{"type":"input_text","text":1}]})") ==
          "refused: input[0].content[1].text is not a text\n");
    CHECK(with_items(R"({"type":"function_call","name":"a","arguments":"{}"})") ==
          "refused: input[0].call_id is missing\n");
    CHECK(with_items(R"({"type":"function_call","call_id":"a","name":"a","arguments":[]})") ==
          "refused: input[0].arguments is not a text\n");
    CHECK(with_items(R"({"type":"function_call_output","call_id":"a","output":7})") ==
          "refused: input[0].output is not a list\n");
    CHECK(with(R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}])") ==
          "refused: tools[0].tools[0].name is missing\n");
    CHECK(with(R"("instructions":["a"])") == "refused: instructions is not a text\n");
}
