#include "daemon/keys/key_store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace opd;
using namespace opd::keys;

namespace {

using texts = std::map<std::string, std::string>;
using faults = std::vector<key_line_fault>;

texts shown(const keys_text& read) {
    texts out;
    for (const auto& [name, key] : read.keys) out.emplace(name, std::string(key.reveal()));
    return out;
}

texts keys_in(std::string_view text) {
    const keys_text read = parse_keys(text, {});
    CHECK(read.faults == faults{});
    return shown(read);
}

/// The value of A, of a text that is in order.
std::string value_of(std::string_view text) {
    CAPTURE(text);
    const texts keys = keys_in(text);
    REQUIRE(keys.size() == 1);
    return keys.at("A");
}

faults faults_in(std::string_view text, const key_limits& limits = {}) { return parse_keys(text, limits).faults; }

constexpr const char* no_assignment = "there is no \"=\"; write NAME=value";
constexpr const char* no_name = "what stands before \"=\" is not the NAME of a key; use letters, digits and \"_\"";
constexpr const char* open_quote = "a quote is not closed on its line";
constexpr const char* comment_behind =
    "a comment stands on a line of its own; put a value that has \" #\" in it in quotes";

}  // namespace

TEST_CASE("keys.env has lines of names and values, comments and blank lines") {
    CHECK(keys_in("") == texts{});
    CHECK(keys_in("# mine\n\n  ; old\n\t\nLAB_KEY=sk-1\nexport OTHER=sk-2\n") ==
          texts{{"LAB_KEY", "sk-1"}, {"OTHER", "sk-2"}});
    CHECK(keys_in("\xEF\xBB\xBF"
                  "A=1\r\nB=2\r\n") == texts{{"A", "1"}, {"B", "2"}});
    CHECK(keys_in("A=1") == texts{{"A", "1"}});
    CHECK(keys_in("  A = 1  \n\texport\tB=2\n") == texts{{"A", "1"}, {"B", "2"}});
    CHECK(keys_in("export=1\nexported=2\n") == texts{{"export", "1"}, {"exported", "2"}});
}

TEST_CASE("a name that comes again overrides, and an empty value is none") {
    CHECK(keys_in("A=1\nA=2\n") == texts{{"A", "2"}});
    CHECK(keys_in("A=\nB=\"\"\nC=''\nD=  \n") == texts{});
    CHECK(keys_in("A=1\nA=\n") == texts{});
}

TEST_CASE("quotes and backslashes are read as systemd reads its environment files") {
    // As systemd 252 was seen to: EnvironmentFile= with each of these, and `printenv A`.
    CHECK(value_of("A=a b\n") == "a b");
    CHECK(value_of("A=a=b==\n") == "a=b==");
    CHECK(value_of("A=a\"b'c\n") == "a\"b'c");
    CHECK(value_of("A=a\\ \\\\\\n\\\"\n") == "a \\n\"");
    CHECK(value_of("A=a\\\nb\n") == "ab");
    CHECK(value_of("A='a b'\n") == "a b");
    CHECK(value_of("A='a\\\"$b'\n") == "a\\\"$b");
    CHECK(value_of("A=\"a \\\" \\\\ \\` \\$ \\n '\"\n") == "a \" \\ ` $ \\n '");
    CHECK(value_of("A=\"a\\\nb\"\n") == "ab");
    CHECK(value_of("A='a'\"b\"c\n") == "abc");
    CHECK(value_of("A='a' 'b'\n") == "ab");
    CHECK(value_of("A=\"a\"  \r\n") == "a");
    CHECK(value_of("A=$HOME ${X} `id`\n") == "$HOME ${X} `id`");
    CHECK(value_of("A=#a#b;c\n") == "#a#b;c");
    CHECK(value_of("A='a # b'\n") == "a # b");
    CHECK(value_of("A=a\\") == "a");
    CHECK(value_of("A=\xFF\xC3\xBC\n") == "\xFF\xC3\xBC");
    // It would read this one otherwise, and take half of it.
    CHECK(value_of("A=a\\\r\nb\n") == "ab");
}

TEST_CASE("a line that is wrong is named, and the others count") {
    const keys_text read = parse_keys("A=1\nhush\n\nexport B\n=hush\n1A=hush\nA-B=hush\n$A=hush\nC=3\n", {});
    CHECK(shown(read) == texts{{"A", "1"}, {"C", "3"}});
    CHECK(read.faults ==
          faults{{2, no_assignment}, {4, no_assignment}, {5, no_name}, {6, no_name}, {7, no_name}, {8, no_name}});
}

TEST_CASE("a quote that is left open, and a comment behind a value, are no part of a key") {
    CHECK(faults_in("A='hush\nB=\"hush\n") == faults{{1, open_quote}, {2, open_quote}});
    CHECK(faults_in("\nA=hush # mine\n") == faults{{2, comment_behind}});
    CHECK(faults_in("A='hush' # mine\nA= # mine\n") == faults{{1, comment_behind}, {2, comment_behind}});
    CHECK(shown(parse_keys("A='hush\nB=2\n", {})) == texts{{"B", "2"}});
    // The line where it begins is named, and those behind it are counted on.
    CHECK(faults_in("A=\"a\\\nb\nB\n") == faults{{1, open_quote}, {3, no_assignment}});
}

TEST_CASE("a value that no header can carry is refused under its name") {
    CHECK(faults_in("A=a\tb\n") == faults{{1, "A holds a control character, which no HTTP header can"}});
    CHECK(faults_in(std::string_view("A=a\0b\n", 6)) ==
          faults{{1, "A holds a control character, which no HTTP header can"}});
    CHECK(faults_in("A=123456789\nB=12345678\n", {.key_bytes = 8}) == faults{{1, "A has more than 8 bytes"}});
    CHECK(shown(parse_keys("A=1\nA=a\tb\n", {})) == texts{});
}

TEST_CASE("no fault repeats what may be a key, pasted as it was") {
    for (const char* text : {"sk-hush", "sk_hush=", "hush.hush=1", "A='hush", "A=hush # hush", "A=hush\x01",
                             "export hush hush", "\"hush\"=1", "AIzahush=="}) {
        CAPTURE(text);
        const faults found = faults_in(text);
        REQUIRE(found.size() == 1);
        CHECK(found.front().message.find("hush") == std::string::npos);
    }
}

TEST_CASE("of very many faults the first are told") {
    std::string text;
    for (int i = 0; i != 1000; ++i) text += "junk\n";
    const faults found = faults_in(text + "A");
    CHECK(found.size() == 20);
    CHECK(found.back().line == 20);
}
