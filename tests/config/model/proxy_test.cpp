#include "config/model/proxy.hpp"

#include "config/config.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace opd;

namespace {

api_root root_of(bool tls, const std::string& host, std::uint16_t port) {
    return {.tls = tls, .host = host, .port = port, .prefix = {}, .version = {}};
}

struct rules_and_faults {
    proxy_rules rules;
    std::vector<std::string> faults;
};

rules_and_faults rules_of(std::string_view setting, const std::map<std::string, std::string>& environment) {
    rules_and_faults made;
    made.rules = read_proxy_rules(
        setting,
        [&](const char* name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            return found == environment.end() ? std::nullopt : std::optional(found->second);
        },
        [&](const problem& fault) { made.faults.push_back(fault.sentence()); });
    return made;
}

}  // namespace

TEST_CASE("the URL of a proxy is read as people write it, and its login is never shown") {
    struct sample {
        std::string url, origin, login;
    };
    const sample samples[] = {
        {"http://proxy.corp:3128", "http://proxy.corp:3128", ""},
        {"HTTP://Proxy.Corp:3128/", "http://proxy.corp:3128", ""},
        {"proxy.corp:3128", "http://proxy.corp:3128", ""},
        {"http://proxy.corp", "http://proxy.corp:80", ""},
        {"http://[::1]:3128", "http://[::1]:3128", ""},
        {"http://me:p%40ss@proxy.corp:3128", "http://proxy.corp:3128", "me:p@ss"},
        {"http://me@proxy.corp:3128", "http://proxy.corp:3128", "me:"},
        {"me:a@b@10.0.0.1:8080", "http://10.0.0.1:8080", "me:a@b"},
    };
    for (const sample& one : samples) {
        CAPTURE(one.url);
        const auto read = read_proxy(one.url);
        REQUIRE(read.has_value());
        CHECK(read->origin() == one.origin);
        CHECK(read->login.reveal() == one.login);
    }
    CHECK(check_proxy("socks5://me:hunter2@h:1").error().sentence() ==
          "a proxy is not spoken to over SOCKS; write the address of its plain HTTP port, as "
          "\"http://proxy.example.com:3128\", or \"env\", or \"none\"");
    CHECK(check_proxy("https://h:1").error().message == "a proxy is not spoken to over TLS");
    for (const char* const wrong : {"", "http://", "http://me:hunter2@", "http://h:0", "http://h:99999", "ftp://h:1",
                                    "http://hunter2\r\n:1", "http://a b:1"}) {
        CAPTURE(wrong);
        REQUIRE_FALSE(check_proxy(wrong).has_value());
        CHECK(check_proxy(wrong).error().sentence().find("hunter2") == std::string::npos);
    }
    CHECK(check_proxy("env").has_value());
    CHECK(check_proxy("none").has_value());
}

TEST_CASE("NO_PROXY names hosts, what is below them, addresses, blocks and ports") {
    struct sample {
        std::string list, host;
        bool exempt;
    };
    const sample samples[] = {
        {"*", "a.example", true},
        {"a.example", "a.example", true},
        {"A.Example", "a.example", true},
        {"example.com", "api.example.com", true},
        {".example.com", "api.example.com", true},
        {".example.com", "example.com", true},
        {"*.example.com", "api.example.com", true},
        {"example.com", "badexample.com", false},
        {"x, example.com", "example.com", true},
        {"x example.com", "example.com", true},
        {"example.com:8443", "example.com", true},
        {"example.com:443", "example.com", false},
        {"203.0.113.7", "203.0.113.7", true},
        {"203.0.113.7", "203.0.113.70", false},
        {"203.0.113.0/24", "203.0.113.99", true},
        {"203.0.113.0/24", "203.0.114.1", false},
        {"203.0.113.0/33", "203.0.113.0", false},
        {"0.0.0.0/0", "203.0.113.0", true},
        {"0.0.0.0/0", "a.example", false},
        {"2001:db8::/32", "2001:db8:1::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"2001:DB8::1", "2001:db8::1", true},
        {"[2001:db8::1]:8443", "2001:db8::1", true},
        {"[2001:db8::1]:443", "2001:db8::1", false},
        {",, ,", "a.example", false},
        {"[", "a.example", false},
        {"", "a.example", false},
    };
    for (const sample& one : samples) {
        CAPTURE(one.list);
        CAPTURE(one.host);
        CHECK(is_exempt(one.list, one.host, 8443) == one.exempt);
    }
}

TEST_CASE("the way to a server depends on its scheme, and never leads near ones through a proxy") {
    const auto made = rules_of("env", {{"HTTP_PROXY", "http://plain:1"},
                                       {"https_proxy", "http://tls:2"},
                                       {"HTTPS_PROXY", "http://other:3"},
                                       {"NO_PROXY", "Exempt.Example"}});
    CHECK(made.faults.empty());
    const proxy_rules& rules = made.rules;
    REQUIRE(rules.way_to(root_of(false, "a.example", 80)));
    CHECK(rules.way_to(root_of(false, "a.example", 80))->host == "plain");
    CHECK(rules.way_to(root_of(true, "a.example", 443))->host == "tls");
    for (const char* const near_by : {"127.0.0.1", "localhost", "::1", "192.168.1.5", "gpu", "gpu.lan", "a.b.ts.net"})
        CHECK_FALSE(rules.way_to(root_of(true, near_by, 443)));
    CHECK_FALSE(rules.way_to(root_of(true, "exempt.example", 443)));

    CHECK_FALSE(rules_of("none", {{"HTTP_PROXY", "http://plain:1"}}).rules.way_to(root_of(false, "a.example", 80)));
    const auto fixed = rules_of("http://fixed:1", {{"HTTP_PROXY", "http://plain:1"}, {"no_proxy", "b.example"}}).rules;
    CHECK(fixed.way_to(root_of(true, "a.example", 443))->host == "fixed");
    CHECK_FALSE(fixed.way_to(root_of(true, "b.example", 443)));
    const auto wrong = rules_of("env", {{"HTTPS_PROXY", "socks5://me:hunter2@h:1"}});
    CHECK_FALSE(wrong.rules.for_https);
    REQUIRE(wrong.faults.size() == 1);
    CHECK(wrong.faults[0].starts_with("HTTPS_PROXY: a proxy is not spoken to over SOCKS; "));
    CHECK(wrong.faults[0].find("hunter2") == std::string::npos);
}

TEST_CASE("the configuration takes a proxy, and shows no login where it is wrong") {
    CHECK(parse_config("", "f")->values.probes.proxy == "env");
    CHECK(parse_config("[probes]\nproxy = \"http://me:pw@p:1\"\n", "f")->values.probes.proxy == "http://me:pw@p:1");
    for (const char* const wrong : {"\"http://me:hunter2@p:99999\"", "\"socks5h://me:hunter2@p:1\"", "\"me:hunter2",
                                    "[\"me:hunter2@p:1\"]", "'http://me:hunter2@p:1"}) {
        CAPTURE(wrong);
        const auto read = parse_config(std::string("[probes]\nproxy = ") + wrong + "\n", "f");
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().line == 2);
        CHECK(read.error().text().find("hunter2") == std::string::npos);
    }
}
