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
    credential auth = credential::none;
    std::vector<std::pair<std::string_view, std::string_view>> headers{};
    listing_rules rules{};  ///< how a 200 answer to `target` (of this or a later page) is read
    /// The target of the page after `target`; empty: that was the last. nullptr: there is never another.
    std::string (*next)(const listing&, std::string_view target) = nullptr;
};

/// The models of the list that an answer to `target` is. `note` and shape are the list's.
page to_page(const route&, listing&&, std::string_view target);

/// The target of the page after `target`: its path, then `query` (which ends in `=`) and the percent-encoded cursor.
/// Empty where there is no next page: no cursor, an absurd one, or the one that `target` already has.
std::string next_page(std::string_view target, std::string_view query, std::string_view cursor);

/// A question beside the listing, asked on the same connection after it. Its failure costs nothing, but what it tells
/// is used.
struct follow_up {
    std::string target;
    credential auth = credential::none;
    /// Completes the report (or turns it into a failure: a key that the open listing did not check) by any answer, and
    /// what a 200 answer lists.
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

const dialect& dialect_of(listing_dialect);

/// Anthropic's paged list, and the OpenAI-shaped ones of servers that only answer chats in its language.
extern const dialect anthropic_dialect;
/// Gemini's paged list, without the models that are not for text.
extern const dialect google_dialect;
/// LM Studio: its own list tells most, the older one less, the OpenAI-shaped one only ids.
extern const dialect lmstudio_dialect;
/// Ollama's list of what is installed, completed by what is running.
extern const dialect ollama_dialect;
/// The list of OpenAI and of everyone who speaks its language: one page, ids at least.
extern const dialect openai_dialect;
/// OpenRouter: the list is open to all, so the key is asked about by itself.
extern const dialect openrouter_dialect;

/// OpenAI's list names everything it serves and tells nothing about it but the id. True for the families that chat or
/// write code by text; specialists that cannot act as an agent (deep research, computer use, search) are hidden.
/// For api.openai.com only: elsewhere such words are normal parts of names.
bool is_openai_text_id(std::string_view id);

/// The same for the models of Google's own list, where `generateContent` also makes speech, pictures and music.
bool is_gemini_text_id(std::string_view id);

}  // namespace opd
