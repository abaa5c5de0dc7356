#include "daemon/launch/trusted_file.hpp"

std::optional<std::string> opd::trusted_file(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return std::nullopt;
    return file.string();
}
