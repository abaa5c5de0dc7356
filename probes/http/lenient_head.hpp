#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace opd {

/// How long the head of an answer is, with the empty line that ends it; npos: it has not all come.
std::size_t head_size(std::string_view received);

/// A head as a strict parser wants it, of one that only lenient ones read: without a reason, with bare line feeds, with
/// a blank in a header's name (the header is left out) or behind it, chunked twice. nullopt: nothing is to be mended.
std::optional<std::string> mended_head(std::string_view head);

}  // namespace opd
