#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace opd {

enum class provider_class : std::uint8_t { first_party, gateway };

/// What an agent speaks to the server, and so which variables it is launched with.
enum class wire_protocol : std::uint8_t { anthropic, openai, google };

/// How the server lists its models; probes/dialects has one implementation for each.
enum class listing_dialect : std::uint8_t { anthropic, openai, google, ollama, openrouter, lmstudio };

/// How the key is presented when models are listed.
enum class listing_auth : std::uint8_t {
    x_api_key,        ///< `x-api-key` and `anthropic-version`
    bearer,           ///< `Authorization: Bearer`; a named key that is not set is `key_missing`
    x_goog_api_key,   ///< `x-goog-api-key`, never `?key=`
    bearer_optional,  ///< Bearer if the key is set, anonymous otherwise
};

/// One row of THE table of model-server kinds. Every surface (REST catalog, validation, probing, launch environment,
/// README, help texts) is derived from it; adding a kind is adding a row, and a dialect where none fits. What a row
/// leaves out is that of a server with OpenAI's API.
struct kind {
    std::string_view slug;
    std::string_view display_name;
    std::string_view description;
    std::string_view setup_url;
    provider_class provider = provider_class::gateway;
    bool builtin = false;                          ///< exists without being declared, under the slug as its name
    std::string_view listing_path = "/v1/models";  ///< where models are listed, as documentation shows it
    listing_dialect dialect = listing_dialect::openai;
    listing_auth auth = listing_auth::bearer;
    std::string_view default_base_url = {};     ///< empty: must be declared
    std::string_view default_api_key_env = {};  ///< empty: none
    wire_protocol protocol = wire_protocol::openai;
    std::string_view agent_base_url_env = "OPENAI_BASE_URL";
    std::string_view agent_api_key_env = "OPENAI_API_KEY";
    std::string_view codicon;
    std::string_view brand_icon = {};  ///< empty: none

    /// It can be probed without being declared.
    bool connectable() const { return !default_base_url.empty(); }

    /// The server answers without a key, too: a key that is not set is no reason not to ask.
    bool key_optional() const { return auth == listing_auth::bearer_optional; }
};

/// All kinds, in display order. The rows live as long as the program.
std::span<const kind> kinds();

/// The kind with this slug, or null.
const kind* find_kind(std::string_view slug);

std::string_view slug(provider_class);            ///< `first-party`, `gateway`
std::string_view category_label(provider_class);  ///< `First-party`, `Gateways`

}  // namespace opd
