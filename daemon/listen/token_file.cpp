#include "config/base/ascii.hpp"
#include "config/base/disk.hpp"
#include "config/base/exit_codes.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/peers/tcp_sockets.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::listen {
namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::size_t shortest = 32;
constexpr std::size_t longest = 1024;
constexpr const char* make_a_new_one = "remove it: the next start makes a new one";

listen_error refuse(const fs::path& file, std::string_view why, int exit_code = exit_permission) {
    return {exit_code, {fmt::format("the access token {} {}", file.string(), why), make_a_new_one}};
}

listen_error failed(std::string_view step, const fs::path& file, std::errc error) {
    return {exit_permission,
            {fmt::format("cannot {} the access token {}: {}", step, file.string(), words(error)),
             "it is needed where other machines can reach the API: see that you may write there, or serve on loopback "
             "alone"}};
}

/// What makes a token worthless: that somebody else may know it, or can replace it.
std::optional<listen_error> distrust(const fs::path& file, const struct stat& facts) {
    if (!S_ISREG(facts.st_mode)) return refuse(file, "is not a regular file");
    if (facts.st_uid != ::geteuid()) return refuse(file, fmt::format("belongs to another user (uid {})", facts.st_uid));
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(file, fmt::format("is open to other users (mode {:04o})", facts.st_mode & 07777U));
    return std::nullopt;
}

/// b64token of RFC 6750 2.1, and long enough.
bool is_token(std::string_view text) {
    static constexpr std::string_view others = "-._~+/=";
    const auto fits = [](char c) { return is_alphanumeric(c) || others.find(c) != others.npos; };
    return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, fits);
}

result<secret, listen_error> read_token(const fs::path& file, int descriptor) {
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) return failed("read", file, last_error());
    if (auto doubt = distrust(file, facts)) return std::move(*doubt);
    auto read = read_whole(descriptor, longest + 1);
    if (!read && read.error() == std::errc::file_too_large) return refuse(file, "is too long for one", exit_config);
    if (!read) return failed("read", file, read.error());
    std::string& text = *read;
    const std::size_t size = text.ends_with('\n') ? text.size() - 1 : text.size();
    const bool fits = is_token(std::string_view(text).substr(0, size));
    secret token(std::string_view(text).substr(0, size));
    wipe(text);
    if (!fits)
        return refuse(file, fmt::format("is not one line of at least {} characters of base64", shortest), exit_config);
    return token;
}

disk_result<secret> random_token() {
    std::array<unsigned char, random_bytes> bytes{};
    for (std::size_t filled = 0; filled != bytes.size();) {
        const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
        if (got < 0 && errno != EINTR) return last_error();
        if (got > 0) filled += static_cast<std::size_t>(got);
    }
    std::string text;
    text.reserve(2 * bytes.size());
    for (const unsigned char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
    secret token(text);
    wipe(text);
    wipe(bytes.data(), bytes.size());
    return token;
}

/// False: somebody was faster.
disk_result<bool> write_token(const fs::path& file, const secret& token) {
    if (const auto made = make_folders(file.parent_path()); !made) return made.error();
    const auto folder = lock_folder(file.parent_path());
    if (!folder) return folder.error();
    std::string line;
    line.reserve(token.reveal().size() + 1);
    line.append(token.reveal()).append("\n");
    auto written = temporary_file::write(folder->get(), ".operatord-token-new", line);
    wipe(line);
    if (!written) return written.error();
    if (const auto synced = sync(written->descriptor()); !synced) return synced.error();
    const auto published = written->publish(file.filename().string());
    if (!published || !*published) return published;
    if (const auto synced = sync(folder->get()); !synced) return synced.error();
    return true;
}

bool is_for_others(const listen_plan::address& one) { return !peers::plain(one.endpoint.address()).is_loopback(); }

}  // namespace

result<access_token, listen_error> read_or_make_token(const fs::path& file) {
    bool is_new = false;
    for (;;) {
        // Without O_NONBLOCK a FIFO would hold up the start.
        const file_handle handle(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        const int error = errno;
        if (handle) {
            auto token = read_token(file, handle.get());
            if (!token) return token.error();
            return access_token{.value = std::move(*token), .is_new = is_new};
        }
        if (error == ELOOP) return refuse(file, "is a symbolic link, and is not followed");
        if (error != ENOENT || is_new) return failed("read", file, static_cast<std::errc>(error));
        const auto token = random_token();
        const auto made = token ? write_token(file, *token) : token.error();
        if (!made) return failed("make", file, made.error());
        is_new = *made;
    }
}

result<std::optional<secret>, listen_error> token_for_other_machines(
    const listen_plan& plan, const std::optional<std::filesystem::path>& state_folder, spdlog::logger& log) {
    const auto open = std::ranges::find_if(plan.tcp, is_for_others);
    if (open == plan.tcp.end()) return std::optional<secret>();
    const std::string address = open->endpoint.address().to_string();
    if (!state_folder) {
        return listen_error{
            exit_config,
            {"other machines can reach the API on " + address + ", and there is no folder for the token that they need",
             "set HOME, or serve on loopback alone"}};
    }
    const std::filesystem::path file = *state_folder / "token";
    auto token = read_or_make_token(file);
    if (!token) return token.error();
    log.warn(
        "other machines can reach the API on {}, over plain HTTP: whoever is on the way can read answers and token; "
        "if that is not meant, serve on 127.0.0.1 and use an ssh tunnel",
        address);
    log.warn(
        "other machines need the token in {}{}: operatorctl --url http://HOST:PORT --token-file FILE, or "
        "Authorization: Bearer TOKEN",
        file.string(), token->is_new ? ", which is new" : "");
    return std::optional<secret>(std::move(token->value));
}

}  // namespace opd::listen
