#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace opd::bridge {

/// What a server must see again travels inside the agent, in the field that its protocol has for that (a signature,
/// encrypted content, a thought signature): the daemon keeps nothing. It is marked with its maker, since a server
/// refuses what another one has made. No secret, and no protection: what comes back is to be read as foreign input.
struct carried {
    std::string kind;   ///< one lower-case word: how the state is to be used
    std::string state;  ///< opaque bytes; may be empty
    bool operator==(const carried&) const = default;
};

/// `opd1.MAKER.KIND.BASE64`, in base64's plain alphabet. The maker is `[a-z0-9]+`: see `maker_of`.
std::string seal(std::string_view maker, const carried&);

/// nullopt: not ours, or of another maker.
std::optional<carried> unseal(std::string_view maker, std::string_view sealed);

/// The mark of a server: a hash of its name and its address.
std::string maker_of(std::string_view server_name, std::string_view base_url);

}  // namespace opd::bridge
