#pragma once

#include "config/secret.hpp"

#include <array>
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
class key_pieces {
public:
    static constexpr std::size_t shortest = 8;

    explicit key_pieces(const secret&);

    bool are_in(std::string_view text) const;

    /// The text with `***` in the place of every piece; also of those that come about when others are taken out.
    std::string hidden_in(std::string_view text) const;

private:
    using piece = std::uint64_t;

    void add(std::string_view form);
    bool is_one(const char* at) const;
    std::string without(std::string_view text) const;

    std::vector<piece, wiping_allocator<piece>> pieces_;
    /// One bit for each piece, so that most places of a text cost one look. It tells little of the key.
    std::array<std::uint64_t, 512> likely_{};
};

}  // namespace opd
