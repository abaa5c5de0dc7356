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

api_root root_of(const model_server& server, std::string_view base_url) {
    const auto root = resolve_base_url(*server.kind, base_url);
    REQUIRE_MESSAGE(root.has_value(), base_url);
    return *root;
}

}  // namespace

TEST_CASE("a vendor's key belongs to the vendor's host alone, unless the server names it") {
    struct {
        const char* slug;
        std::optional<std::string> named;
        const char* base_url;
        const char* variable;
    } const cases[] = {
        {"anthropic-api", {}, "https://api.anthropic.com", "ANTHROPIC_API_KEY"},
        {"openai-api", {}, "https://api.openai.com/v1", "OPENAI_API_KEY"},
        {"google-api", {}, "https://generativelanguage.googleapis.com", "GEMINI_API_KEY"},
        {"openrouter", {}, "https://openrouter.ai/api", "OPENROUTER_API_KEY"},
        {"openai-api", {}, "HTTPS://API.OpenAI.com.:443/v1", "OPENAI_API_KEY"},
        {"openai-api", {}, "https://proxy.example.com", ""},
        {"openai-api", "MY_KEY", "https://proxy.example.com", "MY_KEY"},
        {"openai-api", "MY_KEY", "https://api.openai.com", "MY_KEY"},
        {"openai-compat", {}, "https://api.openai.com", ""},
        {"anthropic-api", {}, "https://api.openai.com", ""},
        {"ollama", {}, "http://localhost:11434", ""},
        {"ollama", "OLLAMA_API_KEY", "https://ollama.com", "OLLAMA_API_KEY"},
        {"lmstudio", {}, "http://localhost:1234", ""},
        // Close, but somebody else's.
        {"openai-api", {}, "https://api.openai.com.evil.example", ""},
        {"openai-api", {}, "https://evil.example/api.openai.com", ""},
        {"openai-api", {}, "https://xapi.openai.com", ""},
        {"openai-api", {}, "https://openai.com", ""},
        {"openai-api", {}, "https://api-openai.com", ""},
        {"openai-api", {}, "https://api.openai.com:8443", ""},
        {"openai-api", {}, "http://api.openai.com:443", ""},
        {"openai-api", {}, "https://xn--pi-6kc.openai.com", ""},
        {"openai-api", {}, "https://104.18.6.192", ""},
        {"openai-api", {}, "https://localhost", ""},
    };

    for (const auto& one : cases) {
        CAPTURE(one.slug);
        CAPTURE(one.base_url);
        const model_server server = server_of(one.slug, one.named);
        CHECK(key_variable(server, root_of(server, one.base_url)) == one.variable);
    }
}

TEST_CASE("what only looks like a vendor's host is no base URL at all") {
    for (const char* const base_url :
         {"https://api.openai.com@evil.example", "https://evil.example@api.openai.com",
          "https://api.openai.com:443@e.x", "https://api.openai.com\\@evil.example",
          "https://evil.example#@api.openai.com", "https://evil.example?@api.openai.com",
          "https://\xD0\xB0pi.openai.com", "https://api.openai.com\xE3\x80\x82", "https://api%2Eopenai.com",
          "https://api.openai.com%00.evil.example", "https:api.openai.com", "https://api..openai.com",
          "https://api.openai.com\t.evil.example", "//api.openai.com"}) {
        CAPTURE(base_url);
        CHECK_FALSE(resolve_base_url(*find_kind("openai-api"), base_url).has_value());
    }
}

TEST_CASE("in clear a key goes to near hosts, and elsewhere only where the server names it and allows it") {
    model_server named = server_of("openai-compat", "MY_KEY");
    for (const char* const base_url :
         {"http://example.com", "http://8.8.8.8", "http://[2001:4860:4860::8888]", "http://[::ffff:8.8.8.8]",
          "http://x127.0.0.1.example.com", "http://localhost.example.com", "http://[2002:7f00:1::]",
          "http://[64:ff9b::7f00:1]", "http://192.0.2.1", "http://172.32.0.1", "http://100.128.0.1"}) {
        CAPTURE(base_url);
        CHECK(would_show_key(named, root_of(named, base_url)));
        named.allow_plaintext_key = true;
        CHECK_FALSE(would_show_key(named, root_of(named, base_url)));
        named.allow_plaintext_key = false;
    }
    for (const char* const base_url :
         {"http://localhost", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]", "http://[::ffff:127.0.0.1]",
          "http://0.0.0.0", "http://10.1.2.3", "http://172.16.0.1", "http://192.168.1.9", "http://169.254.7.7",
          "http://100.64.0.1", "http://[fd00::1]", "http://gpu-box", "http://gpu.lan", "http://printer.local",
          "https://example.com", "https://8.8.8.8"}) {
        CAPTURE(base_url);
        CHECK_FALSE(would_show_key(named, root_of(named, base_url)));
    }
}

TEST_CASE("a vendor's default key never goes in clear") {
    model_server vendor = server_of("openai-api");
    vendor.allow_plaintext_key = true;
    CHECK(key_variable(vendor, root_of(vendor, "http://api.openai.com")) == "OPENAI_API_KEY");
    CHECK(would_show_key(vendor, root_of(vendor, "http://api.openai.com")));
    CHECK_FALSE(key_may_travel_in_clear(vendor));
    CHECK_FALSE(would_show_key(vendor, root_of(vendor, "https://api.openai.com")));
}

TEST_CASE("other spellings of addresses, which programs read differently, are no hosts") {
    for (const char* const host : {"2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "127.1",
                                   "127.0.1", "10.0x1", "1.0x7f000001", "127.0.0.0x1", "0177.0.0.1", "127.0.0.01",
                                   "127.0.0.1.", "127.0.0.256", "1.2.3.4.5", "[::ffff:7f.1]", "[fe80::1%25eth0]"}) {
        CAPTURE(host);
        const auto root = resolve_base_url(*find_kind("openai-compat"), std::string("http://") + host);
        CHECK_FALSE(root.has_value());
    }
}

TEST_CASE("what a connection may carry is decided by the address that it leads to") {
    api_root clear{.tls = false, .host = "models.lan", .port = 80, .prefix = {}, .version = {}};
    CHECK(may_carry_key(clear, "192.168.1.2", false));
    CHECK(may_carry_key(clear, "fe80::1%2", false));
    CHECK(may_carry_key(clear, "::ffff:10.0.0.1", false));
    CHECK_FALSE(may_carry_key(clear, "203.0.113.7", false));
    CHECK_FALSE(may_carry_key(clear, "::ffff:203.0.113.7", false));
    CHECK_FALSE(may_carry_key(clear, "2001:db8::1", false));
    CHECK(may_carry_key(clear, "203.0.113.7", true));
    clear.tls = true;
    CHECK(may_carry_key(clear, "203.0.113.7", false));
}
