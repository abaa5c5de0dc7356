#pragma once

#include "daemon/http/message.hpp"

#include <string>

namespace opd {

/// What is sent with an answer, besides what is in it.
struct answer_circumstances {
    bool over_unix_socket = false;  ///< values may be shown there that no cache should keep
    bool keep_alive = false;
};

/// A body goes with the answer, to all methods but HEAD (RFC 9110 6.4.1).
bool has_body(const answer&);

/// Puts the head of an answer, its empty line included, in place of what `out` holds.
void write_answer_head(const answer&, const answer_circumstances&, std::string& out);

}  // namespace opd
