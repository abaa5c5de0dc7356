#include "probes/dialects/listing_json.hpp"

#include "config/utf8.hpp"
#include "probes/dialects/json_text.hpp"
#include "probes/error_text.hpp"
#include "probes/plain_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace opd {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t longest_excerpt = 60;
constexpr std::size_t named_fields = 5;

/// Of an entry of a list, or another field beside it; what is longer is read past.
constexpr std::size_t longest_value = std::size_t{256} << 10;

/// Entries that are looked at for each model that may be kept, and fields beside the list. Reading on would tell
/// nothing more, and the whole daemon would wait for it: millions of empty entries fit into one body.
constexpr std::size_t entries_for_a_model = 5;
constexpr std::size_t most_fields = 10'000;

/// One of the places where an object may hold its list.
struct candidate {
    bool present = false;
    bool null = false;
    bool array = false;
    std::size_t entries = 0;
    std::vector<listed_model> models;
    std::unordered_set<std::string> seen;
};

/// Walks over the top level, and parses each value there (of a list: each entry) strictly and by itself, so that a
/// number that no parser can hold costs only the entry around it.
class list_walker {
public:
    list_walker(simdjson::padded_string_view text, const listing_rules& rules) : text_(text), rules_(rules) {}

    /// The body keeps to the grammar, and `found` tells what it is. False: it does not, at a place only json_fault
    /// knows.
    bool walk(listing& found) {
        od::parser parser;
        od::document document;
        od::json_type type{};
        if (parser.iterate(text_).get(document) != simdjson::SUCCESS) return false;
        if (document.type().get(type) != simdjson::SUCCESS) return false;
        if (type == od::json_type::array) {
            od::array items;
            if (document.get_array().get(items) != simdjson::SUCCESS || !walk_list(items, data_)) return false;
            data_.present = data_.array = true;
        } else if (type == od::json_type::object) {
            od::object object;
            if (document.get_object().get(object) != simdjson::SUCCESS || !walk_object(object, found)) return false;
        } else {
            return parse(std::string_view(text_)) != value::broken;
        }
        return cut_ || document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }

    const std::vector<std::string>& fields() const { return fields_; }

    bool has_error() const { return has_error_; }

    bool has_cursor() const { return has_cursor_; }

    bool is_empty_object() const { return fields_.empty() && !has_list(); }

    bool has_list() const { return data_.present || models_.present; }

    /// The one that counts: llama.cpp sends both, and `data` is the richer one.
    candidate& list() { return data_.array || (data_.present && !models_.array) ? data_ : models_; }

private:
    enum class value : std::uint8_t { good, beyond_limits, broken };

    value parse(std::string_view json) {
        // The parser takes fourteen times the memory of what it parses.
        if (json.size() > longest_value) return json_fault(json).empty() ? value::beyond_limits : value::broken;
        // The text is padded as a whole, so a part of it is, too.
        if (parser_.parse(json.data(), json.size(), false).get(parsed_) == simdjson::SUCCESS) return value::good;
        return json_fault(json).empty() ? value::beyond_limits : value::broken;
    }

    template <class Value>
    value parse_next(Value& next) {
        std::string_view raw;
        if (simdjson::to_json_string(next).get(raw) != simdjson::SUCCESS) return value::broken;
        return parse(raw);
    }

    bool walk_list(od::array items, candidate& into) {
        for (auto item : items) {
            od::value entry;
            cut_ = into.entries >= entries_for_a_model * rules_.most_models;
            if (cut_) return true;
            if (item.get(entry) != simdjson::SUCCESS) return false;
            const value state = parse_next(entry);
            if (state == value::broken) return false;
            ++into.entries;
            if (state == value::beyond_limits || into.models.size() >= rules_.most_models) continue;
            auto read = read_listed_model(parsed_, rules_.strip_models_prefix);
            if (read && into.seen.insert(read->what.id).second) into.models.push_back(std::move(*read));
        }
        return true;
    }

    bool walk_candidate(od::value place, candidate& into) {
        od::json_type type{};
        if (place.type().get(type) != simdjson::SUCCESS) return false;
        into.present = true;
        if (type == od::json_type::array) {
            od::array items;
            into.array = true;
            return place.get_array().get(items) == simdjson::SUCCESS && walk_list(items, into);
        }
        const value state = parse_next(place);
        into.null = state == value::good && parsed_.is_null();
        return state != value::broken;
    }

    bool walk_object(od::object object, listing& found) {
        std::size_t count = 0;
        for (auto field : object) {
            if (++count > most_fields) return false;
            od::value next;
            std::string_view view;
            if (field.unescaped_key().get(view) != simdjson::SUCCESS) return false;
            const std::string key(view);
            if (field.value().get(next) != simdjson::SUCCESS) return false;
            const bool data = key == "data";
            if ((data && !data_.present) || (key == "models" && !models_.present)) {
                if (!walk_candidate(next, data ? data_ : models_)) return false;
                if (cut_) return true;
                continue;
            }
            const value state = parse_next(next);
            if (state == value::broken) return false;
            if (fields_.size() < named_fields) fields_.push_back(key);
            if (state == value::good) note_field(key, found);
        }
        return true;
    }

