#include "client/system.hpp"

#include <fstream>

#include <sys/stat.h>

opd::result<void> opd::write_file(const std::filesystem::path& path, std::string_view text, write_options how) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), how.mode);
    return {};
}
