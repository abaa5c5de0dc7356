#pragma once

#include "config/model/kinds.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

enum class probe_mode : std::uint8_t {
    automatic,  ///< `"auto"`: on the schedule
    lazy,       ///< `"lazy"`: only when a client asks
    never,      ///< `"never"`
};

/// Whether agents that do not have to go through the bridge do so.
enum class bridge_mode : std::uint8_t {
    automatic,  ///< `"auto"`: where the server does not speak the agent's protocol
    always,     ///< `"always"`
    never,      ///< `"never"`: what the server does not speak is refused
};

template <class Mode>
struct mode_word {
    std::string_view word;  ///< in the file and over REST
    Mode mode;
};

/// Of probe_mode and bridge_mode: each mode with its word.
template <class Mode>
inline constexpr std::array<mode_word<Mode>, 3> mode_words{};
template <>
inline constexpr std::array<mode_word<probe_mode>, 3> mode_words<probe_mode>{
    {{"auto", probe_mode::automatic}, {"lazy", probe_mode::lazy}, {"never", probe_mode::never}}};
template <>
inline constexpr std::array<mode_word<bridge_mode>, 3> mode_words<bridge_mode>{
    {{"auto", bridge_mode::automatic}, {"always", bridge_mode::always}, {"never", bridge_mode::never}}};

/// A named host that serves models: a `[[model_servers]]` block, or a builtin. Equal values mean the same server.
struct model_server {
    std::string name;
    const opd::kind* kind = nullptr;                             ///< never null in a valid configuration
    std::optional<std::string> base_url;                         ///< as declared; nullopt: the kind's default
    std::optional<std::string> api_key_env;                      ///< the NAME of a variable
    std::vector<std::pair<std::string, std::string>> extra_env;  ///< in file order
    std::optional<std::string> display_name;
    bool user_declared = true;
    probe_mode probe = probe_mode::automatic;
    std::optional<std::chrono::milliseconds> interval;  ///< nullopt: from `[probes]`
    std::optional<std::chrono::milliseconds> timeout;   ///< the same
    std::optional<std::string> ca_file;
    bool allow_plaintext_key = false;
    bridge_mode bridge = bridge_mode::automatic;

    /// Where it is probed: the declared base URL, or the kind's default. Empty only for a kind that has none.
    std::string_view probe_base_url() const { return base_url ? std::string_view(*base_url) : kind->default_base_url; }

    bool operator==(const model_server&) const = default;
};

/// The server that exists without being declared, for a builtin kind, or the kind's defaults for any other one.
inline model_server undeclared_server(const kind& of) {
    model_server server{.name = std::string(of.slug), .kind = &of, .user_declared = false};
    if (!of.default_api_key_env.empty()) server.api_key_env = of.default_api_key_env;
    return server;
}

}  // namespace opd
