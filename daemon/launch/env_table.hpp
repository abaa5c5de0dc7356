#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::launch {

/// One variable of the agent's environment.
struct env_entry {
    enum class source : std::uint8_t {
        derived,    ///< `text` is the value, and no secret
        literal,    ///< `text` is the value, as the user wrote it in extra_env: it may be a secret
        reference,  ///< `text` names the variable of the caller's environment that holds the value
    };

    std::string name;
    std::string text;
    source from = source::derived;

    bool operator==(const env_entry&) const = default;
};

/// The environment of the contract for an agent on this server: the base URL, and the key by reference.
std::vector<env_entry> server_env(const model_server&, const api_root&);

/// `extra_env` of the server: verbatim, but `${NAME}` and nothing else is a reference.
std::vector<env_entry> extra_env(const model_server&);

/// The entry of that name, or null.
const env_entry* find_entry(const std::vector<env_entry>&, std::string_view name);

/// What the agent's key variable will hold in the end, extra_env included; nullopt: no key.
std::optional<env_entry> agent_key(const model_server&, const api_root&);

/// Each name once: of equal ones the last counts.
std::vector<env_entry> last_of_each(std::vector<env_entry>);

}  // namespace opd::launch
