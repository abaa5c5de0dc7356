#pragma once

#include "config/base_url.hpp"
#include "config/kinds.hpp"
#include "probes/http/message.hpp"
#include "probes/report.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What a listing's body turned out to be.
struct page {
    enum class shape : std::uint8_t {
        listing,   ///< a list of models, maybe empty
        not_json,  ///< `note` says where it breaks
        html,      ///< a page for people
        error,     ///< JSON that only reports an error (LM Studio's 200 with `error`); `note` is its text
        unknown,   ///< JSON of another shape; `note` describes it
    };
    shape what = shape::unknown;
    std::vector<model> models;  ///< text models only, unique ids within this page, in the server's order
    std::string next;           ///< the target of the next page; empty: this was the last
    std::string note;
};

/// One place where a server may list its models.
struct route {
    std::string target;  ///< path and query of the first page
    credential auth = credential::none;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    /// Reads a 200 answer to `target` (of this or a later page), and keeps so many models of it. Pure; takes any bytes.
    page (*read)(const http_reply&, std::string_view target, const api_root&, std::size_t most_models);
};

/// A question beside the listing, asked on the same connection after it. Its failure costs nothing, but what it tells
/// is used.
struct follow_up {
    std::string target;
    credential auth = credential::none;
    /// Reads any answer and completes the report (or turns it into a failure: a key that the open listing did not
    /// check).
    void (*apply)(const http_reply&, report&);
};

/// How one protocol lists models. Pure: it plans requests and reads answers, and does no I/O.
struct dialect {
    /// The places to try, best first; the next one is tried only where the one before does not exist there. Never
    /// empty.
    std::vector<route> (*routes)(const api_root&);
    /// Asked once after a good listing; `has_key`: the requests carry a key. May be empty.
    std::vector<follow_up> (*follow_ups)(const api_root&, bool has_key);
};

const dialect& dialect_of(listing_dialect);

}  // namespace opd
