#include "config/model/base_url.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace opd {
namespace {

struct form {
    std::string_view kind;
    std::string_view declared;
    std::string_view origin;
    std::string_view prefix;
    std::string_view version;
    std::string_view agent;
};

const std::vector<form> forms{
    {"anthropic-api", "https://api.anthropic.com", "https://api.anthropic.com", "", "", "https://api.anthropic.com"},
    {"anthropic-api", "https://api.anthropic.com/", "https://api.anthropic.com", "", "", "https://api.anthropic.com"},
    {"anthropic-api", "https://api.anthropic.com/v1", "https://api.anthropic.com", "", "", "https://api.anthropic.com"},
    {"anthropic-api", "https://api.anthropic.com/v1/", "https://api.anthropic.com", "", "",
     "https://api.anthropic.com"},
    {"anthropic-api", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com", "", "",
     "https://api.anthropic.com"},
    {"anthropic-api", "https://api.anthropic.com/v1/models", "https://api.anthropic.com", "", "",
     "https://api.anthropic.com"},
    {"anthropic-api", "https://api.deepseek.com/anthropic", "https://api.deepseek.com", "/anthropic", "",
     "https://api.deepseek.com/anthropic"},
    {"anthropic-api", "http://localhost:12434/anthropic/v1", "http://localhost:12434", "/anthropic", "",
     "http://localhost:12434/anthropic"},
    {"anthropic-api", "https://gw.example/v1/v1", "https://gw.example", "", "", "https://gw.example"},
    {"anthropic-api", "HTTPS://API.Anthropic.COM:443/v1//", "https://api.anthropic.com", "", "",
     "https://api.anthropic.com"},

    {"openai-api", "https://api.openai.com", "https://api.openai.com", "", "", "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1", "https://api.openai.com", "", "/v1", "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1/", "https://api.openai.com", "", "/v1", "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1/chat/completions", "https://api.openai.com", "", "/v1",
     "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1/responses", "https://api.openai.com", "", "/v1",
     "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1/models/", "https://api.openai.com", "", "/v1",
     "https://api.openai.com/v1"},
    {"openai-api", "https://api.openai.com/v1/v1", "https://api.openai.com", "", "/v1", "https://api.openai.com/v1"},
    {"openai-api", "  https://api.openai.com/v1\t", "https://api.openai.com", "", "/v1", "https://api.openai.com/v1"},

    {"google-api", "https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com", "", "",
     "https://generativelanguage.googleapis.com"},
    {"google-api", "https://generativelanguage.googleapis.com/v1beta", "https://generativelanguage.googleapis.com", "",
     "", "https://generativelanguage.googleapis.com"},
    {"google-api", "https://generativelanguage.googleapis.com/v1beta/openai/",
     "https://generativelanguage.googleapis.com", "", "", "https://generativelanguage.googleapis.com"},
    {"google-api", "https://generativelanguage.googleapis.com/v1", "https://generativelanguage.googleapis.com", "", "",
     "https://generativelanguage.googleapis.com"},
    {"google-api", "https://generativelanguage.googleapis.com/v1beta/models",
     "https://generativelanguage.googleapis.com", "", "", "https://generativelanguage.googleapis.com"},
    {"google-api", "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
     "https://generativelanguage.googleapis.com", "", "", "https://generativelanguage.googleapis.com"},
    {"google-api", "https://gw.example/google/v1beta", "https://gw.example", "/google", "",
     "https://gw.example/google"},

    {"ollama", "http://localhost:11434", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/v1", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/v1/", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/api", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/api/tags", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/api/chat", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/api/generate", "http://localhost:11434", "", "", "http://localhost:11434/v1"},
    {"ollama", "http://localhost:11434/v1/chat/completions", "http://localhost:11434", "", "",
     "http://localhost:11434/v1"},
    {"ollama", "http://0.0.0.0:11434", "http://127.0.0.1:11434", "", "", "http://127.0.0.1:11434/v1"},
    {"ollama", "http://[::]:11434", "http://[::1]:11434", "", "", "http://[::1]:11434/v1"},
    {"ollama", "http://[0:0:0:0:0:0:0:1]:11434/v1", "http://[::1]:11434", "", "", "http://[::1]:11434/v1"},
    {"ollama", "https://gpu.example/ollama/v1", "https://gpu.example", "/ollama", "", "https://gpu.example/ollama/v1"},
    {"ollama", "https://ollama.com/api", "https://ollama.com", "", "", "https://ollama.com/v1"},
    {"ollama", "http://ollama", "http://ollama", "", "", "http://ollama/v1"},

    {"openrouter", "https://openrouter.ai", "https://openrouter.ai", "/api", "/v1", "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/", "https://openrouter.ai", "/api", "/v1", "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/api", "https://openrouter.ai", "/api", "/v1", "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/v1", "https://openrouter.ai", "/api", "/v1", "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/api/v1", "https://openrouter.ai", "/api", "/v1",
     "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/api/v1/", "https://openrouter.ai", "/api", "/v1",
     "https://openrouter.ai/api/v1"},
    {"openrouter", "https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai", "/api", "/v1",
     "https://openrouter.ai/api/v1"},
    {"openrouter", "https://OpenRouter.ai//api//v1//models", "https://openrouter.ai", "/api", "/v1",
     "https://openrouter.ai/api/v1"},
    {"openrouter", "http://localhost:9000/api", "http://localhost:9000", "/api", "", "http://localhost:9000/api/v1"},
    {"openrouter", "http://localhost:9000", "http://localhost:9000", "", "", "http://localhost:9000/api/v1"},
    {"openrouter", "http://localhost:9000/v1", "http://localhost:9000", "", "/v1", "http://localhost:9000/v1"},
    {"openrouter", "http://localhost:9000/router/api/v1", "http://localhost:9000", "/router/api", "/v1",
     "http://localhost:9000/router/api/v1"},

    {"openai-compat", "http://localhost:8000", "http://localhost:8000", "", "", "http://localhost:8000/v1"},
    {"openai-compat", "http://localhost:8000/v1", "http://localhost:8000", "", "/v1", "http://localhost:8000/v1"},
    {"openai-compat", "https://api.groq.com/openai/v1", "https://api.groq.com", "/openai", "/v1",
     "https://api.groq.com/openai/v1"},
    {"openai-compat", "https://api.groq.com/openai", "https://api.groq.com", "/openai", "",
     "https://api.groq.com/openai/v1"},
    {"openai-compat", "https://api.together.xyz/v1/", "https://api.together.xyz", "", "/v1",
     "https://api.together.xyz/v1"},
    {"openai-compat", "https://api.fireworks.ai/inference/v1", "https://api.fireworks.ai", "/inference", "/v1",
     "https://api.fireworks.ai/inference/v1"},
    {"openai-compat", "https://ark.cn-beijing.volces.com/api/v3", "https://ark.cn-beijing.volces.com", "/api", "/v3",
     "https://ark.cn-beijing.volces.com/api/v3"},
    {"openai-compat", "https://open.bigmodel.cn/api/paas/v4/", "https://open.bigmodel.cn", "/api/paas", "/v4",
     "https://open.bigmodel.cn/api/paas/v4"},
    {"openai-compat", "https://generativelanguage.googleapis.com/v1beta/openai/",
     "https://generativelanguage.googleapis.com", "", "/v1beta/openai",
     "https://generativelanguage.googleapis.com/v1beta/openai"},
    {"openai-compat", "https://gw.example/v1/openai", "https://gw.example", "", "/v1/openai",
     "https://gw.example/v1/openai"},
    {"openai-compat", "https://name.openai.azure.com/openai/v1/", "https://name.openai.azure.com", "/openai", "/v1",
     "https://name.openai.azure.com/openai/v1"},
    {"openai-compat", "https://gw.example/v1alpha2", "https://gw.example", "", "/v1alpha2",
     "https://gw.example/v1alpha2"},
    {"openai-compat", "https://gw.example/v1beta", "https://gw.example", "", "/v1beta", "https://gw.example/v1beta"},
    {"openai-compat", "https://gw.example/vault", "https://gw.example", "/vault", "", "https://gw.example/vault/v1"},
    {"openai-compat", "https://gw.example/v", "https://gw.example", "/v", "", "https://gw.example/v/v1"},
    {"openai-compat", "https://gw.example/v1gamma", "https://gw.example", "/v1gamma", "",
     "https://gw.example/v1gamma/v1"},
    {"openai-compat", "http://localhost:12434/engines/v1", "http://localhost:12434", "/engines", "/v1",
     "http://localhost:12434/engines/v1"},
    {"openai-compat", "http://10.0.0.7:8080/v1/embeddings", "http://10.0.0.7:8080", "", "/v1",
     "http://10.0.0.7:8080/v1"},
    {"openai-compat", "http://[fd00::7]:8080", "http://[fd00::7]:8080", "", "", "http://[fd00::7]:8080/v1"},
    {"openai-compat", "http://vllm_1.svc.:80/v1", "http://vllm_1.svc", "", "/v1", "http://vllm_1.svc/v1"},
    {"openai-compat", "https://gw.example:/team%20a/v1", "https://gw.example", "/team%20a", "/v1",
     "https://gw.example/team%20a/v1"},
    {"openai-compat", "http://gw.example:443/v1", "http://gw.example:443", "", "/v1", "http://gw.example:443/v1"},

    {"lmstudio", "http://localhost:1234", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://localhost:1234/v1", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://localhost:1234/api/v0", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://localhost:1234/api/v1/", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://localhost:1234/api", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://localhost:1234/api/v0/models", "http://localhost:1234", "", "", "http://localhost:1234/v1"},
    {"lmstudio", "http://studio.lan:1234/lm/v1", "http://studio.lan:1234", "/lm", "", "http://studio.lan:1234/lm/v1"},
};

std::string refusal(std::string_view declared) {
    const auto root = resolve_base_url(*find_kind("openai-compat"), declared);
    return root ? "accepted" : root.error().message + " | " + root.error().hint;
}

}  // namespace

TEST_CASE("a link-local address is refused with or without its zone, in words that help") {
    for (const char* const host : {"[fe80::1]:11434", "[fe80::1%eth0]:11434", "[FE80::1%25eth0]"}) {
        CAPTURE(host);
        const auto root = resolve_base_url(*find_kind("ollama"), std::string("http://") + host);
        REQUIRE_FALSE(root.has_value());
        CHECK(root.error().sentence() ==
              "base_url has a link-local address (fe80:...), which only means something with an interface (%eth0), "
              "which agents do not read; write another address of that machine, or its name, such as "
              "\"http://gpu-box.local:11434\"");
    }
}

TEST_CASE("every way to write a base URL gives the same root, and the form that the agent wants") {
    for (const form& f : forms) {
        CAPTURE(f.kind);
        CAPTURE(f.declared);
        const kind& of = *find_kind(f.kind);
        const auto root = resolve_base_url(of, f.declared);
        REQUIRE(root.has_value());
        CHECK(root->origin() == f.origin);
        CHECK(root->prefix == f.prefix);
        CHECK(root->version == f.version);
        CHECK(agent_base_url(of, *root) == f.agent);
    }
}

TEST_CASE("what the agent gets is a base URL that means the same once more") {
    for (const form& f : forms) {
        CAPTURE(f.kind);
        CAPTURE(f.declared);
        const kind& of = *find_kind(f.kind);
        const auto again = resolve_base_url(of, f.agent);
        REQUIRE(again.has_value());
        CHECK(agent_base_url(of, *again) == f.agent);
        CHECK(agent_base_url(of, *again).find("/v1/v1") == std::string::npos);
    }
}

TEST_CASE("the default base URLs of the kinds table resolve") {
    for (const kind& of : kinds()) {
        if (!of.connectable()) continue;
        CAPTURE(of.slug);
        const auto root = resolve_base_url(of, of.default_base_url);
        REQUIRE(root.has_value());
        CHECK(is_vendor_host(of, *root));
    }
}

TEST_CASE("a root knows its port, its authority and whether it speaks TLS") {
    const kind& of = *find_kind("openai-compat");
    const auto plain = resolve_base_url(of, "http://[::1]:8080/v1");
    CHECK(*plain == api_root{.tls = false, .host = "::1", .port = 8080, .prefix = "", .version = "/v1"});
    CHECK(plain->authority() == "[::1]:8080");
    const auto tls = resolve_base_url(of, "https://Example.com");
    CHECK(*tls == api_root{.tls = true, .host = "example.com", .port = 443, .prefix = "", .version = ""});
    CHECK(tls->authority() == "example.com");
    CHECK(resolve_base_url(of, "http://example.com:65535")->port == 65535);
}

TEST_CASE("a base URL that cannot be used is refused with what to write") {
    const std::string write_a_pair = R"(write a URL that starts with http:// or https://)";
    const std::string no_scheme = "base_url does not start with http:// or https:// | ";
    const std::string key_hint = "take it out; put a key into a variable and its NAME into api_key_env";
    const std::string address_hint = "write an IPv4 address with its four numbers, as in 127.0.0.1";
    const std::string name_hint = R"(write a name of letters, digits, "-" and ".")";
    CHECK(refusal("") == R"(base_url is empty | write one as "http://localhost:8080", or leave it out)");
    CHECK(refusal("  ") == R"(base_url is empty | write one as "http://localhost:8080", or leave it out)");
    CHECK(refusal("localhost:11434") == no_scheme + R"(write "http://localhost:11434")");
    CHECK(refusal("192.168.1.5:8000/v1") == no_scheme + R"(write "http://192.168.1.5:8000/v1")");
    CHECK(refusal("openrouter.ai") == no_scheme + R"(write "https://openrouter.ai")");
    CHECK(refusal("//openrouter.ai/api") == no_scheme + R"(write "https://openrouter.ai/api")");
    CHECK(refusal("http:/localhost:1") == no_scheme + R"(write "http://localhost:1")");
    CHECK(refusal("https:localhost") == no_scheme + R"(write "https://localhost")");
    CHECK(refusal("me:pw@host") == no_scheme + R"(write one as "https://api.example.com/v1")");
    CHECK(refusal("/") == no_scheme + R"(write one as "https://api.example.com/v1")");
    CHECK(refusal("host/?next=http://x") == no_scheme + R"(write one as "https://api.example.com/v1")");
    CHECK(refusal("ftp://host") ==
          R"(base_url has the scheme "ftp"; only http and https are spoken | )" + write_a_pair);
    CHECK(refusal("unix:///run/x") ==
          R"(base_url has the scheme "unix"; only http and https are spoken | )" + write_a_pair);
    CHECK(refusal("http://") == R"(base_url has no host | write one as "http://localhost:8080")");
    CHECK(refusal("http:///v1") == R"(base_url has no host | write one as "http://localhost:8080")");
    CHECK(refusal("http://:8080") == R"(base_url has no host | write one as "http://localhost:8080")");
    CHECK(refusal("http://user:hunter2@host/v1") ==
          R"(base_url holds a user name or password before an "@" | )" + key_hint);
    CHECK(refusal("http://@host") == R"(base_url holds a user name or password before an "@" | )" + key_hint);
    CHECK(refusal("http://host/v1?key=hunter2") == R"(base_url holds a query ("?" and what follows) | )" + key_hint);
    CHECK(refusal("http://host/v1?") == R"(base_url holds a query ("?" and what follows) | )" + key_hint);
    CHECK(refusal("http://host/v1#x") == R"(base_url holds a fragment ("#" and what follows) | take it out)");
    CHECK(refusal("http://ho st/v1") == "base_url holds a space | take it out; write a space in a path as %20");
    CHECK(refusal("http://host\r\nX: y") == "base_url holds a line break or another control character | take it out");
    CHECK(refusal(std::string_view("http://host\0/v1", 15)) ==
          "base_url holds a line break or another control character | take it out");
    CHECK(refusal("http:\\\\host") == R"(base_url holds a backslash | write "/" instead)");
    CHECK(refusal("http://bücher.example") ==
          "base_url holds a character that is not ASCII | write the host in its punycode form (xn--...), and such "
          "characters in a path as %XX");
    CHECK(
        refusal("http://%6cocalhost") ==
        "base_url has a percent-encoded host | write the host as it is; a name that is not ASCII in its punycode form "
        "(xn--...)");
    CHECK(refusal("http://host:0") == "base_url has the port 0, which does not exist | write a port from 1 to 65535");
    CHECK(refusal("http://host:65536") ==
          "base_url has the port 65536, which does not exist | write a port from 1 to 65535");
    CHECK(refusal("http://host:99999999999999999999") ==
          "base_url has the port 99999999999999999999, which does not exist | write a port from 1 to 65535");
    CHECK(refusal("http://host:port") ==
          R"(base_url "http://host:port" is not a valid URL | write one as "http://localhost:8080" or )"
          R"("https://api.example.com/v1")");
    CHECK(refusal("http://[::1") ==
          R"(base_url "http://[::1" is not a valid URL | write one as "http://localhost:8080" or )"
          R"("https://api.example.com/v1")");
    CHECK(refusal("http://127.1:80") == R"(base_url has the host "127.1", which is none | )" + address_hint);
    CHECK(refusal("http://2130706433") == R"(base_url has the host "2130706433", which is none | )" + address_hint);
    CHECK(refusal("http://1.2.3.256") == R"(base_url has the host "1.2.3.256", which is none | )" + address_hint);
    CHECK(refusal("http://0x7f000001") == R"(base_url has the host "0x7f000001", which is none | )" + address_hint);
    CHECK(refusal("http://a..b") == R"(base_url has the host "a..b", which is none | )" + name_hint);
    CHECK(refusal("http://a!b") == R"(base_url has the host "a!b", which is none | )" + name_hint);
    CHECK(refusal("http://.") == R"(base_url has the host "", which is none | )" + name_hint);
    CHECK(
        refusal("http://[v1.x]") ==
        R"(base_url has the host "v1.x", which is none | write a name, an IPv4 address, or an IPv6 address in brackets)");
    CHECK(refusal("http://host/../v1") ==
          R"(base_url holds "." or ".." as a part of its path | write the path without them)");
    CHECK(refusal("http://host/.") ==
          R"(base_url holds "." or ".." as a part of its path | write the path without them)");
}

TEST_CASE("no text about a base URL repeats a password, whatever else is wrong with it") {
    for (const std::string_view declared :
         {"http://u:hunter2@host", "u:hunter2@host", "ftp://u:hunter2@host", "http://u:hunter2@", "http://h/?k=hunter2",
          "h/?k=hunter2", "//u:hunter2@h", "http:/u:hunter2@h", "http://u:hunter2@[::1", "http://h/#hunter2"}) {
        CAPTURE(declared);
        CHECK(refusal(declared).find("hunter2") == std::string::npos);
        CHECK(refusal(declared) != "accepted");
    }
}

}  // namespace opd
