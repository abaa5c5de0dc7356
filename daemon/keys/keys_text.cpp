#include "daemon/keys/keys_text.hpp"

#include "config/base/utf8.hpp"
#include "config/model/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

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

}  // namespace

keys_text parse_keys(std::string_view text, const key_limits& limits) { return keys_parser(text, limits).read(); }

}  // namespace opd::keys
