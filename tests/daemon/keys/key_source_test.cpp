#include "daemon/keys/key_source.hpp"

#include "daemon/keys/key_store.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include <stdlib.h>

using namespace opd;
using namespace opd::keys;
using opd::test::temp_folder;

namespace {

constexpr const char* name = "OPERATOR_TEST_KEY";

/// The key, `none`, or what is wrong with it.
std::string text_of(const sought_key& sought) {
    if (sought) return *sought ? std::string((*sought)->reveal()) : "none";
    return sought.error().sentence();
}

std::string in_environment(const char* value) {
    if (value == nullptr)
        ::unsetenv(name);
    else
        ::setenv(name, value, 1);
    std::string found = text_of(key_from_environment(name, {}));
    ::unsetenv(name);
    return found;
}

}  // namespace

TEST_CASE("a key of the environment is what its variable holds; an empty one is none") {
    CHECK(in_environment(nullptr) == "none");
    CHECK(in_environment("") == "none");
    CHECK(in_environment(" \n") == "none");
    CHECK(in_environment("sk-test") == "sk-test");
    CHECK(in_environment(" sk-test\r\n") == "sk-test");
    CHECK(in_environment("sk-\r\nX-Evil: 1") ==
          "OPERATOR_TEST_KEY in the environment of operatord holds a control character, which no HTTP header can; set "
          "it anew and restart operatord");
    CHECK(text_of(key_from_environment("", {})) == "none");
}

TEST_CASE("a credential is what the file of its name holds") {
    const temp_folder folder;
    folder.write("LAB_KEY", "sk-test\n");
    folder.write("EMPTY", "\n");
    folder.write("EVIL", "a\nb\n");
    folder.write("sub/KEY", "hidden");
    const auto look_for = [&](std::string_view wanted) {
        return text_of(key_from_credentials(folder.path(), wanted, {.key_bytes = 8}));
    };
    CHECK(look_for("LAB_KEY") == "sk-test");
    CHECK(look_for("NONE") == "none");
    CHECK(look_for("EMPTY") == "none");
    CHECK(look_for("EVIL") ==
          "the credential EVIL holds a control character, which no HTTP header can; load another one, and restart "
          "operatord");
    folder.write("LAB_KEY", "sk-test56\n");
    CHECK(look_for("LAB_KEY") ==
          (folder.path() / "LAB_KEY").string() + ": has more than 8 bytes; is it the right file?");
    // A name is no path, whatever it says.
    CHECK(look_for("sub/KEY") == "none");
    CHECK(look_for("../LAB_KEY") == "none");
    CHECK(look_for("") == "none");
    CHECK(text_of(key_from_credentials(folder.path() / "none", "LAB_KEY", {})) == "none");
}

TEST_CASE("the sources have names") {
    CHECK(to_string(key_source::pushed) == "pushed");
    CHECK(to_string(key_source::credentials) == "credentials");
    CHECK(to_string(key_source::keys_file) == "keys.env");
    CHECK(to_string(key_source::environment) == "environment");
}
