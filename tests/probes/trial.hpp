#pragma once

#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "probes/key_policy.hpp"
#include "probes/prober.hpp"
#include "tests/probes/run_coroutine.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace opd::test {

/// A key that no other text holds a part of.
inline constexpr std::string_view lab_key = "sk-lab-Zq7Wm4Xr9Bt2Lk6Pd1Vn8";

/// A server as a block of operator.toml declares it; an empty `base_url` is left out.
inline model_server declared(std::string_view kind_slug, std::string base_url) {
    model_server server;
    server.name = "lab";
    server.kind = find_kind(kind_slug);
    if (!base_url.empty()) server.base_url = std::move(base_url);
    return server;
}

/// As above, and its key is in LAB_KEY.
inline model_server declared_with_key(std::string_view kind_slug, std::string base_url) {
    model_server server = declared(kind_slug, std::move(base_url));
    server.api_key_env = "LAB_KEY";
    return server;
}

/// One probe on the real network. The key is set where the server has a variable for one.
struct trial {
    model_server server;
    std::string key = std::string(lab_key);  ///< empty: the variable is not set
    std::chrono::milliseconds timeout = std::chrono::seconds(20);
    probe_limits limits{};
    resolver::look_up look_up = resolver::system_look_up;

    report run() const {
        boost::asio::io_context io;
        resolver names(io.get_executor(), look_up);
        const auto transport = make_beast_transport(io.get_executor(), names, limits);
        probe_order order;
        order.server = server;
        auto root = resolve_base_url(*server.kind, server.probe_base_url());
        REQUIRE(root.has_value());
        order.root = std::move(*root);
        if (!key.empty() && !key_variable(server, order.root).empty()) order.key = secret(key);
        order.timeout = timeout;
        order.limits = limits;
        return run_coroutine(io, probe(*transport, std::move(order)));
    }
};

/// The text with `:PORT` in the place of the port, which is another one each time.
inline std::string without_port(std::string text, std::uint16_t port) {
    const std::string number = ":" + std::to_string(port);
    for (std::size_t at = text.find(number); at != text.npos; at = text.find(number))
        text.replace(at, number.size(), ":PORT");
    return text;
}

/// Eight characters in a row of the key, or more, are part of the text.
inline bool gives_away(std::string_view text, std::string_view key) {
    for (std::size_t at = 0; at + 8 <= key.size(); ++at)
        if (text.find(key.substr(at, 8)) != text.npos) return true;
    return false;
}

struct verdict {
    probe_status status = probe_status::pending;
    std::string error{};
    std::string hint{};
    std::optional<std::chrono::milliseconds> retry_after{};
};

/// Whether a failed probe says all that it should, and nothing of the key.
inline void check_verdict(const report& got, std::uint16_t port, const verdict& wanted) {
    CHECK(to_string(got.status) == to_string(wanted.status));
    CHECK(without_port(got.error, port) == wanted.error);
    CHECK(without_port(got.hint, port) == wanted.hint);
    CHECK(got.retry_after == wanted.retry_after);
    CHECK(got.models.empty());
    CHECK_FALSE(gives_away(got.error, lab_key));
    CHECK_FALSE(gives_away(got.hint, lab_key));
}

inline constexpr std::string_view two_models = R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})";

}  // namespace opd::test
