#include "probes/key_pieces.hpp"

#include "config/ascii.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace opd {
namespace {

std::uint64_t load(const char* at) {
    std::uint64_t piece = 0;
    std::memcpy(&piece, at, key_pieces::shortest);
    return piece;
}

/// The number of the bit for a piece, by its upper bits once they depend on all of it.
std::size_t bit_of(std::uint64_t piece, std::size_t bits) {
    return (piece * 0x9e3779b97f4a7c15U >> 32U) % bits;
}

/// RFC 8259 7, and the slash, which many writers escape as well.
void json_escape(std::string_view text, std::string& out) {
    for (const char c : text) {
        if (c == '"' || c == '\\' || c == '/') out += '\\';
        out += c;
    }
}

/// RFC 4648 4 and 5: those characters that stand for nothing but the text, when `before` bytes come before it.
void base64(std::string_view text, std::size_t before, std::string_view last_two, std::string& out) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const std::size_t end = (before + text.size()) * 8;
    const auto bit = [&](std::size_t at) {
        const auto byte = static_cast<unsigned char>(text[at / 8 - before]);
        return (byte >> (7 - at % 8)) & 1U;
    };
    for (std::size_t at = (before * 8 + 5) / 6 * 6; at + 6 <= end; at += 6) {
        unsigned code = 0;
        for (std::size_t i = at; i != at + 6; ++i)
            code = code << 1U | bit(i);
        out += code < alphabet.size() ? alphabet[code] : last_two[code - alphabet.size()];
    }
}

}  // namespace

key_pieces::key_pieces(const secret& key) {
    const std::string_view text = key.reveal();
    if (text.size() < shortest) return;
    pieces_.reserve(14 * text.size());
    add(text);
    std::string form;
    form.reserve(3 * text.size());
    const auto add_form = [&] {
        if (form != text) add(form);
        form.clear();
    };
    for (const std::string_view digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
        percent_encode(text, form, digits);
        add_form();
    }
    json_escape(text, form);
    add_form();
    for (const std::string_view last_two : {"+/", "-_"}) {
        for (std::size_t before = 0; before != 3; ++before) {
            base64(text, before, last_two, form);
            add_form();
        }
    }
    wipe(form);
}

void key_pieces::add(std::string_view form) {
    for (std::size_t at = 0; at + shortest <= form.size(); ++at) {
        const piece one = load(form.data() + at);
        const std::size_t bit = bit_of(one, likely_.size() * 64);
        likely_[bit / 64] |= std::uint64_t{1} << (bit % 64);
        pieces_.push_back(one);
    }
}

bool key_pieces::is_one(const char* at) const {
    const piece one = load(at);
    const std::size_t bit = bit_of(one, likely_.size() * 64);
    return (likely_[bit / 64] >> (bit % 64) & 1U) != 0 && std::ranges::find(pieces_, one) != pieces_.end();
}

bool key_pieces::are_in(std::string_view text) const {
    if (pieces_.empty()) return false;
    for (std::size_t at = 0; at + shortest <= text.size(); ++at) {
        if (is_one(text.data() + at)) return true;
    }
    return false;
}

std::string key_pieces::without(std::string_view text) const {
    std::string out;
    std::size_t hidden_to = 0;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (at + shortest <= text.size() && is_one(text.data() + at)) {
            if (at == 0 || at > hidden_to) out += mask;
            hidden_to = at + shortest;
        }
        if (at >= hidden_to) out += text[at];
    }
    return out;
}

std::string key_pieces::hidden_in(std::string_view text) const {
    std::string out(text);
    while (are_in(out)) {
        out = without(out);  // which makes it shorter
    }
    return out;
}

}  // namespace opd
