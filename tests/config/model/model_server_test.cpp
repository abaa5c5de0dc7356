#include "config/model/model_server.hpp"

#include "config/config.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace opd {

TEST_CASE("an undeclared server is the defaults of its kind") {
    const model_server builtin = undeclared_server(*find_kind("anthropic-api"));
    CHECK(builtin.name == "anthropic-api");
    CHECK(builtin.kind == find_kind("anthropic-api"));
    CHECK(builtin.base_url == std::nullopt);
    CHECK(builtin.probe_base_url() == "https://api.anthropic.com");
    CHECK(builtin.api_key_env == "ANTHROPIC_API_KEY");
    CHECK_FALSE(builtin.user_declared);
    CHECK(builtin.probe == probe_mode::automatic);

    const model_server local = undeclared_server(*find_kind("ollama"));
    CHECK(local.api_key_env == std::nullopt);
    CHECK(local.probe_base_url() == "http://localhost:11434");
    CHECK(undeclared_server(*find_kind("openai-compat")).probe_base_url().empty());
}

TEST_CASE("all servers are the declared ones in file order, then the builtins in the table's order") {
    config values;
    for (const char* name : {"zeta", "alpha"}) {
        model_server server;
        server.name = name;
        server.kind = find_kind("ollama");
        values.model_servers.push_back(server);
    }
    std::vector<std::string> names;
    for (const model_server& server : all_servers(values)) names.push_back(server.name);
    CHECK(names == std::vector<std::string>{"zeta", "alpha", "anthropic-api", "openai-api", "google-api"});
}

}  // namespace opd
