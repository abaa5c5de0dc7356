#include "daemon/keys/secret_file.hpp"

#include "config/base/disk.hpp"
#include "config/base/file_handle.hpp"
#include "config/model/names.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::keys {
namespace {

constexpr std::size_t most_credentials = 1000;

problem unreadable(const std::filesystem::path& file, std::errc why) {
    return {fmt::format("{}: cannot be read: {}", file.string(), opd::words(why)),
            "make it and its folder readable for the user who runs operatord"};
}

disk_result<secret> read_all(int descriptor, std::size_t most) {
    std::string text(most, '\0');
    std::size_t filled = 0;
    while (filled != text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    secret whole(std::string_view(text).substr(0, filled));
    wipe(text);
    return whole;
}

}  // namespace

result<std::optional<secret_file>> read_secret_file(const std::filesystem::path& file, std::size_t most) {
    // O_NONBLOCK: opening a pipe would wait for somebody to write into it.
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!handle) {
        const std::errc why = last_error();
        if (why == std::errc::no_such_file_or_directory) return std::optional<secret_file>();
        return unreadable(file, why);
    }
    secret_file opened;
    if (::fstat(handle.get(), &opened.facts) != 0) return unreadable(file, last_error());
    if (!S_ISREG(opened.facts.st_mode))
        return problem{fmt::format("{}: is not a regular file", file.string()), "put a file in its place"};
    auto text = read_all(handle.get(), most + 1);
    if (!text) return unreadable(file, text.error());
    if (text->reveal().size() > most)
        return problem{fmt::format("{}: has more than {} bytes", file.string(), most), "is it the right file?"};
    opened.text = std::move(*text);
    return std::optional(std::move(opened));
}

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

result<keys_text> read_keys_file(const std::filesystem::path& file, uid_t user, const key_limits& limits) {
    const auto opened = read_secret_file(file, limits.file_bytes);
    if (!opened) return opened.error();
    if (!*opened) return keys_text();
    if (const auto closed = check_private(file, (*opened)->facts, user); !closed) return closed.error();
    return parse_keys((*opened)->text.reveal(), limits);
}

sought_key key_from_credentials(const std::filesystem::path& folder, std::string_view name, const key_limits& limits) {
    // A name is never a path.
    if (!is_env_name(name)) return std::optional<secret>();
    const auto file = read_secret_file(folder / name, limits.key_bytes);
    if (!file) return file.error();
    if (!*file) return std::optional<secret>();
    auto key = read_key((*file)->text.reveal(), limits);
    if (key) return std::optional(std::move(*key));
    if (key.error() == key_fault::empty) return std::optional<secret>();
    return problem{fmt::format("the credential {} {}", name, words(key.error(), limits)),
                   "load another one, and restart operatord"};
}

keys_on_disk read_keys(const key_places& places) {
    keys_on_disk found;
    if (places.keys_file) found.file = read_keys_file(*places.keys_file, ::geteuid(), places.limits);
    if (!places.credentials) return found;
    std::error_code failed;
    for (fs::directory_iterator one(*places.credentials, failed), end; !failed && one != end; one.increment(failed)) {
        const std::string name = one->path().filename().string();
        auto key = key_from_credentials(*places.credentials, name, places.limits);
        if (!key || *key) found.credentials.emplace(name, std::move(key));
        if (found.credentials.size() == most_credentials) break;
    }
    return found;
}

}  // namespace opd::keys
