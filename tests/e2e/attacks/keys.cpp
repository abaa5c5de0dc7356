// What others try to get a key: to be taken for the host that it belongs to, to be sent it on a way where they listen,
// and to have it repeated where they can read it.

#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/declared_server.hpp"
#include "tests/e2e/attacks/key_traces.hpp"
#include "tests/e2e/attacks/naive_client.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/tls_identity.hpp"

#include <fmt/format.h>

#include <array>

#include <arpa/inet.h>

namespace json = boost::json;

namespace opd::test {
namespace {

const std::string key_in_header = "Bearer " + std::string(arena::holder_key);

std::string all_of(const seen_request& asked) {
    std::string text = asked.target + '\n' + asked.body;
    for (const auto& [name, value] : asked.headers) text += '\n' + value;
    return text;
}

bool has_got(const model_server_sim& server, std::string_view key) {
    for (const seen_request& asked : server.requests())
        if (all_of(asked).find(key) != std::string::npos) return true;
    return false;
}

/// A server of this kind that names no key.
bool gets_vendor_key(arena& where, std::string_view kind, std::string_view host = "127.0.0.1",
                     const std::string& path = {}) {
    model_server_sim thief;
    thief.answer_everything(json_answer(200, R"({"data":[]})"));
    const declared_server declared(where, kind, thief.base_url(host) + path);
    declared.models();
    return has_got(thief, arena::vendor_key);
}

bool agent_gets_vendor_key(arena& where, std::string_view kind, std::string_view base_url, std::string_view tool,
                           std::string_view variable) {
    const declared_server declared(where, kind, base_url);
    return declared.plan(tool).find(fmt::format(R"("from_env":"{}")", variable)) != std::string::npos;
}

template <unsigned status>
bool is_sent_on(arena& where) {
    model_server_sim thief;
    model_server_sim server;
    server.answer_everything(redirect_answer(status, thief.base_url() + "/v1/models"));
    if (where.is_naive()) {
        naive_get(server.base_url() + "/v1/models", {{"Authorization", key_in_header}});
    } else {
        const declared_server declared(where, "openai-compat", server.base_url(), with_key());
        declared.models();
    }
    return has_got(thief, arena::holder_key);
}

/// An address of the internet that nobody has (RFC 5737), in some spelling.
bool goes_in_clear_to(arena& where, std::string_view host) {
    const declared_server declared(where, "openai-compat", fmt::format("http://{}", host), with_key());
    return declared.status() != "key_withheld";
}

/// The same with a spelling that has no dots, as names of the local network have none. A naive program judges by that.
bool goes_in_clear_to_number(arena& where, const std::string& host) {
    if (where.is_naive()) {
        in_addr address{};
        const bool leads_there =
            ::inet_aton(host.c_str(), &address) != 0 && address.s_addr == ::inet_addr("203.0.113.5");
        return leads_there && host.find('.') == host.npos;
    }
    try {
        return goes_in_clear_to(where, host);
    } catch (const not_taken&) {
        return false;
    }
}

/// A near name that leads far away, as a name service could have it.
bool goes_in_clear_where_a_near_name_leads(arena& where) {
    const temp_folder home;
    home.write("hosts", "203.0.113.5 printer.lan\n");
    home.write("operator.toml",
               "[probes]\ntimeout = \"700ms\"\n[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\n"
               "base_url = \"http://printer.lan\"\napi_key_env = \"LAB_KEY\"\n");
    const std::string command = fmt::format(
        "mount --bind {0}/hosts /etc/hosts && exec {1} --config {0}/operator.toml --socket {0}/s "
        "--listen none",
        home.path().string(), program_path(where.program("operatord")));
    const process daemon({"/usr/bin/unshare", "--mount", "/bin/sh", "-c", command},
                         {{"HOME", home.path()},
                          {"PATH", "/usr/bin:/bin"},
                          {"RES_OPTIONS", "attempts:0"},
                          {"LAB_KEY", std::string(arena::holder_key)}});
    if (!daemon.wait_for_line("is ready")) throw skipped{"this machine gives nobody a list of hosts of his own"};
    rest_client client(http_client::over_unix_socket(home.path() / "s"));
    return client.get("/model-servers/lab/models").json.at("status") != "key_withheld";
}

struct tls_scene {
    test_authority authority;
    temp_folder folder;
    std::string ca_file = authority.write_certificate(folder.path());
};

/// Whether a server with this certificate gets the key; `more` are lines of its declaration and what follows.
bool gets_key_over_tls(arena& where, const tls_identity& shown, std::string_view host, const std::string& more) {
    model_server_sim thief({.tls = shown});
    thief.answer_everything(json_answer(200, R"({"data":[]})"));
    const running_daemon daemon = where.own_daemon(
        fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\napi_key_env = "
                    "\"LAB_KEY\"\n{}",
                    thief.base_url(host), more),
        {{"LAB_KEY", std::string(arena::holder_key)}});
    daemon.get("/model-servers/lab/models");
    return has_got(thief, arena::holder_key);
}

bool gets_key_with(arena& where, const certificate_wish& wish, std::string_view host = "localhost") {
    const tls_scene scene;
    return gets_key_over_tls(where, scene.authority.issue(wish), host,
                             fmt::format("ca_file = \"{}\"\n", scene.ca_file));
}

std::string error_with(std::string_view message) {
    return json::serialize(json::value{{"error", {{"message", message}, {"type", "invalid_request_error"}}}});
}

std::string list_with(std::string_view id, std::string_view name) {
    return json::serialize(json::value{{"data", {{{"id", id}, {"name", name}}}}});
}

/// A server that has got the key sends this; then all is searched that anybody is told.
bool is_repeated(arena& where, script answer) {
    static const key_traces traces(arena::holder_key);
    model_server_sim server;
    answer.then = script::ending::close;
    server.answer_everything(std::move(answer));
    if (where.is_naive()) return traces.are_in(naive_get(server.base_url() + "/v1/models").received);
    const declared_server declared(where, "openai-compat", server.base_url(), with_key());
    return traces.are_in(declared.all_that_is_told());
}

const std::string key{arena::holder_key};

constexpr std::array<attack, 46> keys_table{{
    {"a server elsewhere says that it speaks Anthropic's protocol, and gets that vendor's key",
     [](arena& where) { return gets_vendor_key(where, "anthropic-api"); }},
    {"a server elsewhere says that it speaks OpenAI's protocol, and gets that vendor's key",
     [](arena& where) { return gets_vendor_key(where, "openai-api"); }},
    {"a server elsewhere says that it speaks Google's protocol, and gets that vendor's key",
     [](arena& where) { return gets_vendor_key(where, "google-api"); }},
    {"a server elsewhere says that it is OpenRouter, and gets its key",
     [](arena& where) { return gets_vendor_key(where, "openrouter"); }},
    {"a host whose name begins with a vendor's",
     [](arena& where) { return gets_vendor_key(where, "anthropic-api", "api.anthropic.com.localhost"); }},
    {"a path that looks like a vendor's host",
     [](arena& where) { return gets_vendor_key(where, "openai-api", "127.0.0.1", "/api.openai.com/v1"); }},
    {"an agent is launched on a host whose name begins with its vendor's",
     [](arena& where) {
         return agent_gets_vendor_key(where, "openai-api", "https://api.openai.com.evil.example", "codex",
                                      "OPENAI_API_KEY");
     }},
    {"an agent is launched on a host whose name ends in its vendor's",
     [](arena& where) {
         return agent_gets_vendor_key(where, "anthropic-api", "https://evil-api.anthropic.com", "claude",
                                      "ANTHROPIC_API_KEY");
     }},
    {"an agent is launched on another port of its vendor's host",
     [](arena& where) {
         return agent_gets_vendor_key(where, "openai-api", "https://api.openai.com:8443", "codex", "OPENAI_API_KEY");
     }},
    {"an agent is launched on somebody's Gemini",
     [](arena& where) {
         return agent_gets_vendor_key(where, "google-api", "https://evil.example", "gemini", "GEMINI_API_KEY");
     }},
    {"the key follows a redirect (301)", is_sent_on<301>, weakness::naive_program},
    {"the key follows a redirect (302)", is_sent_on<302>, weakness::naive_program},
    {"the key follows a redirect (303)", is_sent_on<303>, weakness::naive_program},
    {"the key follows a redirect (307)", is_sent_on<307>, weakness::naive_program},
    {"the key follows a redirect (308)", is_sent_on<308>, weakness::naive_program},
    {"the key is in the URL, and so in the server's log",
     [](arena& where) {
         model_server_sim server;
         if (where.is_naive()) {
             naive_get(server.base_url() + "/v1beta/models?key=" + key);
         } else {
             const declared_server declared(where, "google-api", server.base_url(), with_key());
             declared.models();
         }
         for (const seen_request& asked : server.requests())
             if (asked.target.find(key) != std::string::npos) return true;
         return false;
     },
     weakness::naive_program},
    {"the key crosses the internet in clear", [](arena& where) { return goes_in_clear_to(where, "203.0.113.5"); }},
    {"it does to an address that is spelled as one number",
     [](arena& where) { return goes_in_clear_to_number(where, "3405803781"); }, weakness::naive_program},
    {"it does to an address in hexadecimal", [](arena& where) { return goes_in_clear_to_number(where, "0xcb007105"); },
     weakness::naive_program},
    {"it does to an IPv4 address within one of IPv6",
     [](arena& where) { return goes_in_clear_to(where, "[::ffff:203.0.113.5]"); }},
    {"it does to an IPv4 address that is translated to IPv6",
     [](arena& where) { return goes_in_clear_to(where, "[64:ff9b::203.0.113.5]"); }},
    {"it does where a name of the local network leads", goes_in_clear_where_a_near_name_leads},
    {"a certificate that nobody vouches for",
     [](arena& where) { return gets_key_over_tls(where, self_signed({.dns_names = {"localhost"}}), "localhost", {}); }},
    {"a certificate for another name",
     [](arena& where) { return gets_key_with(where, {.dns_names = {"localhost.evil.example", "evil.example"}}); }},
    {"a certificate for all names", [](arena& where) { return gets_key_with(where, {.dns_names = {"*"}}); }},
    {"a certificate for the name, and the address was asked for",
     [](arena& where) { return gets_key_with(where, {.dns_names = {"localhost", "127.0.0.1"}}, "127.0.0.1"); }},
    {"a certificate that has expired",
     [](arena& where) {
         return gets_key_with(where, {.dns_names = {"localhost"}, .valid_from_days = -9, .valid_for_days = -1});
     }},
    {"a certificate that is not valid yet",
     [](arena& where) { return gets_key_with(where, {.dns_names = {"localhost"}, .valid_from_days = 2}); }},
    {"a certificate of an authority that another server's ca_file trusts",
     [](arena& where) {
         const tls_scene scene;
         const std::string other = fmt::format(
             "[[model_servers]]\nname = \"other\"\nkind = \"openai-compat\"\nbase_url = \"https://localhost:1\"\n"
             "ca_file = \"{}\"\n",
             scene.ca_file);
         return gets_key_over_tls(where, scene.authority.issue({.dns_names = {"localhost"}}), "localhost", other);
     }},
    {"the server repeats the key in an error",
     [](arena& where) { return is_repeated(where, text_answer(500, "cannot use " + key + " here")); }},
    {"it does in the words of a 401",
     [](arena& where) {
         return is_repeated(where, json_answer(401, error_with("Incorrect API key provided: " + key)));
     }},
    {"it does in the code of an error",
     [](arena& where) {
         return is_repeated(where, json_answer(400, R"({"error":{"message":")" + key + R"(","code":")" + key + "\"}}"));
     }},
    {"it does in where it redirects to",
     [](arena& where) {
         return is_repeated(where, redirect_answer(302, "http://localhost/login/" + key + "?k=" + key));
     }},
    {"it does in the title of a web page",
     [](arena& where) { return is_repeated(where, html_answer(502, "<html><title>for " + key + "</title></html>")); }},
    {"it does in the id of a model",
     [](arena& where) { return is_repeated(where, json_answer(200, list_with("models-of-" + key, "a"))); }},
    {"it does in the name of a model",
     [](arena& where) { return is_repeated(where, json_answer(200, list_with("a", "for " + key))); }},
    {"it does with its first eight characters",
     [](arena& where) {
         return is_repeated(where, json_answer(401, error_with("wrong: " + key.substr(0, 8) + "...")));
     }},
    {"it does with its last eight characters",
     [](arena& where) {
         return is_repeated(where, json_answer(401, error_with("wrong: ..." + key.substr(key.size() - 8))));
     }},
    {"it does percent-encoded",
     [](arena& where) { return is_repeated(where, text_answer(500, "for " + percent_encoded(key))); }},
    {"it does in base64, with a name before it",
     [](arena& where) { return is_repeated(where, text_answer(500, "Basic " + base64("user:" + key))); }},
    {"it does as escapes of JSON",
     [](arena& where) {
         return is_repeated(where, json_answer(401, R"({"error":{"message":"no: )" + json_escaped(key) + "\"}}"));
     }},
    {"it does in its status line and headers",
     [](arena& where) {
         const std::string head =
             fmt::format("HTTP/1.1 429 {0}\r\nRetry-After: {0}\r\nX-Key: {0}\r\nETag: {0}\r\n", key);
         return is_repeated(where, garbage(head + "Content-Length: 0\r\n\r\n"));
     },
     weakness::naive_program},
    {"it does in what is no HTTP",
     [](arena& where) { return is_repeated(where, garbage(key + " " + key + "\r\n\r\n")); }, weakness::naive_program},
    {"a page of the user's browser, or a program, hands the daemon a key over TCP",
     [](arena& where) {
         return where.holder()
                    .tcp()
                    .request("PUT", "/api/v1/keys/NEW_KEY", {{"Content-Type", "application/json"}},
                             R"({"value":"somebody-elses"})")
                    .status == 200;
     }},
    {"the values of extra_env are read over TCP",
     [](arena& where) {
         http_client client = where.daemon().tcp();
         const std::string told =
             client.get("/api/v1/model-servers").body + client.get("/api/v1/model-servers/lab").body;
         return told.find(arena::extra_secret) != std::string::npos;
     }},
    {"they are in what an agent would be launched with",
     [](arena& where) {
         const http_answer plan = where.daemon().tcp().request(
             "POST", "/api/v1/launch/resolve", {{"Content-Type", "application/json"}},
             R"({"llm_tool":"codex","model":"lab-model","model_server":"lab","force":true})");
         return plan.body.find(arena::extra_secret) != std::string::npos;
     }},
}};

}  // namespace

std::span<const attack> attacks_on_keys() { return keys_table; }

}  // namespace opd::test
