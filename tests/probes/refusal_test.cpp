#include "probes/key_policy.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

model_server server_of(const char* slug, std::optional<std::string> key_env = {}) {
    model_server server;
    server.name = "mine";
    server.kind = find_kind(slug);
    REQUIRE(server.kind != nullptr);
    server.base_url = "http://declared";
    server.api_key_env = std::move(key_env);
    return server;
}

api_root root_of(bool tls, std::string host) {
    return {.tls = tls,
            .host = std::move(host),
            .port = static_cast<std::uint16_t>(tls ? 443 : 80),
            .prefix = {},
            .version = {}};
}

}  // namespace

TEST_CASE("a server that is never to be probed is disabled") {
    model_server server = server_of("ollama");
    server.probe = probe_mode::never;
    const auto refused = refuse_probe(server, root_of(false, "localhost"), false);
    REQUIRE(refused);
    CHECK(refused->status == probe_status::disabled);
    CHECK(refused->error == "model server \"mine\" is not probed: its probe is \"never\"");
    CHECK(refused->hint == "set probe = \"auto\" or \"lazy\" in operator.toml to list its models");
}

TEST_CASE("a key that is wanted and not set is named, with the way to one") {
    const auto builtin =
        refuse_probe(undeclared_server(*find_kind("openai-api")), root_of(true, "api.openai.com"), false);
    REQUIRE(builtin);
    CHECK(builtin->status == probe_status::key_missing);
    CHECK(builtin->error == "OPENAI_API_KEY, which holds the key of model server \"openai-api\", is not set");
    CHECK(builtin->hint ==
          "hand it over with: operatorctl keys push OPENAI_API_KEY, or write it to ~/.config/operator/keys.env "
          "(mode 0600); keys are made at https://platform.openai.com/api-keys");

    const auto own = refuse_probe(server_of("openai-compat", "MY_KEY"), root_of(false, "localhost"), false);
    REQUIRE(own);
    CHECK(own->status == probe_status::key_missing);
    CHECK(own->error == "MY_KEY, which holds the key of model server \"mine\", is not set");
    CHECK(own->hint ==
          "hand it over with: operatorctl keys push MY_KEY, or write it to ~/.config/operator/keys.env (mode 0600)");
}

TEST_CASE("a server that wants no key, or can do without, is asked") {
    CHECK_FALSE(refuse_probe(server_of("openai-compat"), root_of(false, "localhost"), false));
    CHECK_FALSE(refuse_probe(server_of("openai-api"), root_of(true, "proxy.example.com"), false));
    CHECK_FALSE(refuse_probe(server_of("ollama", "OLLAMA_API_KEY"), root_of(false, "localhost"), false));
    CHECK_FALSE(refuse_probe(server_of("ollama"), root_of(false, "example.com"), false));
    model_server lazy = server_of("ollama");
    lazy.probe = probe_mode::lazy;
    CHECK_FALSE(refuse_probe(lazy, root_of(false, "localhost"), false));
}

TEST_CASE("a key does not go over the internet in clear") {
    for (const char* const host : {"example.com", "8.8.8.8", "2001:4860:4860::8888"}) {
        CAPTURE(host);
        const auto refused = refuse_probe(server_of("openai-compat", "MY_KEY"), root_of(false, host), true);
        REQUIRE(refused);
        CHECK(refused->status == probe_status::key_withheld);
    }
    const auto refused = refuse_probe(server_of("openai-compat", "MY_KEY"), root_of(false, "example.com"), true);
    CHECK(refused->error ==
          "the key in MY_KEY was not sent to http://example.com: it would go over the internet in clear");
    CHECK(refused->hint ==
          "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe");
    for (const char* const host : {"localhost", "127.0.0.1", "::1", "192.168.1.9", "gpu-box", "gpu.lan"}) {
        CAPTURE(host);
        CHECK_FALSE(refuse_probe(server_of("openai-compat", "MY_KEY"), root_of(false, host), true));
    }
    CHECK_FALSE(refuse_probe(server_of("openai-compat", "MY_KEY"), root_of(true, "example.com"), true));
    model_server allowed = server_of("openai-compat", "MY_KEY");
    allowed.allow_plaintext_key = true;
    CHECK_FALSE(refuse_probe(allowed, root_of(false, "example.com"), true));
}

TEST_CASE("a vendor's default key in clear is withheld whatever is allowed, and https is the only way") {
    model_server vendor = server_of("openai-api");
    vendor.allow_plaintext_key = true;
    const auto refused = refuse_probe(vendor, root_of(false, "api.openai.com"), true);
    REQUIRE(refused);
    CHECK(refused->status == probe_status::key_withheld);
    CHECK(refused->error ==
          "the key in OPENAI_API_KEY was not sent to http://api.openai.com: it would go over the internet in clear");
    CHECK(refused->hint == "use https in base_url");
}
