#include "daemon/launch/plan.hpp"

std::optional<std::string> opd::launch::trusted_file(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return std::nullopt;
    return file.string();
}
