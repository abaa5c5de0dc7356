#include "config/model/base_url.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace opd {
namespace {

constexpr auto loopback = network_scope::loopback;
constexpr auto near_by = network_scope::private_network;
constexpr auto internet = network_scope::internet;

struct sample {
    std::string_view host;
    network_scope scope;
};

std::string_view vendor(std::string_view declared) {
    const auto root = resolve_base_url(*find_kind("openai-compat"), declared);
    const kind* found = root ? vendor_of(*root) : nullptr;
    return found == nullptr ? std::string_view("nobody") : found->slug;
}

}  // namespace

TEST_CASE("how far away a host is can be told from its spelling") {
    constexpr sample samples[] = {
        {"127.0.0.1", loopback},
        {"127.255.0.9", loopback},
        {"0.0.0.0", loopback},
        {"localhost", loopback},
        {"LOCALHOST", loopback},
        {"localhost.", loopback},
        {"models.localhost", loopback},
        {"::1", loopback},
        {"::", loopback},
        {"::ffff:127.0.0.1", loopback},
        {"10.0.0.1", near_by},
        {"10.255.255.255", near_by},
        {"11.0.0.0", internet},
        {"172.16.0.1", near_by},
        {"172.31.255.255", near_by},
        {"172.15.0.1", internet},
        {"172.32.0.1", internet},
        {"192.168.1.1", near_by},
        {"192.169.1.1", internet},
        {"169.254.1.1", near_by},
        {"100.64.0.1", near_by},
        {"100.127.255.255", near_by},
        {"100.128.0.1", internet},
        {"100.63.0.1", internet},
        {"8.8.8.8", internet},
        {"0.0.0.1", internet},
        {"fe80::1", near_by},
        {"fe80::1%eth0", near_by},
        {"febf::1", near_by},
        {"fec0::1", internet},
        {"fd00::1", near_by},
        {"fc00::1", near_by},
        {"fe00::1", internet},
        {"2001:db8::1", internet},
        {"::ffff:10.0.0.1", near_by},
        {"::ffff:8.8.8.8", internet},
        {"gpu", near_by},
        {"gpu.local", near_by},
        {"Gpu.LAN", near_by},
        {"a.b.internal", near_by},
        {"x.home.arpa", near_by},
        {"gpu.tail1234.ts.net", near_by},
        {"x.arpa", internet},
        {"mylocal.com", internet},
        {"notlocalhost", near_by},
        {"notlan.example", internet},
        {"api.openai.com", internet},
        {"local.example.com", internet},
        {"xlocal.xlan", internet},
    };
    for (const sample& s : samples) {
        CAPTURE(s.host);
        CHECK(scope_of(s.host) == s.scope);
    }
}

TEST_CASE("addresses are told from names") {
    for (const std::string_view address : {"127.0.0.1", "0.0.0.0", "::1", "::", "2001:db8::1"}) {
        CAPTURE(address);
        CHECK(is_ip_address(address));
    }
    for (const std::string_view name :
         {"localhost", "", "[::1]", "127.1", "1.2.3.4.5", "256.1.1.1", "::1%lo", "127.0.0.1 "}) {
        CAPTURE(name);
        CHECK_FALSE(is_ip_address(name));
    }
}

TEST_CASE("a vendor's host is known whatever kind it is declared as") {
    CHECK(vendor("https://api.openai.com/v1") == "openai-api");
    CHECK(vendor("https://API.anthropic.com") == "anthropic-api");
    CHECK(vendor("https://generativelanguage.googleapis.com/v1beta/openai") == "google-api");
    CHECK(vendor("https://openrouter.ai/api/v1") == "openrouter");
    CHECK(vendor("https://api.openai.com.example.org") == "nobody");
    CHECK(vendor("https://proxy.example/api.openai.com") == "nobody");
    CHECK(vendor("http://localhost:11434") == "nobody");
}

TEST_CASE("the vendor's host is judged for the kind in question") {
    const auto root = resolve_base_url(*find_kind("openai-compat"), "https://api.openai.com");
    CHECK(is_vendor_host(*find_kind("openai-api"), *root));
    CHECK_FALSE(is_vendor_host(*find_kind("anthropic-api"), *root));
    CHECK_FALSE(is_vendor_host(*find_kind("openai-compat"), *root));
}

}  // namespace opd
