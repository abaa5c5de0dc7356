#include "config/model/field_rules.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

std::string said(const result<void>& checked) {
    return checked ? std::string("fine") : checked.error().message + " | " + checked.error().hint;
}

}  // namespace

TEST_CASE("names are 1 to 128 bytes of readable UTF-8") {
    for (const std::string_view name :
         {"a", "ollama-local", "Ollama (local)", "größe", "漢字", "...", "kind", "a/b", "*"}) {
        CAPTURE(name);
        CHECK(said(check_name(name)) == "fine");
    }
    CHECK(said(check_name(std::string(128, 'x'))) == "fine");
    CHECK(said(check_name("")) == "the name is empty | give it a name of 1 to 128 bytes");
    CHECK(said(check_name(std::string(129, 'x'))) ==
          "the name has 129 bytes, more than 128 | shorten it; display_name may be long");
    CHECK(said(check_name("a\tb")) ==
          "the name \"a b\" holds a control character | use letters, digits and punctuation");
    CHECK(said(check_name("a\xC2\x85")) ==
          "the name \"a�\" holds a control character | use letters, digits and punctuation");
    CHECK(said(check_name("a\xFF")) == "the name is not UTF-8 | write it in UTF-8");
    CHECK(said(check_name(".")) == "the name \".\" means a folder in a URL | choose another name");
    CHECK(said(check_name("..")) == "the name \"..\" means a folder in a URL | choose another name");
    CHECK(said(check_name("kinds")) ==
          "the name \"kinds\" is taken by a route of the REST interface | choose another name");
}

TEST_CASE("a declared server cannot take the name of a builtin one") {
    CHECK(said(check_declared_server_name("openai-api")) ==
          "the name \"openai-api\" belongs to a builtin model server | choose another name, such as \"my-openai-api\"");
    CHECK(said(check_declared_server_name("ollama")) == "fine");
    CHECK(said(check_declared_server_name("kinds")) == said(check_name("kinds")));
}

TEST_CASE("names of environment variables are letters, digits and underscores") {
    for (const std::string_view name : {"A", "_", "a1", "MY_KEY", "_9"}) {
        CAPTURE(name);
        CHECK(is_env_name(name));
        CHECK(said(check_env_name(name)) == "fine");
    }
    for (const std::string_view name : {"", "9A", "A-B", "A B", "A=B", "Ä", "A\n"}) {
        CAPTURE(name);
        CHECK_FALSE(is_env_name(name));
    }
    CHECK(said(check_env_name("A-B")) ==
          "\"A-B\" cannot be the name of an environment variable | use letters, digits and \"_\", and no digit at the "
          "start");
}

TEST_CASE("a key where its variable's name belongs is refused without being repeated") {
    const std::string hint =
        " | write the NAME of an environment variable, as in api_key_env = \"MY_API_KEY\", and put the key itself into "
        "that variable";
    CHECK(said(check_api_key_env("OPENAI_API_KEY")) == "fine");
    CHECK(said(check_api_key_env("sk-proj-abc")) ==
          "api_key_env holds a key where the NAME of a variable is wanted" + hint);
    CHECK(said(check_api_key_env("gsk_abcdef")) ==
          "api_key_env holds a key where the NAME of a variable is wanted" + hint);
    CHECK(said(check_api_key_env("AIzaSyA1")) ==
          "api_key_env holds a key where the NAME of a variable is wanted" + hint);
    CHECK(said(check_api_key_env("0a1b2c3d-e4f5")) == "api_key_env is not the NAME of an environment variable" + hint);
    CHECK(said(check_api_key_env("")) == "api_key_env is empty" + hint);
    CHECK(said(check_api_key_env("$MY_KEY")) ==
          "api_key_env holds a \"$\" before the name | leave the \"$\" out: only the NAME is wanted");
}

TEST_CASE("a value of the environment is any text without NUL") {
    CHECK(said(check_env_value("")) == "fine");
    CHECK(said(check_env_value("a\nb\t\x1b ü ${X}")) == "fine");
    CHECK(said(check_env_value(std::string_view("a\0b", 3))) ==
          "the value holds a NUL character, which no environment variable can | take it out");
    CHECK(said(check_env_value("\xFF")) == "the value is not UTF-8 | write it in UTF-8");
}

}  // namespace opd
