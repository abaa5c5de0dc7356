#include "client/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace opd;
using namespace std::chrono_literals;

TEST_CASE("a text from outside shows what would steer a terminal") {
    CHECK(printable("plain, Grüße, 模型 🦙") == "plain, Grüße, 模型 🦙");
    CHECK(printable("a\x1b[31mred\x07") == "a\\x1b[31mred\\x07");
    CHECK(printable("two\nlines\r\n\tindented") == "two\\nlines\\r\\n\\tindented");
    CHECK(printable(std::string("nul\0byte", 8)) == "nul\\x00byte");
    CHECK(printable("del\x7f") == "del\\x7f");
    CHECK(printable("csi \xC2\x9B"
                    "31m") == "csi \\u{9b}31m");
    CHECK(printable("turned \xE2\x80\xAEright") == "turned \\u{202e}right");
    CHECK(printable("broken \xFF\xC3(") == "broken \xEF\xBF\xBD\xEF\xBF\xBD(");
    CHECK(printable("\xEF\xBF\xBD stays") == "\xEF\xBF\xBD stays");
    CHECK(printable("").empty());
}

TEST_CASE("a JSON document is made fit for a terminal without changing its meaning") {
    CHECK(printable_json(R"({"a":"é ü \n"})") == R"({"a":"é ü \n"})");
    CHECK(printable_json("{\"a\":\"x\xC2\x9By\x7Fz\"}") == "{\"a\":\"x\\u009by\\u007fz\"}");
    CHECK(printable_json("{\"a\":\"\xE2\x80\xAEx\xE2\x81\xA6y\xE2\x80\x8Fz\"}\n") ==
          "{\"a\":\"\\u202ex\\u2066y\\u200fz\"}\n");
    CHECK(printable_json("\x1b[2J\xC2") == "\\u001b[2J\\ufffd");
    CHECK(printable_json("").empty());
}

TEST_CASE("of a text of several lines only the line breaks stay as they are") {
    CHECK(printable_lines("one\n  two\x1b[31m\n\nthree\xC2\x9B\xE2\x80\xAE") ==
          "one\n  two\\x1b[31m\n\nthree\\u{9b}\\u{202e}");
    CHECK(printable_lines("ends\n") == "ends\n");
    CHECK(printable_lines("").empty());
}

TEST_CASE("a word for a shell is quoted where it needs to be") {
    CHECK(shell_quoted("plain-1.2/x_y:z@%+=,") == "plain-1.2/x_y:z@%+=,");
    CHECK(shell_quoted("") == "''");
    CHECK(shell_quoted("two words") == "'two words'");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
    CHECK(shell_quoted("$(x) `y` \"z\" \\ !") == "'$(x) `y` \"z\" \\ !'");
    CHECK(shell_quoted("line\nbreak") == "'line\nbreak'");
    CHECK(shell_quoted("\xFF") == "'\xFF'");
    CHECK(shell_quoted("~") == "'~'");
    const std::vector<std::string> words{"a", "b c", ""};
    CHECK(command_line_text(words) == "a 'b c' ''");
}

TEST_CASE("ages are told in the largest unit") {
    const auto now = std::chrono::system_clock::time_point(1'000'000'000s);
    const std::pair<std::chrono::seconds, const char*> cases[] = {
        {-5s, "now"},        {0s, "now"},        {1s, "1s ago"},          {59s, "59s ago"},
        {60s, "1m ago"},     {119s, "1m ago"},   {3599s, "59m ago"},      {3600s, "1h ago"},
        {86399s, "23h ago"}, {86400s, "1d ago"}, {8'640'000s, "100d ago"}};
    for (const auto& [seconds, text] : cases) {
        CAPTURE(seconds.count());
        CHECK(age(now - seconds, now) == text);
    }
    CHECK(age(now - 999ms, now) == "now");
}

TEST_CASE("durations are told in the two largest units") {
    CHECK(duration_text(-3s) == "0s");
    CHECK(duration_text(59s) == "59s");
    CHECK(duration_text(61s) == "1m 1s");
    CHECK(duration_text(5h + 12min + 9s) == "5h 12m");
    CHECK(duration_text(51h) == "2d 3h");
}

TEST_CASE("latencies are told in milliseconds up to a second") {
    CHECK(latency_text(0) == "0 ms");
    CHECK(latency_text(999) == "999 ms");
    CHECK(latency_text(1000) == "1.0 s");
    CHECK(latency_text(12345) == "12.3 s");
}

TEST_CASE("numbers of tokens are told as people write them") {
    const std::pair<std::uint64_t, const char*> cases[] = {
        {0, "0"},         {512, "512"},     {999, "999"},     {1000, "1k"},      {1500, "1.5k"},
        {4096, "4k"},     {8191, "8.2k"},   {8192, "8k"},     {32768, "32k"},    {40960, "40k"},
        {64000, "64k"},   {128000, "128k"}, {131072, "128k"}, {163840, "160k"},  {200000, "200k"},
        {262144, "256k"}, {999499, "999k"}, {999999, "1M"},   {1000000, "1M"},   {1047576, "1M"},
        {1048576, "1M"},  {2000000, "2M"},  {2097152, "2M"},  {1500000, "1.5M"}, {10485760, "10M"}};
    for (const auto& [count, text] : cases) {
        CAPTURE(count);
        CHECK(token_count(count) == text);
    }
}

TEST_CASE("RFC 3339 times are read") {
    const auto at = std::chrono::system_clock::time_point(1'785'934'496s);  // 2026-08-05 12:54:56 UTC
    CHECK(parse_time("2026-08-05T12:54:56Z") == at);
    CHECK(parse_time("2026-08-05T12:54:56.789Z") == at);
    CHECK(parse_time("2026-08-05T14:54:56+02:00") == at);
    CHECK(parse_time("2026-08-05T07:24:56-05:30") == at);
    for (const std::string bad :
         {"", "yesterday", "2026-08-05", "2026-13-05T12:54:56Z", "2026-08-05T12:54:56", "2026-08-05T12:54:56Zjunk",
          "2026-08-05T12:54:5", "-026-08-05T12:54:56Z", "2026-08-05T12:54:56+02", "2026-08-05T12:54:56+0200"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_time(bad).has_value());
    }
}
