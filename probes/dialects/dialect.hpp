#pragma once

#include "config/model/base_url.hpp"
#include "config/model/kinds.hpp"
#include "probes/dialects/listing_json.hpp"
#include "probes/http/message.hpp"
#include "probes/report.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

/// One place where a server may list its models.
struct route {
    std::string target;  ///< path and query of the first page
    credential auth = credential::bearer;
    std::vector<std::pair<std::string_view, std::string_view>> headers{};
    listing_rules rules{};  ///< how a 200 answer to `target` (of this or a later page) is read
    // The query of the page after one, which its cursor follows; empty: as most have it.
    std::string_view by_id{};     ///< where `has_more`: the last id
    std::string_view by_token{};  ///< where there is a token of the next page
    bool unversioned = false;     ///< the API is at the base as it is written, without a version
};

/// The models of the list that an answer to `target` is. `note` and shape are the list's. `link`: the answer's header.
page to_page(const route&, const api_root&, listing&&, std::string_view target, std::string_view link);

/// The target of a reference to the same scheme, host and port (RFC 3986 4.2: whole, or an absolute path); empty: it
/// leads elsewhere.
std::string same_origin_target(const api_root&, std::string_view reference);

/// A question beside the listing, asked on the same connection after it. Its failure costs nothing, but what it tells
/// is used.
struct follow_up {
    std::string target;
    credential auth = credential::bearer;
    /// Completes the report by any answer, and what a 200 answer lists; or makes its status a failure, which the answer
    /// is then the words of: a key that the open listing did not check.
    void (*apply)(const http_reply&, const listing&, report&) = nullptr;
};

/// How one protocol lists models. Pure: it plans requests and reads answers, and does no I/O.
struct dialect {
    /// The places to try, best first; the next one is tried only where the one before does not exist there. Never
    /// empty.
    std::vector<route> (*routes)(const api_root&) = nullptr;
    /// Asked once after a good listing; `has_key`: the requests carry a key. nullptr: nothing is.
    std::vector<follow_up> (*follow_ups)(const api_root&, bool has_key) = nullptr;
};

dialect dialect_of(listing_dialect);

/// OpenAI's list names everything it serves and tells nothing about it but the id. True for the families that chat or
/// write code by text; specialists that cannot act as an agent (deep research, computer use, search) are hidden.
/// For api.openai.com only: elsewhere such words are normal parts of names.
bool is_openai_text_id(std::string_view id);

/// The same for the models of Google's own list, where `generateContent` also makes speech, pictures and music.
bool is_gemini_text_id(std::string_view id);

}  // namespace opd
