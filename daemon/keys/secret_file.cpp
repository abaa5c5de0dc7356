#include "config/base/disk.hpp"
#include "config/base/file_handle.hpp"
#include "config/base/utf8.hpp"
#include "config/model/field_rules.hpp"
#include "daemon/keys/key_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::keys {
namespace {

constexpr std::size_t most_faults = 20;
constexpr std::string_view blanks = " \t\r";

bool is_blank(char c) { return blanks.find(c) != blanks.npos; }

std::string_view without_blanks_behind(std::string_view text) {
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

class keys_parser {
public:
    keys_parser(std::string_view text, const key_limits& limits) : rest_(text), limits_(limits) {}

    keys_text read() {
        rest_.remove_prefix(byte_order_mark_of(rest_));
        while (!rest_.empty()) read_line();
        return std::move(read_);
    }

private:
    void read_line() {
        begun_at_ = line_;
        skip_blanks();
        if (at_end() || rest_.front() == '#' || rest_.front() == ';') return skip_line();
        const std::string_view head = rest_.substr(0, rest_.find_first_of("=\n"));
        if (head.size() == rest_.size() || rest_[head.size()] == '\n') {
            refuse("there is no \"=\"; write NAME=value");
            return skip_line();
        }
        const std::string_view name = without_export(without_blanks_behind(head));
        rest_.remove_prefix(head.size() + 1);
        if (!check_api_key_env(name)) {
            refuse("what stands before \"=\" is not the NAME of a key; use letters, digits and \"_\"");
            return skip_line();
        }
        const auto value = read_value();
        if (value)
            keep(name, *value);
        else
            skip_line();
    }

    static std::string_view without_export(std::string_view head) {
        constexpr std::string_view word = "export";
        if (!head.starts_with(word) || head.size() == word.size() || !is_blank(head[word.size()])) return head;
        head.remove_prefix(word.size());
        head.remove_prefix(head.find_first_not_of(blanks));
        return head;
    }

    void keep(std::string_view name, const secret& value) {
        auto key = read_key(value.reveal(), limits_);
        if (key) {
            read_.keys.insert_or_assign(std::string(name), std::move(*key));
            return;
        }
        if (const auto earlier = read_.keys.find(name); earlier != read_.keys.end()) read_.keys.erase(earlier);
        if (key.error() != key_fault::empty) refuse(fmt::format("{} {}", name, words(key.error(), limits_)));
    }

    /// The rest of the line, its end included, without quotes and escapes. nullopt: it was refused, somewhere on the
    /// way.
    std::optional<secret> read_value() {
        std::string value;
        // So that no copy is left behind where it grows.
        value.reserve(std::min(rest_.size(), limits_.key_bytes) + 1);
        std::size_t kept = 0;  // blanks behind this are not part of it
        bool unquoted = false;
        bool behind_blank = false;
        std::optional<std::string_view> wrong;
        while (!at_end() && !wrong) {
            const char c = take();
            const bool is_quote = !unquoted && (c == '\'' || c == '"');
            if (is_quote) {
                wrong = c == '"' ? take_double_quoted(value) : take_single_quoted(value);
            } else if (c == '#' && behind_blank) {
                wrong = "a comment stands on a line of its own; put a value that has \" #\" in it in quotes";
            } else if (c == '\\') {
                unquoted |= take_escaped(value);
            } else if (unquoted || !is_blank(c)) {
                value += c;
                unquoted = true;
            }
            behind_blank = is_blank(c);
            if (!behind_blank || is_quote) kept = value.size();
        }
        value.resize(kept);
        secret whole(value);
        wipe(value);
        if (wrong) {
            refuse(std::string(*wrong));
            return std::nullopt;
        }
        skip_line();
        return whole;
    }

    /// False: it was the end of a line that goes on in the next.
    bool take_escaped(std::string& value) {
        if (rest_.empty() || take_line_end()) return false;
        value += take();
        return true;
    }

    std::optional<std::string_view> take_single_quoted(std::string& value) {
        while (!at_end()) {
            const char c = take();
            if (c == '\'') return std::nullopt;
            value += c;
        }
        return "a quote is not closed on its line";
    }

    std::optional<std::string_view> take_double_quoted(std::string& value) {
        while (!at_end()) {
            const char c = take();
            if (c == '"') return std::nullopt;
            if (c != '\\') {
                value += c;
            } else if (!take_line_end()) {
                const bool escapes =
                    !rest_.empty() && std::string_view("\"\\`$").find(rest_.front()) != std::string_view::npos;
                value += escapes ? take() : c;
            }
        }
        return "a quote is not closed on its line";
    }

    bool at_end() const { return rest_.empty() || rest_.front() == '\n'; }

    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    bool take_line_end() {
        const bool with_return = rest_.starts_with("\r\n");
        if (!with_return && !rest_.starts_with('\n')) return false;
        rest_.remove_prefix(with_return ? 2 : 1);
        ++line_;
        return true;
    }

    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

    void skip_line() {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        take_line_end();
    }

    void refuse(std::string message) {
        if (read_.faults.size() != most_faults)
            read_.faults.push_back({.line = begun_at_, .message = std::move(message)});
    }

    std::string_view rest_;
    const key_limits& limits_;
    std::size_t line_ = 1;
    std::size_t begun_at_ = 1;
    keys_text read_;
};

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

keys_text parse_keys(std::string_view text, const key_limits& limits) { return keys_parser(text, limits).read(); }

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
    const fs::path& folder = *places.credentials;
    std::error_code failed;
    for (fs::directory_iterator one(folder, failed), end; !failed && one != end; one.increment(failed)) {
        const std::string name = one->path().filename().string();
        auto key = key_from_credentials(folder, name, places.limits);
        if (key && !*key) continue;
        if (found.credentials->size() == places.limits.credentials) {
            found.credentials_fault = fmt::format(
                "{}: holds more than {} keys, and those beyond are not taken; load fewer credentials, and restart "
                "operatord",
                folder.string(), places.limits.credentials);
            return found;
        }
        found.credentials->emplace(name, std::move(key));
    }
    if (failed) {
        found.credentials.reset();
        found.credentials_fault = unreadable(folder, static_cast<std::errc>(failed.value())).sentence();
    }
    return found;
}

}  // namespace opd::keys
