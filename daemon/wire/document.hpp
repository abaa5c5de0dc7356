#pragma once

#include "config/base/refusal.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::wire {

/// A JSON answer as it goes over the wire: made once, read by any number of clients, never changed. Its pieces can be
/// shared with other documents, so that a list of models is in memory once however many answers contain it.
struct document {
    using piece = std::shared_ptr<const std::string>;

    std::vector<piece> pieces;
    std::size_t size = 0;  ///< bytes, of all pieces
    std::string etag;      ///< strong, with its quotes (RFC 9110 8.8.3): equal pieces, equal tag
};

using document_ptr = std::shared_ptr<const document>;

document_ptr make_document(std::vector<document::piece> pieces);
document_ptr make_document(std::string text);

/// `{"error": code, "message": text}`, with `details` where there are any. What to do next is put into the words of
/// REST in the message, and is told beside it with the message that is without it: `next: {verb, noun}`, `reason`.
std::string encode_error(std::string_view code, std::string_view message, std::span<const field_fault> details = {},
                         next_step next = {});

/// A value of extra_env that may be a secret, as it is shown: itself, or `***` where it is not to be revealed.
std::string_view shown_value(std::string_view value, bool reveal);

}  // namespace opd::wire
