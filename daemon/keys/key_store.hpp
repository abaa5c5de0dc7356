#pragma once

#include "config/base/result.hpp"
#include "daemon/keys/key_source.hpp"
#include "daemon/keys/secret_file.hpp"

#include <spdlog/fwd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::keys {

struct found_key {
    secret value;
    key_source source = key_source::pushed;
};

/// Where a key stands.
struct key_search {
    std::optional<found_key> found;
    std::string error;  ///< what prevents a key that should come before the one found; empty: nothing
};

/// The values of keys, by their names. What is pushed lives in memory only, and as long as this; what keys.env and the
/// credentials held is kept until they are read again; the environment is looked into each time.
class key_store {
public:
    /// Told after a change, in the same call: the names under which another value, or none, is found now.
    using changed = std::function<void(std::span<const std::string> names)>;

    /// Reads nothing. The log must outlive this.
    key_store(key_places, changed, spdlog::logger&);

    key_search find(std::string_view name) const;

    /// Takes a key, or another value for one, from the user. The name has been checked. False: too many are held
    /// already.
    bool push(const std::string& name, secret key);
    /// False: none of that name was pushed.
    bool forget(std::string_view name);

    /// What the files hold now. What is wrong with keys.env or the folder of credentials is logged when it is new;
    /// while that folder cannot be read, the credentials known before stay in force.
    void take_over(keys_on_disk);

    const key_places& places() const { return places_; }
    const key_limits& limits() const { return places_.limits; }
    const std::optional<std::filesystem::path>& keys_file() const { return places_.keys_file; }

    /// What is wrong with keys.env. Empty: nothing, or it is not there.
    const std::vector<std::string>& keys_file_errors() const { return errors_; }

    /// Of what was pushed and what keys.env holds, in alphabetical order.
    std::vector<std::string> names() const;

private:
    sought_key look_into(key_source, std::string_view name) const;
    std::vector<secret> values_of(std::span<const std::string> names) const;
    void tell_changes(std::span<const std::string> names, std::span<const secret> before);

    key_places places_;
    changed changed_;
    spdlog::logger& log_;
    key_map pushed_;
    key_map in_file_;
    keys_on_disk::credential_map credentials_;
    std::vector<std::string> errors_;
    std::string credentials_fault_;
};

}  // namespace opd::keys
