#include "daemon/listen/listen_plan.hpp"

#include <fstream>
#include <string>

opd::result<opd::listen::access_token, opd::listen::listen_error> opd::listen::read_or_make_token(
    const std::filesystem::path& file) {
    std::string line;
    std::getline(std::ifstream(file), line);
    return listen::access_token{.value = secret(line), .is_new = false};
}
