#include "client/service/beside.hpp"

#include "client/text.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace opd {

result<std::string> program_beside(const std::string& operatorctl) {
    const auto folder = std::filesystem::path(operatorctl).parent_path();
    std::string program = (folder / "operatord").string();
    if (may_run(program)) return program;
    return problem(fmt::format("there is no operatord in {}, where this operatorctl is", printable(folder.string())),
                   "put both into one folder: cmake --install build --prefix ~/.local");
}

bool is_same_file(const std::string& a, const std::string& b) {
    std::error_code ignored;
    return std::filesystem::equivalent(a, b, ignored);
}

bool may_run(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace opd
