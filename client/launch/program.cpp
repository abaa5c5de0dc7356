#include "client/launch/program.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

constexpr std::string_view path_where_none_is_set = "/bin:/usr/bin";

bool is_file(const std::string& path) {
    struct stat what{};

    return ::stat(path.c_str(), &what) == 0 && S_ISREG(what.st_mode);
}

bool may_execute(const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

}  // namespace

std::optional<found_program> search_program(std::string_view name, const environment& variables) {
    const std::string list = value_in(variables, "PATH").value_or(std::string(path_where_none_is_set));
    std::string_view rest = list;
    std::optional<found_program> forbidden;
    for (bool more = true; more;) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string_view folder = end == 0 ? "." : rest.substr(0, end);
        std::string path = std::string(folder) + '/' + std::string(name);
        more = end < rest.size();
        rest.remove_prefix(more ? end + 1 : end);
        if (!is_file(path)) continue;
        if (may_execute(path)) return found_program{.path = std::move(path), .executable = true};
        if (!forbidden) forbidden = found_program{.path = std::move(path), .executable = false};
    }
    return forbidden;
}

}  // namespace opd
