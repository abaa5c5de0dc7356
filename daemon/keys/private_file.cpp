#include "daemon/keys/secret_file.hpp"

#include <fmt/format.h>

namespace opd {

result<void> check_private(const std::filesystem::path& file, const struct stat& facts, uid_t user) {
    if (facts.st_uid != user) {
        return problem{fmt::format("{}: belongs to user {}, not to user {}, who runs operatord", file.string(),
                                   facts.st_uid, user),
                       fmt::format("make it yours: chown {} {}", user, file.string())};
    }
    const mode_t mode = facts.st_mode & mode_t{07777};
    if ((mode & 0077U) == 0) return {};
    const char* act = "execute";
    if ((mode & 0022U) != 0) act = "change";
    if ((mode & 0044U) != 0) act = "read";
    return problem{fmt::format("{}: mode {:04o} lets others {} it", file.string(), mode, act),
                   fmt::format("chmod 600 {}", file.string())};
}

}  // namespace opd
