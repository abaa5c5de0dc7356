#pragma once

#include "config/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What stands in the place of a key.
inline constexpr std::string_view mask = "***";

/// Finds a key in texts from outside: every run of `shortest` bytes or more of it, wherever a text was cut, and of the
/// forms in which servers repeat it: percent-encoded, escaped as in JSON, in base64 (also as a part of more, as in
/// `Authorization: Basic`). A shorter key has no pieces: it cannot be told from words.
///
/// The pieces are sorted out at the first search, once: of a key of 16 KB there are 200,000.
class key_pieces {
public:
    static constexpr std::size_t shortest = 8;

    /// The key must outlive the object.
    explicit key_pieces(const secret& key) : key_(key) {}

    const secret& key() const { return key_; }

    bool are_in(std::string_view text) const;

    /// The text with `***` in the place of every piece; also of those that come about when others are taken out.
    std::string hidden_in(std::string_view text) const;

private:
    using piece = std::uint64_t;
    using form = std::basic_string<char, std::char_traits<char>, wiping_allocator<char>>;

    void sort_out() const;
    void add(std::string_view text) const;
    bool is_one(const char* at) const;
    std::string without(std::string_view text) const;

    const secret& key_;
    /// A hash table by open addressing, a power of two long; 0 is no piece, as no key has eight NULs.
    mutable std::vector<piece, wiping_allocator<piece>> slots_;
};

}  // namespace opd
