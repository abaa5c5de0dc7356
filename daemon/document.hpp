#pragma once

#include <memory>
#include <string>
#include <vector>

namespace opd {

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

}  // namespace opd
