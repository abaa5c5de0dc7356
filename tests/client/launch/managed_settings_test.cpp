#include "client/launch/launch.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

using namespace opd;

TEST_CASE("what an administrator has set is found, tool by tool, and in no other file") {
    const test::temp_folder etc;
    const auto said = [&etc](const environment& caller = {}) {
        std::string out;
        for (const managed_setting& one : find_managed_settings(caller, etc.path()))
            out += one.tool + " " + one.file.substr(etc.path().string().size()) + " " + one.key + "\n";
        return out;
    };
    CHECK(said().empty());
    CHECK_FALSE(has_managed_file("gemini", {}, etc.path()));
    etc.write(
        "claude-code/managed-settings.json",
        R"({"env":{"ANTHROPIC_BASE_URL":"http://corp","DEBUG":"1"},"permissions":{"disableBypassPermissionsMode":"disable"}})");
    etc.write("claude-code/managed-settings.d/20.json", R"({"model":"opus"})");
    etc.write("codex/managed_config.toml",
              "# model = 1\nmodel_provider=\"corp\"\nmodel = \"m\"\n[model_providers.corp]\nprofile = \"no\"\n");
    etc.write("codex/requirements.toml", "allowed_sandbox_modes = [\"read-only\"]\n");
    etc.write("gemini-cli/settings.json",
              "{ // ours\n\"security\": {\"disableYoloMode\": true, \"auth\": {}}, \"x\": 1}");
    const std::string usual =
        "claude /claude-code/managed-settings.json permissions.disableBypassPermissionsMode\n"
        "claude /claude-code/managed-settings.json env.ANTHROPIC_BASE_URL\n"
        "claude /claude-code/managed-settings.d/20.json model\n"
        "codex /codex/managed_config.toml model_provider\n"
        "codex /codex/managed_config.toml model\n"
        "codex /codex/requirements.toml allowed_sandbox_modes\n";
    CHECK(said() == usual + "gemini /gemini-cli/settings.json security.disableYoloMode\n");
    CHECK(has_managed_file("gemini", {}, etc.path()));

    etc.write("elsewhere.json", R"({"model":{"name":"corp"}})");
    const std::string elsewhere = "GEMINI_CLI_SYSTEM_SETTINGS_PATH=" + (etc.path() / "elsewhere.json").string();
    CHECK(said({elsewhere}) == usual + "gemini /elsewhere.json model.name\n");
    // A launch within a launch has the variable from us.
    CHECK(said({"GEMINI_CLI_SYSTEM_SETTINGS_PATH=/usr/share/operator/gemini-settings.json"}) == said());
}

TEST_CASE("what cannot be read as settings holds none") {
    const test::temp_folder etc;
    etc.write("claude-code/managed-settings.json", "{");
    etc.write("gemini-cli/settings.json", "[]");
    etc.write("codex/managed_config.toml", "model_provider\n= 1\n");
    CHECK(find_managed_settings({}, etc.path()).empty());
    CHECK(has_managed_file("gemini", {}, etc.path()));
}
