#pragma once

#include "config/base/result.hpp"

#include <string_view>

namespace opd {

/// The rule for names of model servers and delegators: 1 to 128 bytes of UTF-8 without control characters, not `.` or
/// `..`, and not `kinds`, which is a route of the REST interface.
result<void> check_name(std::string_view name);

/// As `check_name`, and not the name of a builtin, which cannot be declared.
result<void> check_declared_server_name(std::string_view name);

/// `[A-Za-z_][A-Za-z0-9_]*`
bool is_env_name(std::string_view name);

/// NAME of a value that is `${NAME}` and nothing else; empty for any other one.
std::string_view referred_to(std::string_view value);

/// The rule for `api_key_env`: the NAME of a variable. The message never repeats the value, which may be a pasted key.
result<void> check_api_key_env(std::string_view name);

/// The rule for a key of `extra_env`.
result<void> check_env_name(std::string_view name);

/// The rule for a value of `extra_env`: any UTF-8 text without NUL. The message never repeats the value.
result<void> check_env_value(std::string_view value);

}  // namespace opd
