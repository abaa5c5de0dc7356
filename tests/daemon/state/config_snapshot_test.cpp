#include "daemon/state/config_store.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace opd::state;

namespace {

config_snapshot_ptr snapshot_of(const config_snapshot_ptr& before, std::string_view toml) {
    auto loaded = parse_config(toml, "operator.toml");
    REQUIRE(loaded.has_value());
    config_text file{.text = std::string(toml), .exists = true};
    return before ? next_snapshot(*before, std::move(file), std::move(*loaded))
                  : first_snapshot(std::move(file), std::move(*loaded));
}

constexpr std::string_view two_servers = R"(
[[model_servers]]
name = "a"
kind = "ollama"
[[model_servers]]
name = "b"
kind = "ollama"
[[delegators]]
name = "d"
llm_tool = "codex"
model = "m"
)";

}  // namespace

TEST_CASE("everything in the first snapshot is of generation 1") {
    const auto first = snapshot_of(nullptr, two_servers);
    CHECK(first->generation == 1);
    CHECK(first->revisions.servers == config_revisions::by_name{{"a", 1}, {"b", 1}});
    CHECK(first->revisions.delegators == config_revisions::by_name{{"d", 1}});
    CHECK(first->revisions.llm_tools == 1);
}

TEST_CASE("what is equal keeps its revision, what differs or is new gets the generation's") {
    const auto first = snapshot_of(nullptr, two_servers);
    std::string text(two_servers);
    text.replace(text.find("name = \"b\"\nkind = \"ollama\""), 26, "name = \"b\"\nkind = \"lmstudio\"");
    const auto second = snapshot_of(first, text + "[llm_tools]\ndefault_tool = \"codex\"\n");
    CHECK(second->generation == 2);
    CHECK(second->revisions.servers == config_revisions::by_name{{"a", 1}, {"b", 2}});
    CHECK(second->revisions.delegators == config_revisions::by_name{{"d", 1}});
    CHECK(second->revisions.llm_tools == 2);
    const auto third = snapshot_of(second, text + "# a comment\n[llm_tools]\ndefault_tool = \"codex\"\n");
    CHECK(third->generation == 3);
    CHECK(third->revisions.servers == second->revisions.servers);
    CHECK(third->revisions.llm_tools == 2);
}

TEST_CASE("what was removed and comes back is not what it was") {
    const auto first = snapshot_of(nullptr, two_servers);
    const auto without = snapshot_of(first, "");
    CHECK(without->revisions.servers.empty());
    CHECK(snapshot_of(without, two_servers)->revisions.servers == config_revisions::by_name{{"a", 3}, {"b", 3}});
}
