#include "config/config_change.hpp"
#include "config/fields.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {
namespace {

constexpr std::string_view sample = R"(# my servers
[queue]
since = 1979-05-27T07:32:00Z   # not ours

[llm_tools]
default_tool = "claude"   # the usual one
other = 1

[[model_servers]]
name     = "lab"       # the big one
kind     = "ollama"
base_url = "http://lab:11434"
probe    = "lazy"
note     = '''
[[model_servers]]'''
extra_env = { A = "1", B = "2" }

# the second one
[[model_servers]]
name = "vllm"
kind = "openai-compat"
base_url = "http://v:1"
[model_servers.extra_env]
C = "3" # three

[[delegators]]
name = "d"
llm_tool = "codex"
model = "qwen"
model_server = "lab"
model_properties = { since = 1979-05-27, share = 1.0, effort = "high" }
[delegators.launch_config]
yolo = false
flags = [
  "--verbose", # much
]

[kanban]
columns = 3
)";

config values_of(const std::string& text) {
    const auto loaded = parse_config(text, "operator.toml");
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error().text());
    return loaded->values;
}

changed<edited_config> edit(const std::string& text, const config& after) {
    toml_memory memory;
    return edit_config(text, "operator.toml", values_of(text), after, memory);
}

std::string edited(const std::string& text, const std::function<void(config&)>& change) {
    config after = values_of(text);
    change(after);
    const auto made = edit(text, after);
    return made ? made->text : "refused: " + made.error().message;
}

/// What replacing one part of the text, which occurs once, makes of it.
std::string with(std::string_view text, std::string_view part, std::string_view instead) {
    std::string made(text);
    const std::size_t at = made.find(part);
    REQUIRE(at != made.npos);
    REQUIRE(made.find(part, at + 1) == made.npos);
    return made.replace(at, part.size(), instead);
}

model_server server(std::string name) {
    model_server made;
    made.name = std::move(name);
    made.kind = find_kind("lmstudio");
    return made;
}

delegator delegator_of(std::string name) {
    delegator made;
    made.name = std::move(name);
    made.llm_tool = "claude";
    made.model = "opus";
    return made;
}

}  // namespace

TEST_CASE("where nothing differs the text is the same") {
    const std::string text(sample);
    CHECK(edited(text, [](config&) {}) == text);
    CHECK(edited(text, [](config& c) { std::ranges::reverse(c.model_servers[0].extra_env); }) == text);
    CHECK(edited(text, [](config& c) { (*c.delegators[0].model_properties)["share"] = 1; }) == text);
    CHECK(edited("", [](config&) {}).empty());
}

TEST_CASE("only the value that differs is changed") {
    const std::string text(sample);
    CHECK(edited(text, [](config& c) { c.model_servers[0].base_url = "http://other:1"; }) ==
          with(text, "\"http://lab:11434\"", "\"http://other:1\""));
    CHECK(edited(text, [](config& c) { c.model_servers[0].extra_env[1].second = "two"; }) ==
          with(text, "B = \"2\"", "B = \"two\""));
    CHECK(edited(text, [](config& c) { c.model_servers[1].extra_env[0].second = "three"; }) ==
          with(text, "C = \"3\"", "C = \"three\""));
    CHECK(edited(text, [](config& c) { c.delegators[0].model = "opus"; }) == with(text, "\"qwen\"", "\"opus\""));
    CHECK(edited(text, [](config& c) { (*c.delegators[0].launch_config)["yolo"] = true; }) ==
          with(text, "yolo = false", "yolo = true"));
    CHECK(edited(text, [](config& c) { (*c.delegators[0].model_properties)["effort"] = "low"; }) ==
          with(text, "\"high\"", "\"low\""));
    CHECK(edited(text, [](config& c) { c.llm_tools.default_tool = "codex"; }) ==
          with(text, "\"claude\"   # the", "\"codex\"   # the"));
}

TEST_CASE("what comes to be optional is added, and what goes is removed with its line") {
    const std::string text(sample);
    CHECK(edited(text, [](config& c) { c.model_servers[1].display_name = "V"; }).find("display_name = \"V\"") !=
          std::string::npos);
    CHECK(edited(text, [](config& c) { c.delegators[0].model_server.reset(); }) ==
          with(text, "model_server = \"lab\"\n", ""));
    CHECK(edited(text, [](config& c) { c.llm_tools.default_tool.clear(); }) ==
          with(text, "default_tool = \"claude\"   # the usual one\n", ""));
    const std::string without_env = edited(text, [](config& c) { c.model_servers[0].extra_env.clear(); });
    CHECK(without_env == with(text, "extra_env = { A = \"1\", B = \"2\" }\n", ""));
}

