#include "probes/dialects/dialect.hpp"

#include "config/base/ascii.hpp"

namespace opd {
namespace {

constexpr std::size_t max_cursor_bytes = 2048;

}  // namespace

const dialect& dialect_of(listing_dialect which) {
    switch (which) {
        case listing_dialect::anthropic: return anthropic_dialect;
        case listing_dialect::google: return google_dialect;
        case listing_dialect::ollama: return ollama_dialect;
        case listing_dialect::openrouter: return openrouter_dialect;
        case listing_dialect::lmstudio: return lmstudio_dialect;
        case listing_dialect::openai: break;
    }
    return openai_dialect;
}

page to_page(const route& from, listing&& list, std::string_view target) {
    page made{.what = list.what,
              .models = {},
              .next = from.next == nullptr ? std::string() : from.next(list, target),
              .note = std::move(list.note)};
    made.models.reserve(list.models.size());
    for (listed_model& one : list.models)
        if (one.text) made.models.push_back(std::move(one.what));
    return made;
}

std::string next_page(std::string_view target, std::string_view query, std::string_view cursor) {
    if (cursor.empty() || cursor.size() > max_cursor_bytes) return {};
    std::string next(target.substr(0, target.find('?')));
    next += query;
    percent_encode(cursor, next);
    return next == target ? std::string() : next;
}

}  // namespace opd
