#pragma once

#include "probes/http/message.hpp"
#include "probes/report.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simdjson::dom {
class element;
}

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
    bool about_key = false;   ///< the error's code says that the key is the matter
    std::size_t entries = 0;  ///< with those that are not for text
    bool lmstudio = false;    ///< LM Studio's own list, which stands beside the API that is asked for answers
};

/// One entry of a list, with what a dialect needs to decide whether it belongs into the page.
struct listed_model {
    model what;
    bool text = true;               ///< nothing in the entry says that it makes something other than text
    bool google = false;            ///< `owned_by` is Google
    std::string parent;             ///< the model that an adapter extends; empty: none
    std::optional<bool> completes;  ///< Ollama's `capabilities` have `completion`
    std::optional<bool> generates;  ///< Gemini's `supportedGenerationMethods` have `generateContent`
    bool lmstudio = false;          ///< as LM Studio's own list has it
    bool embedding_family = false;  ///< Ollama's `details` name families that only embed
};

/// The longest id that is kept; a longer one, or one with control characters or marks that turn the writing direction,
/// is no id.
inline constexpr std::size_t max_id_bytes = 512;

/// Reads one entry. nullopt: it is not a model. Numbers may be integers, floats or strings; 0, null, negative and
/// absurd ones are unknown. A capability that is not told stays unknown.
std::optional<listed_model> read_listed_model(const simdjson::dom::element&, bool strip_models_prefix);

/// A list of models as it came, with the cursors of the dialects that page.
struct listing {
    page::shape what = page::shape::unknown;
    std::string note;                  ///< what it is instead of a list; as `page::note`
    bool about_key = false;            ///< as in `page`
    std::vector<listed_model> models;  ///< unique ids, in the server's order, nothing filtered
    bool has_more = false;             ///< Anthropic
    std::string last_id;               ///< of the page, told or read; empty: none
    std::string next_page_token;       ///< Gemini; empty: none
    std::string next_link;             ///< where the next page is, in whole or as a path; empty: not told
};

struct listing_rules {
    bool empty_object_is_empty_list = false;         ///< proto3's JSON leaves empty lists out
    bool strip_models_prefix = false;                ///< ids come as `models/ID`
    bool (*is_text)(const listed_model&) = nullptr;  ///< what the dialect knows beyond the entry itself
    std::size_t most_models = probe_limits().models;
};

/// Reads a body of any bytes in time and memory linear to its size: an object with the list in `data` or `models`, or a
/// bare array. An entry that is no model costs nothing but itself; a body that breaks the grammar anywhere is no list,
/// as far as it is read: of entries without end five times as many as may be kept, of fields beside the list 10,000.
///
/// A long body is read in steps, so that the event loop can do something else between them.
class listing_reader {
public:
    /// The reply must outlive the reader.
    listing_reader(const http_reply&, const listing_rules&);
    ~listing_reader();

    /// Reads about so many bytes more. True: the listing is whole, and nothing is left to do.
    bool read_some(std::size_t bytes);

    listing take();

private:
    class body_reader;
    std::unique_ptr<body_reader> body_;
};

/// All in one step.
listing read_listing(const http_reply&, const listing_rules& = {});

}  // namespace opd
