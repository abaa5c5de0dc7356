#include "probes/redact.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr char escape = '\x1b';

/// Where the terminal escape sequence that starts at `at` ends (ECMA-48 5.4 and 8.3.89); without a proper end it is
/// just its first two characters.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
    const std::size_t body = at + 2;
    if (body > text.size()) return text.size();
    if (text[at + 1] == '[') {
        const std::size_t final_byte = text.find_first_not_of("0123456789:;<=>? !\"#$%&'()*+,-./", body);
        return final_byte == std::string_view::npos ? text.size() : final_byte + 1;
    }
    if (text[at + 1] == ']') {
        const std::size_t end = text.find_first_of("\x07\x1b", body);
        if (end == std::string_view::npos) return body;
        return std::min(text.size(), text[end] == escape ? end + 2 : end + 1);
    }
    return body;
}

/// Marks that nobody sees, which pull words apart or carry a text of their own (U+E0000 to U+E007F); U+200D joins
/// emoji.
bool is_invisible(char32_t code) {
    return code == 0x200B || code == 0x200C || (code >= 0x2060 && code <= 0x206F) ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

void add(std::string& line, std::string_view character) {
    if (character == " " && (line.empty() || line.back() == ' ')) return;
    line += character;
}

/// What follows the beginning that a vendor gives all its keys.
constexpr std::size_t shortest_rest = 8;

/// As random as a key: long, of letters and digits.
constexpr std::size_t shortest_run = 20;

/// How far behind a word such as "key" a run is still the one that it is about.
constexpr std::size_t reach = 24;

/// Texts settle after two or three rounds.
constexpr int most_rounds = 16;

/// What keys are made of: also the marks that stand for the part a server has left out, of which `…` and `•` are the
/// bytes beyond ASCII.
bool is_key_char(char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '*' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_word_start(std::string_view text, std::size_t at) { return at == 0 || !is_alphanumeric(text[at - 1]); }

/// The end of the run of key characters, without the full stop that ends a sentence.
std::size_t key_end(std::string_view text, std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && is_key_char(text[end])) ++end;
    const bool shortened = end >= from + 3 && text.substr(end - 3, 3) == "...";
    while (end > from && text[end - 1] == '.' && !shortened) --end;
    return end;
}

bool is_masked(std::string_view word) {
    return word.find("**") != word.npos || word.find("…") != word.npos || word.find("•") != word.npos ||
           word.find("...") != word.npos;
}

/// Replaces the byte ranges that `find(text, from)` returns as [begin, end) until there are none.
template <class Find>
std::string replace_all(std::string_view text, std::string_view by, Find&& find) {
    std::string out;
    std::size_t done = 0;
    while (done < text.size()) {
        const auto [begin, end] = find(text, done);
        if (begin == std::string_view::npos) break;
        out.append(text, done, begin - done).append(by);
        done = end;
    }
    return out.append(text.substr(std::min(done, text.size())));
}

struct range {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;
};

/// A key too short to be recognised by its parts goes where it stands by itself.
std::string without_word(std::string_view text, std::string_view key) {
    return replace_all(text, mask, [key](std::string_view all, std::size_t from) {
        for (std::size_t at = all.find(key, from); at != all.npos; at = all.find(key, at + 1)) {
            const std::size_t end = at + key.size();
            const bool begins = !is_alphanumeric(key.front()) || is_word_start(all, at);
            const bool ends = !is_alphanumeric(key.back()) || end == all.size() || !is_alphanumeric(all[end]);
            if (begins && ends) return range{at, end};
        }
        return range{};
    });
}

/// User info and queries (and fragments) of URLs.
std::string without_url_secrets(std::string_view text) {
    constexpr std::string_view url_end = " \"'<>()[]{}|\\^`,";
    const std::string no_user = replace_all(text, "", [](std::string_view all, std::size_t from) {
        for (std::size_t at = all.find("://", from); at != all.npos; at = all.find("://", at + 1)) {
            const std::size_t begin = at + 3;
            const std::size_t user = all.substr(0, all.find_first_of("/?# \"'<>", begin)).rfind('@');
            if (user != all.npos && user >= begin) return range{begin, user + 1};
        }
        return range{};
    });
    return replace_all(no_user, "", [&](std::string_view all, std::size_t from) {
        for (std::size_t at = all.find("://", from); at != all.npos; at = all.find("://", at + 1)) {
            const std::size_t end = std::min(all.find_first_of(url_end, at), all.size());
            const std::size_t query = all.substr(0, end).find_first_of("?#", at);
            if (query != all.npos) return range{query, end};
        }
        return range{};
    });
}

/// Keys as the vendors write them, whole or shortened.
std::string without_vendor_keys(std::string_view text) {
    constexpr std::array<std::string_view, 25> starts{
        "sk-",    "sk_",  "AIza",  "AQ.",         "ya29.",  "gsk_",  "xai-", "hf_",  "pplx-",
        "nvapi-", "csk-", "fw_",   "r8_",         "tgp_",   "AKIA",  "eyJ",  "ghp_", "gho_",
        "ghu_",   "ghs_", "sess-", "github_pat_", "glpat-", "xoxb-", "xoxp-"};
    return replace_all(text, mask, [&starts](std::string_view all, std::size_t from) {
        for (std::size_t at = from; at < all.size(); ++at) {
            if (!is_word_start(all, at) || !is_key_char(all[at])) continue;
            const std::size_t end = key_end(all, at);
            const std::string_view word = all.substr(at, end - at);
            const bool vendor = std::ranges::any_of(starts, [&](std::string_view start) {
                return word.starts_with(start) && (word.size() >= start.size() + shortest_rest || is_masked(word));
            });
            if (vendor || word.find("***") != word.npos || word.find("••") != word.npos) return range{at, end};
        }
        return range{};
    });
}

/// `Bearer TOKEN`, unless the next word is part of a sentence about tokens.
std::string without_bearer(std::string_view text) {
    constexpr std::array<std::string_view, 25> prose{
        "token",  "tokens",  "auth",        "authentication", "authorization", "scheme", "realm", "is", "key", "keys",
        "header", "headers", "credentials", "credential",     "format",        "or",     "and",   "in", "was", "must",
        "not",    "for",     "missing",     "access",         "required"};
    const std::string low = lower_case(text);
    return replace_all(text, mask, [&](std::string_view all, std::size_t from) {
        constexpr std::string_view word = "bearer ";
        for (std::size_t at = low.find(word, from); at != low.npos; at = low.find(word, at + 1)) {
            const std::size_t begin = at + word.size();
            const std::size_t end = std::min(all.find_first_of(" \"',;)", begin), all.size());
            if (begin == end || !is_word_start(all, at)) continue;
            std::string_view plain = std::string_view(low).substr(begin, end - begin);
            plain = plain.substr(0, plain.find_first_of(".:=!?"));
            if (begin >= from && std::ranges::find(prose, plain) == prose.end()) return range{begin, end};
        }
        return range{};
    });
}

/// The value in `key=VALUE`, `api_key: VALUE`, `"token":"VALUE"`. After a colon a plain word is taken for prose.
range assigned(std::string_view text, std::size_t name_end) {
    std::size_t at = name_end;
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
    at = std::min(text.find_first_not_of(' ', at), text.size());
    if (at == text.size() || (text[at] != '=' && text[at] != ':')) return {};
    const bool prose = text[at] == ':';
    at = std::min(text.find_first_not_of(" \"'", at + 1), text.size());
    const std::size_t end = std::min(text.find_first_of(" \"',;&)}", at), text.size());
    const std::string_view value = text.substr(at, end - at);
    if (value.empty() || value.starts_with("//") || value.starts_with("http")) return {};
    if (prose && std::ranges::all_of(value.substr(1), [](char c) { return (c >= 'a' && c <= 'z') || c == '.'; }))
        return {};
    return {at, end};
}

std::string without_assigned(std::string_view text) {
    constexpr std::array<std::string_view, 5> names{"key", "token", "secret", "password", "authorization"};
    const std::string low = lower_case(text);
    return replace_all(text, mask, [&](std::string_view all, std::size_t from) {
        range first;
        for (const std::string_view name : names) {
            for (std::size_t at = low.find(name, from); at != low.npos; at = low.find(name, at + 1)) {
                const range found = assigned(all, at + name.size());
                if (found.begin == all.npos || found.begin < from) continue;
                if (all.substr(found.begin).starts_with(mask)) continue;
                const bool scheme =
                    low.compare(found.begin, 6, "bearer") == 0 || low.compare(found.begin, 5, "basic") == 0;
                if (scheme && name == "authorization") continue;
                if (found.begin < first.begin) first = found;
                break;
            }
        }
        return first;
    });
}

/// The word behind `Authorization: SCHEME`, whatever it looks like; a scheme that nobody knows is no scheme.
std::string without_authorization(std::string_view text) {
    constexpr std::array<std::string_view, 6> schemes{"bearer", "basic", "token", "digest", "apikey", "negotiate"};
    constexpr std::string_view between = " \"':=";
    const std::string low = lower_case(text);
    return replace_all(text, mask, [&](std::string_view all, std::size_t from) {
        constexpr std::string_view name = "authorization";
        for (std::size_t at = low.find(name, from); at != low.npos; at = low.find(name, at + 1)) {
            const std::size_t scheme = std::min(all.find_first_not_of(between, at + name.size()), all.size());
            const std::size_t end = std::min(all.find_first_of(" :", scheme), all.size());
            if (std::ranges::find(schemes, std::string_view(low).substr(scheme, end - scheme)) == schemes.end())
                continue;
            const std::size_t begin = std::min(all.find_first_not_of(between, end), all.size());
            const std::size_t word_end = std::min(all.find_first_of(" \"',;)}", begin), all.size());
            if (begin < word_end && begin >= from) return range{begin, word_end};
        }
        return range{};
    });
}

bool is_run_char(char c) { return is_alphanumeric(c) || c == '+' || c == '_' || c == '='; }

/// A long run of letters and digits close behind a word for keys, as in `incorrect key 4f9d2c71aa03e8b6d5f0`.
std::string without_runs(std::string_view text) {
    constexpr std::array<std::string_view, 4> names{"key", "token", "secret", "credential"};
    const std::string low = lower_case(text);
    return replace_all(text, mask, [&](std::string_view all, std::size_t from) {
        for (std::size_t at = from; at < all.size();) {
            const auto end = static_cast<std::size_t>(
                std::find_if_not(all.begin() + static_cast<std::ptrdiff_t>(at), all.end(), is_run_char) - all.begin());
            const std::string_view run = all.substr(at, end - at);
            const std::size_t back = at < reach ? 0 : at - reach;
            const std::string_view before = std::string_view(low).substr(back, at - back);
            const bool random = run.size() >= shortest_run &&
                                std::ranges::any_of(run, [](char c) { return c >= '0' && c <= '9'; }) &&
                                run.find_first_not_of("0123456789") != run.npos;
            const auto is_named = [before](std::string_view name) { return before.find(name) != before.npos; };
            if (random && std::ranges::any_of(names, is_named)) return range{at, end};
            at = end + 1;
        }
        return range{};
    });
}

std::string redact_once(std::string_view text, const key_pieces& pieces) {
    std::string safe = pieces.hidden_in(plain_text(text));
    const std::string_view key = pieces.key().reveal();
    if (!key.empty() && key.size() < key_pieces::shortest) safe = without_word(safe, key);
    safe = without_url_secrets(safe);
    safe = without_authorization(safe);
    safe = without_bearer(safe);
    safe = without_assigned(safe);
    safe = without_vendor_keys(safe);
    safe = without_runs(safe);
    return pieces.hidden_in(safe);
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == escape) {
            at = end_of_escape(text, at);
            continue;
        }
        const std::size_t length = utf8_length(text, at);
        const std::string_view character = text.substr(at, length);
        const char32_t code = length == 0 ? 0 : utf8_decode(text, at, length);
        if (length == 0)
            add(line, replacement);
        else if (is_control(code))
            add(line, " ");
        else if (!steers_text(code) && !is_invisible(code))
            add(line, character);
        at += std::max<std::size_t>(length, 1);
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

std::string redact(std::string_view text, const key_pieces& key, std::size_t max_bytes) {
    // Long enough that what is cut off here cannot have been part of the result, even where much of it is replaced.
    std::string safe(text.substr(0, 4 * max_bytes + 1024));
    // What is taken out, and what is cut off, can leave something that looks like a key in its turn.
    for (int round = 0; round != most_rounds; ++round) {
        std::string next = clip(redact_once(safe, key), max_bytes);
        if (next == safe) return safe;
        safe = std::move(next);
    }
    // Each mask makes something new to mask, with keys such as `*}`: better no text than a part of one.
    return clip(mask, max_bytes);
}

}  // namespace opd
