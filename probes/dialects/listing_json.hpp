#pragma once

#include "probes/dialects/dialect.hpp"
#include "probes/dialects/listed_model.hpp"
#include "probes/http/message.hpp"
#include "probes/limits.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace opd {

/// A list of models as it came, with the cursors of the dialects that page.
struct listing {
    page::shape what = page::shape::unknown;
    std::string note;                  ///< what it is instead of a list; as `page::note`
    std::vector<listed_model> models;  ///< unique ids, in the server's order, nothing filtered
    bool has_more = false;             ///< Anthropic
    std::string last_id;               ///< Anthropic; empty: none
    std::string next_page_token;       ///< Gemini; empty: none
};

struct listing_rules {
    bool empty_object_is_empty_list = false;  ///< proto3's JSON leaves empty lists out
    bool strip_models_prefix = false;         ///< ids come as `models/ID`
    std::size_t most_models = probe_limits().models;
};

/// Reads a body of any bytes in time and memory linear to its size: an object with the list in `data` or `models`, or a
/// bare array. An entry that is no model costs nothing but itself; a body that breaks the grammar anywhere is no list,
/// as far as it is read: of entries without end five times as many as may be kept, of fields beside the list 10,000.
listing read_listing(const http_reply&, const listing_rules& = {});

/// The page of those models that a dialect keeps. `note` and shape are the list's; `next` is left empty.
template <class Keep>
page to_page(listing&& from, Keep&& keep) {
    page made{.what = from.what, .models = {}, .next = {}, .note = std::move(from.note)};
    made.models.reserve(from.models.size());
    for (listed_model& one : from.models) {
        if (one.text && keep(std::as_const(one))) made.models.push_back(std::move(one.what));
    }
    return made;
}

}  // namespace opd
