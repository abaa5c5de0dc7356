#include "daemon/listen/token_file.hpp"

#include <fstream>
#include <string>

opd::result<opd::access_token, opd::token_error> opd::read_or_make_token(const std::filesystem::path& file) {
    std::string line;
    std::getline(std::ifstream(file), line);
    return access_token{.value = secret(line), .is_new = false};
}
