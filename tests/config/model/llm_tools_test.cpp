#include "config/model/llm_tools.hpp"

#include "config/model/kinds.hpp"

#include <doctest/doctest.h>

#include <set>

namespace opd {

TEST_CASE("each tool has its vendor's builtin server, models and a way to install it") {
    std::set<std::string_view> names;
    for (const llm_tool& tool : llm_tools()) {
        CAPTURE(tool.name);
        CHECK(names.insert(tool.name).second);
        const kind* server = find_kind(tool.implicit_server);
        REQUIRE(server != nullptr);
        CHECK(server->builtin);
        CHECK_FALSE(tool.model_aliases.empty());
        CHECK_FALSE(tool.min_version.empty());
        CHECK(tool.install_hint.starts_with("npm install -g "));
        CHECK(find_llm_tool(tool.name) == &tool);
    }
    CHECK(names == std::set<std::string_view>{"claude", "codex", "gemini"});
    CHECK(find_llm_tool("claude")->implicit_server == "anthropic-api");
    CHECK(find_llm_tool("codex")->implicit_server == "openai-api");
    CHECK(find_llm_tool("gemini")->implicit_server == "google-api");
    CHECK(find_llm_tool("Claude") == nullptr);
    CHECK(find_llm_tool("") == nullptr);
}

}  // namespace opd