TEST_CASE("entries are added behind the last of their sort") {
    const std::string text(sample);
    const std::string with_server = edited(text, [](config& c) { c.model_servers.push_back(server("new")); });
    CHECK(with_server.find("\"new\"") > with_server.find("# three"));
    CHECK(with_server.find("\"new\"") < with_server.find("[[delegators]]"));
    const std::string with_delegator = edited(text, [](config& c) { c.delegators.push_back(delegator_of("new")); });
    CHECK(with_delegator.find("\"new\"") > with_delegator.find("# much"));
    CHECK(with_delegator.find("\"new\"") < with_delegator.find("[kanban]"));
    CHECK(values_of(edited("", [](config& c) { c.model_servers.push_back(server("first")); })).model_servers ==
          std::vector<model_server>{server("first")});
    CHECK(values_of(edited("x = 1", [](config& c) { c.llm_tools.default_model = "opus"; })).llm_tools.default_model ==
          "opus");
}

TEST_CASE("entries are removed, and what stands around them stays") {
    const std::string text(sample);
    const std::string without_first = edited(text, [](config& c) { c.model_servers.erase(c.model_servers.begin()); });
    CHECK(without_first.find("\"lab\"       #") == std::string::npos);
    CHECK(without_first.find("# the second one\n[[model_servers]]\nname = \"vllm\"") != std::string::npos);
    CHECK(values_of(edited(text, [](config& c) { c.model_servers.clear(); })).model_servers.empty());
    CHECK(values_of(edited(text, [](config& c) { c.delegators.clear(); })).delegators.empty());
}

TEST_CASE("several changes at once are made together") {
    const std::string text(sample);
    config after = values_of(text);
    after.model_servers.erase(after.model_servers.begin());
    after.model_servers[0].extra_env = {{"D", "4"}, {"C", "3"}};
    after.model_servers.push_back(server("x"));
    after.model_servers.push_back(server("y"));
    after.delegators[0].model_server = "x";
    after.delegators.push_back(delegator_of("e"));
    after.llm_tools.default_model = "opus";
    const auto made = edit(text, after);
    REQUIRE(made.has_value());
    CHECK(made->loaded.values.model_servers.size() == 3);
    CHECK(made->loaded.values.llm_tools.default_model == "opus");
    const config read = values_of(made->text);
    for (std::size_t i = 0; i < 3; ++i) CHECK(same_entry(read.model_servers[i], after.model_servers[i]));
    CHECK(read.delegators == after.delegators);
    CHECK(made->text.find("since = 1979-05-27T07:32:00Z   # not ours") != std::string::npos);
}

TEST_CASE("a server that was removed and made again has nothing of the old one") {
    const std::string text(sample);
    config after = values_of(text);
    after.model_servers.erase(after.model_servers.begin());
    after.model_servers.push_back(server("lab"));
    const auto made = edit(text, after);
    REQUIRE(made.has_value());
    CHECK(made->loaded.values.model_servers == after.model_servers);
    CHECK(made->text.find("probe") == std::string::npos);

    after = values_of(text);
    after.model_servers.pop_back();
    after.model_servers[0] = server("lab");
    const auto alone = edit(text, after);
    REQUIRE(alone.has_value());
    CHECK(alone->loaded.values.model_servers == after.model_servers);
    CHECK(alone->text.find("probe") == std::string::npos);
}

TEST_CASE("what stands in the file but is empty is filled, and left alone while it is empty") {
    const std::string text =
        "[llm_tools]\ndefault_tool = \"\"\n[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\nextra_env = {}\n";
    CHECK(edited(text, [](config& c) { c.llm_tools.default_tool = "codex"; }) ==
          with(text, "default_tool = \"\"", "default_tool = \"codex\""));
    const std::string with_model = edited(text, [](config& c) { c.llm_tools.default_model = "m"; });
    CHECK(with_model.find("default_tool = \"\"\ndefault_model = \"m\"\n") != std::string::npos);
    CHECK(edited(text, [](config& c) { c.model_servers[0].kind = find_kind("lmstudio"); }) ==
          with(text, "\"ollama\"", "\"lmstudio\""));
    const std::string filled = edited(text, [](config& c) { c.model_servers[0].extra_env = {{"A", "1"}}; });
    CHECK(values_of(filled).model_servers[0].extra_env.size() == 1);
    CHECK(filled.find("extra_env", filled.find("extra_env") + 1) == std::string::npos);
}