    void note_field(std::string_view key, listing& found) {
        std::string_view text;
        const bool is_text = parsed_.get(text) == simdjson::SUCCESS;
        if (key == "has_more") {
            bool more = false;
            found.has_more = parsed_.get(more) == simdjson::SUCCESS && more;
        } else if (key == "last_id" && is_text) {
            found.last_id = text;
        } else if (key == "nextPageToken") {
            has_cursor_ = true;
            if (is_text) found.next_page_token = text;
        } else if (key == "error") {
            has_error_ = is_text ? !text.empty() : !parsed_.is_null();
        }
    }

    simdjson::padded_string_view text_;
    const listing_rules& rules_;
    simdjson::dom::parser parser_;
    simdjson::dom::element parsed_;
    candidate data_;
    candidate models_;
    std::vector<std::string> fields_;
    bool cut_ = false;  ///< the list goes on and on
    bool has_error_ = false;
    bool has_cursor_ = false;
};

void refuse(listing& found, page::shape what, std::string note) {
    found.what = what;
    found.note = std::move(note);
}

/// An adapter without limits of its own has those of the model it extends.
void inherit_context(std::vector<listed_model>& models) {
    std::unordered_map<std::string_view, std::size_t> by_id;
    for (std::size_t i = 0; i < models.size(); ++i) {
        by_id.emplace(models[i].what.id, i);
    }
    for (listed_model& adapter : models) {
        if (adapter.what.context_length || adapter.parent.empty()) continue;
        const auto parent = by_id.find(adapter.parent);
        if (parent != by_id.end()) adapter.what.context_length = models[parent->second].what.context_length;
    }
}

void accept(listing& found, std::vector<listed_model> models) {
    found.what = page::shape::listing;
    found.models = std::move(models);
    if (std::ranges::any_of(found.models, [](const listed_model& one) { return !one.parent.empty(); })) {
        inherit_context(found.models);
    }
    for (listed_model& one : found.models) {
        auto& output = one.what.max_output_tokens;
        if (output && one.what.context_length) output = std::min(*output, *one.what.context_length);
    }
}

std::string excerpt(std::string_view text) {
    return '"' + clip(plain_text(utf8_prefix(text, 4 * longest_excerpt)), longest_excerpt) + '"';
}

std::string describe(const list_walker& walked, char first) {
    if (first == '[') return "is a JSON array without models";
    if (first != '{') return "is a single JSON value";
    if (walked.fields().empty()) {
        return walked.has_list() ? "has something else than a list where the models belong" : "is an empty JSON object";
    }
    std::vector<std::string> names;
    for (const std::string& name : walked.fields()) {
        names.push_back(excerpt(name));
    }
    return fmt::format("is a JSON object without a list of models (it has {})", fmt::join(names, ", "));
}

/// Sorts out what well-formed JSON is: only some of it is a list.
void classify(list_walker& walked, const http_reply& reply, char first, const listing_rules& rules, listing& found) {
    candidate& list = walked.list();
    const bool bare = first == '[';
    // An array of anything else is an error of Google's, or nothing that anyone knows.
    const bool may_be_empty = !walked.has_error() && (!bare || list.entries == 0);
    if (list.array && (!list.models.empty() || may_be_empty)) {
        accept(found, std::move(list.models));
        return;
    }
    std::string message = bare || first == '{' ? read_error(reply).message : std::string();
    if (!message.empty()) {
        refuse(found, page::shape::error, std::move(message));
    } else if (list.null || (rules.empty_object_is_empty_list && first == '{' && !walked.has_list() &&
                             (walked.is_empty_object() || walked.has_cursor()))) {
        accept(found, {});
    } else {
        refuse(found, page::shape::unknown, describe(walked, first));
    }
}

bool may_start_json(char c) {
    return std::string_view("{[\"-0123456789tfn").find(c) != std::string_view::npos;
}

bool is_plain(std::string_view encoding) {
    return encoding.empty() || encoding == "identity";
}

}  // namespace

listing read_listing(const http_reply& reply, const listing_rules& rules) {
    listing found;
    if (!is_plain(reply.content_encoding)) {
        refuse(found, page::shape::not_json,
               fmt::format("is compressed ({})", clip(plain_text(reply.content_encoding), longest_excerpt)));
        return found;
    }
    std::string_view body = reply.body;
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    const std::size_t start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) {
        refuse(found, page::shape::not_json, "is empty");
        return found;
    }
    const char first = body[start];
    if (first == '<') {
        refuse(found, page::shape::html, read_error(reply).message);
        return found;
    }
    if (!may_start_json(first)) {
        refuse(found, page::shape::not_json, "begins with " + excerpt(body));
        return found;
    }
    std::string padded;
    padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    padded.append(body).append(simdjson::SIMDJSON_PADDING, '\0');
    mend_surrogates(padded);
    const simdjson::padded_string_view text(padded.data(), body.size(), padded.size());
    list_walker walker(text, rules);
    if (walker.walk(found)) {
        classify(walker, reply, first, rules, found);
        return found;
    }
    const std::string fault = json_fault(text);
    std::string note = fault.empty() ? std::string("is not JSON that can be read") : "is JSON that " + fault;
    refuse(found, page::shape::not_json, std::move(note));
    return found;
}

}  // namespace opd
