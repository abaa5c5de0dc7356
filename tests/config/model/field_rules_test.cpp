#include "config/model/field_rules.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>

namespace opd {
namespace {

template <class T>
std::string said(const result<T>& checked) {
    return checked ? std::string("fine") : checked.error().message + " | " + checked.error().hint;
}

std::string table_said(std::string_view json) {
    return said(check_table_texts(boost::json::parse({json.data(), json.size()}).as_object()));
}

}  // namespace

TEST_CASE("an unknown kind or tool is told with the nearest one") {
    CHECK(*kind_named("ollama") == find_kind("ollama"));
    CHECK(said(kind_named("olama")) == "unknown kind \"olama\" | did you mean \"ollama\"?");
    CHECK(said(kind_named("bedrock")) ==
          "unknown kind \"bedrock\" | the kinds are anthropic-api, openai-api, google-api, ollama, openrouter, "
          "openai-compat and lmstudio");
    CHECK(*llm_tool_named("codex") == find_llm_tool("codex"));
    CHECK(said(llm_tool_named("gemeni")) == "unknown llm tool \"gemeni\" | did you mean \"gemini\"?");
    CHECK(said(llm_tool_named("aider")) == "unknown llm tool \"aider\" | the tools are claude, codex and gemini");
}

TEST_CASE("a base URL is one that can be asked, and a CA file an absolute path") {
    const kind& ollama = *find_kind("ollama");
    CHECK(said(check_text(text_rule::base_url, "http://h:1/v1", &ollama)) == "fine");
    CHECK(said(check_text(text_rule::base_url, "h:1", &ollama)) ==
          "base_url does not start with http:// or https:// | write \"http://h:1\"");
    CHECK(said(check_text(text_rule::base_url, "http://h", find_kind("openai-compat"))) == "fine");
    for (const std::string_view path : {"/ca.pem", "~/ca.pem"})
        CHECK(said(check_text(text_rule::ca_file, path)) == "fine");
    using namespace std::string_view_literals;
    for (const auto path : {""sv, "ca.pem"sv, "~ca.pem"sv, "/a\0b"sv})
        CHECK(said(check_text(text_rule::ca_file, path))
                  .ends_with("is not an absolute path | write a path that starts with \"/\" or \"~/\""));
}

TEST_CASE("texts are not empty and hold no control characters") {
    CHECK(said(check_text(text_rule::display_name, "")) == "fine");
    CHECK(said(check_text(text_rule::display_name, "Größe (1)")) == "fine");
    CHECK(said(check_text(text_rule::display_name, "a\nb")) == "display_name holds a control character | take it out");
    CHECK(said(check_text(text_rule::llm_tool, "aider")) == "fine");
    CHECK(said(check_text(text_rule::llm_tool, "")) == "llm_tool is empty | name the tool, such as \"claude\"");
    CHECK(said(check_text(text_rule::llm_tool, "a\x7f")) == "llm_tool holds a control character | take it out");
    CHECK(said(check_text(text_rule::model, "org/qwen2.5:7b")) == "fine");
    CHECK(said(check_text(text_rule::model, "")) == "model is empty | name the model, such as \"sonnet\"");
    CHECK(said(check_text(text_rule::model, "a\r")) == "model holds a control character | take it out");
    CHECK(said(check_text(text_rule::model_server, "")) ==
          "model_server is empty | name a model server, or leave it out");
    CHECK(said(check_text(text_rule::model_server, "a\tb")) == "model_server holds a control character | take it out");
}

TEST_CASE("a table may hold all that TOML knows") {
    CHECK(table_said("{}") == "fine");
    CHECK(table_said(R"({"a": null, "b": {"c": null, "d": [{"e": null}, [], 1, -1.5, true]}, "": "x\ny"})") == "fine");
    CHECK(table_said(R"({"flags": ["a", "b\u0000"]})") == "flags[1] holds a NUL character | take it out");
    CHECK(table_said(R"({"a": {"b\u0000c": 1}})") == "a key in a holds a NUL character | take it out");
    CHECK(table_said(R"({"\u0000": 1})") == "a key holds a NUL character | take it out");
    CHECK(table_said(R"({"a": {"b c": [[1, null]]}})") ==
          "a.\"b c\"[0][1] is null, which TOML does not know | leave it out");
    CHECK(table_said(R"({"big": 9223372036854775807})") == "fine");
    CHECK(table_said(R"({"big": 9223372036854775808})") ==
          "big is larger than any whole number of TOML | write it as a text");
    boost::json::object endless;
    endless["x"] = std::numeric_limits<double>::infinity();
    CHECK(said(check_table_texts(endless)) == "x is larger than any number | write it as a text");
}

}  // namespace opd
