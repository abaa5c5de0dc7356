#pragma once

#include "client/doctor/facts.hpp"
#include "client/launch/environment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace opd {

// The settings of the agents that beat what their environment says, as they were seen to. Names, never a value.

/// Of a settings.json of claude.
std::vector<std::string> settings_of_claude(std::string_view json);
/// Of a settings.json of gemini, comments allowed.
std::vector<std::string> settings_of_gemini(std::string_view json);
/// Of a config.toml of codex: keys outside of tables, and those of profiles.
std::vector<std::string> settings_of_codex(std::string_view toml);
/// Of a .env of codex.
std::vector<std::string> variables_of_codex(std::string_view text);

/// Looks into the files of this user. What is not there, or cannot be read, has none.
std::vector<own_setting> find_own_settings(const environment&);

}  // namespace opd
