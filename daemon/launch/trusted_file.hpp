#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace opd {

/// The file, if it is there and only root can change it: it and every folder above belong to root, nobody else may
/// write to them, and there is no link on the way. A tool may take no other file for settings that go before the
/// user's.
std::optional<std::string> trusted_file(const std::filesystem::path&);

}  // namespace opd
