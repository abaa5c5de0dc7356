#include "client/token.hpp"

#include "client/text.hpp"
#include "config/disk/disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include <fcntl.h>

namespace opd {
namespace {

constexpr std::size_t most_bytes = 4096;

problem unusable(const std::string& file, std::string_view why) {
    return {fmt::format("the token file {} {}", printable(file), why),
            "copy the one that the log of that operatord names"};
}

/// What may stand in a header (RFC 6750 2.1).
bool is_token(std::string_view text) {
    const auto fits = [](unsigned char c) { return c > ' ' && c < 0x7f; };
    return !text.empty() && std::ranges::all_of(text, fits);
}

}  // namespace

result<secret> read_token(const std::string& file) {
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    auto text = handle ? read_whole(handle.get(), most_bytes) : disk_result<std::string>(last_error());
    if (!text) return unusable(file, fmt::format("cannot be read: {}", words(text.error())));
    const std::size_t size = text->ends_with('\n') ? text->size() - 1 : text->size();
    const std::string_view line = std::string_view(*text).substr(0, size);
    const bool fits = is_token(line);
    secret token(line);
    wipe(*text);
    if (!fits) return unusable(file, "is not a token in one line");
    return token;
}

}  // namespace opd
