#include "probes/key_pieces.hpp"

#include "config/base/ascii.hpp"

#include <bit>
#include <cstring>

namespace opd {
namespace {

std::uint64_t load(const char* at) {
    std::uint64_t piece = 0;
    std::memcpy(&piece, at, key_pieces::shortest);
    return piece;
}

/// Where a piece belongs in a table, by its upper bits once they depend on all of it.
std::size_t slot_of(std::uint64_t piece, std::size_t slots) {
    return (piece * 0x9e3779b97f4a7c15U >> 32U) & (slots - 1);
}

/// Texts settle after one or two rounds, unless the mask is a part of the key.
constexpr int most_rounds = 16;

/// RFC 8259 7, and the slash, which many writers escape as well.
template <class String>
void json_escape(std::string_view text, String& out) {
    for (const char c : text) {
        if (c == '"' || c == '\\' || c == '/') out += '\\';
        out += c;
    }
}

/// RFC 4648 4 and 5: those characters that stand for nothing but the text, when `before` bytes come before it.
template <class String>
void base64(std::string_view text, std::size_t before, std::string_view last_two, String& out) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const std::size_t end = (before + text.size()) * 8;
    const auto bit = [&](std::size_t at) {
        const auto byte = static_cast<unsigned char>(text[at / 8 - before]);
        return (byte >> (7 - at % 8)) & 1U;
    };
    for (std::size_t at = (before * 8 + 5) / 6 * 6; at + 6 <= end; at += 6) {
        unsigned code = 0;
        for (std::size_t i = at; i != at + 6; ++i) code = code << 1U | bit(i);
        out += code < alphabet.size() ? alphabet[code] : last_two[code - alphabet.size()];
    }
}

}  // namespace

void key_pieces::sort_out() const {
    const std::string_view text = key_.reveal();
    std::vector<form> forms;
    for (const std::string_view digits : {"0123456789ABCDEF", "0123456789abcdef"})
        percent_encode(text, forms.emplace_back(), digits);
    json_escape(text, forms.emplace_back());
    for (const std::string_view last_two : {"+/", "-_"})
        for (std::size_t before = 0; before != 3; ++before) base64(text, before, last_two, forms.emplace_back());
    std::erase(forms, form(text));
    forms.emplace_back(text);
    std::size_t bytes = 0;
    for (const form& one : forms) bytes += one.size();
    slots_.resize(std::bit_ceil(2 * bytes));
    for (const form& one : forms) add(one);
}

void key_pieces::add(std::string_view text) const {
    for (std::size_t at = 0; at + shortest <= text.size(); ++at) {
        const piece one = load(text.data() + at);
        std::size_t slot = slot_of(one, slots_.size());
        while (slots_[slot] != 0 && slots_[slot] != one) slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = one;
    }
}

bool key_pieces::is_one(const char* at) const {
    const piece one = load(at);
    for (std::size_t slot = slot_of(one, slots_.size()); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1))
        if (slots_[slot] == one) return true;
    return false;
}

bool key_pieces::are_in(std::string_view text) const {
    if (key_.reveal().size() < shortest || text.size() < shortest) return false;
    if (slots_.empty()) sort_out();
    for (std::size_t at = 0; at + shortest <= text.size(); ++at)
        if (is_one(text.data() + at)) return true;
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
    for (int round = 0; are_in(out); ++round) {
        // Each mask makes something new to mask: better no text than a part of the key, and than to take long.
        if (round == most_rounds) return std::string(mask);
        out = without(out);
    }
    return out;
}

}  // namespace opd
