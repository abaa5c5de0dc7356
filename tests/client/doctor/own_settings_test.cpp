#include "client/doctor/doctor.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

using namespace opd;
using opd::test::temp_folder;

using texts = std::vector<std::string>;

TEST_CASE("settings of claude that beat its environment") {
    CHECK(settings_of_claude(R"({"env":{"ANTHROPIC_BASE_URL":"http://x","DEBUG":"1","CLAUDE_CODE_USE_BEDROCK":"1"},
                                 "apiKeyHelper":"~/key.sh","model":"opus"})") ==
          texts{"env.ANTHROPIC_BASE_URL", "env.CLAUDE_CODE_USE_BEDROCK", "apiKeyHelper"});
    for (const char* none : {"", "[]", "{", R"({"env":[]})", R"({"env":{"A":"1"}})", R"({"apiKeyHelper":7})"})
        CHECK(settings_of_claude(none).empty());
}

TEST_CASE("settings of gemini, with comments") {
    CHECK(settings_of_gemini("{ // mine\n \"security\": {\"auth\": {\"selectedType\": \"oauth-personal\"},} }") ==
          texts{"security.auth.selectedType"});
    for (const char* none : {"", "{}", R"({"security":{"auth":{}}})", R"({"selectedType":"x"})"})
        CHECK(settings_of_gemini(none).empty());
}

TEST_CASE("settings of codex, outside of tables and in profiles") {
    CHECK(settings_of_codex("# model_provider = \"no\"\nmodel = \"m\"\r\nmodel_provider=\"x\"\nprofile = \"p\"\n"
                            "[model_providers.x]\nmodel_provider = 1\nopenai_base_url = 2\n"
                            "[ profiles.p ] # mine\n  model_provider = \"y\"\n[[other]]\nprofile = 1\n") ==
          texts{"model_provider", "profile", "profiles.p.model_provider"});
    CHECK(settings_of_codex("model = \"m\"\nmodel_provider\n[").empty());
    CHECK(variables_of_codex("# OPENAI_API_KEY=a\nexport OPENAI_API_KEY=a\nCODEX_API_KEY = b\nPATH=/c\nOPENAI_X\n") ==
          texts{"OPENAI_API_KEY", "CODEX_API_KEY"});
}

TEST_CASE("the files of the agents are looked for where they have them") {
    const temp_folder folder;
    const std::string home = folder.path().string();
    folder.write(".claude/settings.json", R"({"env":{"ANTHROPIC_API_KEY":"sk-secret"}})");
    folder.write(".codex/config.toml", "model_provider = \"x\"\n");
    folder.write(".codex/.env", "OPENAI_API_KEY=sk-secret\n");
    folder.write(".gemini/settings.json", R"({"security":{"auth":{"selectedType":"gateway"}}})");
    folder.write("other/config.toml", "profile = \"x\"\n");
    const auto said = [&home](environment variables) {
        std::string out;
        for (const own_setting& one : find_own_settings(variables))
            out += one.tool + " " + one.file.substr(home.size()) + " " + one.key + "\n";
        return out;
    };
    CHECK(said({"HOME=" + home}) ==
          "claude /.claude/settings.json env.ANTHROPIC_API_KEY\n"
          "codex /.codex/config.toml model_provider\n"
          "codex /.codex/.env OPENAI_API_KEY\n"
          "gemini /.gemini/settings.json security.auth.selectedType\n");
    CHECK(said({"HOME=" + home, "CODEX_HOME=" + home + "/other", "CLAUDE_CONFIG_DIR=" + home + "/other",
                "GEMINI_CLI_HOME=" + home + "/other"}) == "codex /other/config.toml profile\n");
    CHECK(said({}).empty());
}