TEST_CASE("a change of one further field changes its line only, and a default that stands there is filled") {
    const std::string text =
        "[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\nprobe = \"auto\" # the usual\n"
        "interval = \"60s\"   # slow\nallow_plaintext_key = false\n";
    CHECK(edited(text, [](config& c) { c.model_servers[0].interval = std::chrono::seconds(120); }) ==
          with(text, "\"60s\"", "\"2m\""));
    CHECK(edited(text, [](config& c) { c.model_servers[0].probe = probe_mode::lazy; }) ==
          with(text, "\"auto\"", "\"lazy\""));
    CHECK(edited(text, [](config& c) { c.model_servers[0].allow_plaintext_key = true; }) ==
          with(text, "false", "true"));
    CHECK(edited(text, [](config& c) { c.model_servers[0].interval.reset(); }) ==
          with(text, "interval = \"60s\"   # slow\n", ""));
    CHECK(edited(text, [](config& c) { c.model_servers[0].timeout = std::chrono::seconds(20); }) ==
          with(text, "# slow\n", "# slow\ntimeout = \"20s\"\n"));
    CHECK(edited(text, [](config& c) { c.model_servers[0].ca_file = "/ca.pem"; }) ==
          with(text, "# slow\n", "# slow\nca_file = \"/ca.pem\"\n"));
}

TEST_CASE("a file that would be too large is refused") {
    const std::string text = "# mine\n";
    config after = values_of(text);
    after.model_servers.push_back(server("a"));
    after.model_servers.back().extra_env = {{"A", std::string(max_config_bytes - 20, 'x')}};
    const auto made = edit(text, after);
    REQUIRE_FALSE(made.has_value());
    const change_refusal said = made.error();
    CHECK(said.why == change_refusal::reason::too_large);
    CHECK(said.message.starts_with("operator.toml would have 10486"));
    CHECK(said.message.ends_with(" bytes, more than 1048576; remove what is no longer needed first"));
}

TEST_CASE("a text that is not what was read is not changed") {
    toml_memory memory;
    const config before = values_of(std::string(sample));
    config after = before;
    after.model_servers[0].base_url = "http://x:1";
    const auto other = edit_config("x = 1\n", "operator.toml", before, after, memory);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().why == change_refusal::reason::conflict);
    CHECK(other.error().message ==
          "operator.toml: this cannot be changed here without changing something else, too; edit the file by hand");
    const std::string drifted = with(sample, "kind     = \"ollama\"", "kind     = \"lmstudio\"");
    const auto misfit = edit_config(drifted, "operator.toml", before, after, memory);
    REQUIRE_FALSE(misfit.has_value());
    CHECK(misfit.error().message ==
          "operator.toml:9:1: this cannot be changed here without changing something else, too; edit the file by hand");
    const auto broken = edit_config("x = \n", "operator.toml", before, after, memory);
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().message.starts_with("operator.toml:1:5: there is no value after the \"=\"; a value is"));
}

TEST_CASE("random changes one after the other end in the file as they were meant") {
    std::mt19937 random(7);
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    std::string text(sample);
    toml_memory memory;
    config current = values_of(text);
    for (int i = 0; i < 150; ++i) {
        const std::string number = std::to_string(i);
        const bool any_server = !current.model_servers.empty();
        const bool any_delegator = !current.delegators.empty();
        config after = current;
        switch (below(8)) {
            case 0: after.model_servers.push_back(server("s" + number)); break;
            case 1:
                if (any_server && below(2) == 0) {
                    after.model_servers.erase(after.model_servers.begin() +
                                              static_cast<std::ptrdiff_t>(below(after.model_servers.size())));
                }
                break;
            case 2:
                if (any_server) after.model_servers[below(after.model_servers.size())].base_url = "http://h" + number;
                break;
            case 3:
                if (any_server) {
                    after.model_servers[below(after.model_servers.size())].extra_env = {
                        {"N" + number, "\"quoted\"\n'" + number}, {"FIXED", "x"}};
                }
                break;
            case 4: after.delegators.push_back(delegator_of("d" + number)); break;
            case 5:
                if (any_delegator && below(2) == 0) after.delegators.pop_back();
                break;
            case 6:
                if (any_delegator) {
                    delegator& made = after.delegators[below(after.delegators.size())];
                    made.launch_config =
                        boost::json::parse(R"({"flags": ["a", {"b": )" + number + R"(}], "x.y": -1.5})").as_object();
                }
                break;
            default: after.llm_tools.default_model = below(3) == 0 ? "" : "m" + number; break;
        }
        CAPTURE(text);
        const auto made = edit_config(text, "operator.toml", current, after, memory);
        REQUIRE_MESSAGE(made.has_value(), made.error().message);
        text = made->text;
        current = values_of(text);
        REQUIRE(std::ranges::equal(current.model_servers, after.model_servers,
                                   [](const auto& a, const auto& b) { return same_entry(a, b); }));
        REQUIRE(std::ranges::equal(current.delegators, after.delegators,
                                   [](const auto& a, const auto& b) { return same_entry(a, b); }));
        REQUIRE(current.llm_tools.default_model == after.llm_tools.default_model);
        for (const std::string_view kept : {"since = 1979-05-27T07:32:00Z   # not ours", "# the second one",
                                            "# my servers\n[queue]", "[kanban]\ncolumns = 3\n"}) {
            REQUIRE(text.find(kept) != text.npos);
        }
    }
}

}  // namespace opd
