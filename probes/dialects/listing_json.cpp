#include "probes/dialects/listing_json.hpp"

#include "config/base/utf8.hpp"
#include "probes/dialects/json_text.hpp"
#include "probes/error_text.hpp"
#include "probes/redact.hpp"

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

/// A small value takes as long as so many bytes more of a long one.
constexpr std::size_t cost_of_a_value = 64;

/// One of the places where an object may hold its list.
struct candidate {
    bool present = false;
    bool null = false;
    bool array = false;
    std::size_t entries = 0;
    std::vector<listed_model> models;
    std::unordered_set<std::string> seen;
};

/// An adapter without limits of its own has those of the model it extends.
void inherit_context(std::vector<listed_model>& models) {
    std::unordered_map<std::string_view, std::size_t> by_id;
    for (std::size_t i = 0; i < models.size(); ++i) by_id.emplace(models[i].what.id, i);
    for (listed_model& adapter : models) {
        if (adapter.what.context_length || adapter.parent.empty()) continue;
        const auto parent = by_id.find(adapter.parent);
        if (parent != by_id.end()) adapter.what.context_length = models[parent->second].what.context_length;
    }
}

void accept(listing& found, std::vector<listed_model> models) {
    found.what = page::shape::listing;
    found.models = std::move(models);
    if (std::ranges::any_of(found.models, [](const listed_model& one) { return !one.parent.empty(); }))
        inherit_context(found.models);
    for (listed_model& one : found.models) {
        auto& output = one.what.max_output_tokens;
        if (output && one.what.context_length) output = std::min(*output, *one.what.context_length);
    }
}

std::string excerpt(std::string_view text) {
    return '"' + clip(plain_text(utf8_prefix(text, 4 * longest_excerpt)), longest_excerpt) + '"';
}

bool may_start_json(char c) { return std::string_view("{[\"-0123456789tfn").find(c) != std::string_view::npos; }

}  // namespace

/// One body, from its first look to its last. It walks over the top level, and parses each value there (of a list: each
/// entry) strictly and by itself, so that a number that no parser can hold costs only the entry around it.
class listing_reader::body_reader {
public:
    body_reader(const http_reply& reply, const listing_rules& rules) : reply_(reply), rules_(rules) {}

    bool read_some(std::size_t bytes) {
        bool whole = step(bytes);
        while (!whole && reply_.body.size() <= bytes) whole = step(bytes);
        return whole;
    }

    listing found_;

private:
    enum class value : std::uint8_t { good, beyond_limits, broken };
    enum class progress : std::uint8_t { more, whole, broken };

    /// Each of these is done in one go: the first look, the copy, the search for where everything begins, and the one
    /// for what is wrong.
    bool step(std::size_t bytes) {
        if (padded_.empty()) {
            if (refuse_unread()) return true;
            copy();
        } else if (mended_ < padded_.size()) {
            mended_ = mend_surrogates(padded_, mended_, mended_ + bytes);
        } else if (state_ == progress::broken) {
            const std::string fault = json_fault(text());
            return refuse(page::shape::not_json,
                          fault.empty() ? std::string("is not JSON that can be read") : "is JSON that " + fault);
        } else {
            state_ = begun_ ? walk(bytes) : begin();
            if (state_ == progress::whole) classify();
        }
        return state_ == progress::whole;
    }

    simdjson::padded_string_view text() const {
        return simdjson::padded_string_view(padded_.data(), size_, padded_.size());
    }

    /// True: nothing is left to do.
    bool refuse(page::shape what, std::string note) {
        found_.what = what;
        found_.note = std::move(note);
        return true;
    }

    /// Whether the first look tells that it is no JSON.
    bool refuse_unread() {
        if (!reply_.is_plain())
            return refuse(
                page::shape::not_json,
                fmt::format("is compressed ({})", clip(plain_text(reply_.content_encoding), longest_excerpt)));
        const std::string_view body = without_bom();
        const std::size_t start = body.find_first_not_of(" \t\r\n");
        if (start == std::string_view::npos) return refuse(page::shape::not_json, "is empty");
        first_ = body[start];
        if (first_ == '<') return refuse(page::shape::html, read_error(reply_).message);
        return !may_start_json(first_) && refuse(page::shape::not_json, "begins with " + excerpt(body));
    }

    std::string_view without_bom() const {
        std::string_view body = reply_.body;
        body.remove_prefix(byte_order_mark_of(body));
        return body;
    }

    void copy() {
        const std::string_view body = without_bom();
        size_ = body.size();
        padded_.reserve(size_ + simdjson::SIMDJSON_PADDING);
        padded_.append(body);
        mend_values(padded_);
        padded_.append(simdjson::SIMDJSON_PADDING, '\0');
    }

    /// Finds out where everything begins, which is done in one go.
    progress begin() {
        begun_ = true;
        od::json_type type{};
        if (whole_.iterate(text()).get(document_) != simdjson::SUCCESS) return progress::broken;
        if (document_.type().get(type) != simdjson::SUCCESS) return progress::broken;
        if (type == od::json_type::array) {
            od::array items;
            if (document_.get_array().get(items) != simdjson::SUCCESS) return progress::broken;
            bare_ = data_.present = data_.array = true;
            enter(items, data_);
        } else if (type == od::json_type::object) {
            od::object object;
            if (document_.get_object().get(object) != simdjson::SUCCESS) return progress::broken;
            field_ = object.begin();
            no_field_ = object.end();
        } else {
            return parse(std::string_view(text())) != value::broken ? progress::whole : progress::broken;
        }
        return progress::more;
    }

    /// Looks at about so many bytes more. `whole`: the body keeps to the grammar, as far as it is read. `broken`: it
    /// does not, at a place only json_fault knows.
    progress walk(std::size_t bytes) {
        progress now = progress::more;
        for (seen_bytes_ = 0; now == progress::more && seen_bytes_ < bytes;)
            now = list_ != nullptr ? next_item() : next_field();
        return now;
    }

    value parse(std::string_view json) {
        seen_bytes_ += json.size() + cost_of_a_value;
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

    void enter(od::array& items, candidate& into) {
        list_ = &into;
        item_ = items.begin();
        no_item_ = items.end();
    }

    progress end() {
        return document_.current_location().error() == simdjson::OUT_OF_BOUNDS ? progress::whole : progress::broken;
    }

    progress next_item() {
        if (!(item_ != no_item_)) {
            list_ = nullptr;
            if (bare_) return end();
            ++field_;
            return progress::more;
        }
        // The list goes on and on.
        if (list_->entries >= entries_for_a_model * rules_.most_models) return progress::whole;
        od::value entry;
        if ((*item_).get(entry) != simdjson::SUCCESS) return progress::broken;
        const value state = parse_next(entry);
        if (state == value::broken) return progress::broken;
        ++list_->entries;
        if (state == value::good && list_->models.size() < rules_.most_models) {
            auto read = read_listed_model(parsed_, rules_.strip_models_prefix);
            if (read && list_->seen.insert(read->what.id).second) {
                read->text = read->text && (rules_.is_text == nullptr || rules_.is_text(*read));
                list_->models.push_back(std::move(*read));
            }
        }
        ++item_;
        return progress::more;
    }

    bool read_candidate(od::value& place, candidate& into) {
        od::json_type type{};
        if (place.type().get(type) != simdjson::SUCCESS) return false;
        into.present = true;
        if (type == od::json_type::array) {
            od::array items;
            if (place.get_array().get(items) != simdjson::SUCCESS) return false;
            into.array = true;
            enter(items, into);
            return true;
        }
        const value state = parse_next(place);
        into.null = state == value::good && parsed_.is_null();
        return state != value::broken;
    }

    progress next_field() {
        if (!(field_ != no_field_)) return end();
        if (++count_ > most_fields) return progress::broken;
        auto field = *field_;
        od::value next;
        std::string_view view;
        if (field.unescaped_key().get(view) != simdjson::SUCCESS) return progress::broken;
        const std::string key(view);
        if (field.value().get(next) != simdjson::SUCCESS) return progress::broken;
        const bool data = key == "data";
        if ((data && !data_.present) || (key == "models" && !models_.present)) {
            if (!read_candidate(next, data ? data_ : models_)) return progress::broken;
            if (list_ == nullptr) ++field_;
            return progress::more;
        }
        const value state = parse_next(next);
        if (state == value::broken) return progress::broken;
        if (fields_.size() < named_fields) fields_.push_back(key);
        if (state == value::good) note_field(key);
        ++field_;
        return progress::more;
    }

    void note_field(std::string_view key) {
        std::string_view text;
        const bool is_text = parsed_.get(text) == simdjson::SUCCESS;
        if (key == "has_more") {
            bool more = false;
            found_.has_more = parsed_.get(more) == simdjson::SUCCESS && more;
        } else if (key == "last_id" && is_text) {
            found_.last_id = text;
        } else if (key == "nextPageToken" || key == "next_page_token") {
            has_cursor_ = true;
            if (is_text) found_.next_page_token = text;
        } else if (key == "links" && parsed_["next"].get(text) == simdjson::SUCCESS) {
            found_.next_link = text;
        } else if (key == "error") {
            has_error_ = is_text ? !text.empty() : !parsed_.is_null();
        }
    }

    bool has_list() const { return data_.present || models_.present; }

    std::string describe() const {
        if (bare_) return "is a JSON array without models";
        if (first_ != '{') return "is a single JSON value";
        if (fields_.empty())
            return has_list() ? "has something else than a list where the models belong" : "is an empty JSON object";
        std::vector<std::string> names;
        for (const std::string& name : fields_) names.push_back(excerpt(name));
        return fmt::format("is a JSON object without a list of models (it has {})", fmt::join(names, ", "));
    }

    /// Sorts out what well-formed JSON is: only some of it is a list. Of two lists, as llama.cpp sends them, `data`
    /// counts: it is the richer one.
    void classify() {
        candidate& list = data_.array || (data_.present && !models_.array) ? data_ : models_;
        // An array of anything else is an error of Google's, or nothing that anyone knows.
        const bool may_be_empty = !has_error_ && list.entries == 0;
        if (list.array && (!list.models.empty() || may_be_empty)) {
            if (found_.has_more && found_.last_id.empty() && !list.models.empty())
                found_.last_id = list.models.back().what.id;
            accept(found_, std::move(list.models));
            return;
        }
        error_words words = bare_ || first_ == '{' ? read_error(reply_) : error_words();
        if (!words.message.empty()) {
            found_.about_key = std::ranges::any_of(
                words.codes, [](const std::string& code) { return code == "401" || code == "403"; });
            refuse(page::shape::error, std::move(words.message));
        } else if (list.entries > 0 && (bare_ || has_list())) {
            refuse(page::shape::unknown,
                   fmt::format("has {} entries, none of which is a model that can be read", list.entries));
        } else if (list.null || (rules_.empty_object_is_empty_list && first_ == '{' && !has_list() &&
                                 (fields_.empty() || has_cursor_))) {
            accept(found_, {});
        } else {
            refuse(page::shape::unknown, describe());
        }
    }

    const http_reply& reply_;
    const listing_rules& rules_;
    char first_ = 0;
    std::string padded_;    ///< the body, and what the parsers want behind it
    std::size_t size_ = 0;  ///< of the body
    std::size_t mended_ = 0;
    progress state_ = progress::more;
    bool begun_ = false;
    od::parser whole_;
    od::document document_;
    simdjson::simdjson_result<od::object_iterator> field_;
    simdjson::simdjson_result<od::object_iterator> no_field_;
    simdjson::simdjson_result<od::array_iterator> item_;
    simdjson::simdjson_result<od::array_iterator> no_item_;
    simdjson::dom::parser parser_;
    simdjson::dom::element parsed_;
    std::size_t seen_bytes_ = 0;  ///< in this step
    std::size_t count_ = 0;       ///< of fields
    candidate data_;
    candidate models_;
    candidate* list_ = nullptr;  ///< which is being walked over; nullptr: the object's fields are
    bool bare_ = false;          ///< there is no object around the list
    std::vector<std::string> fields_;
    bool has_error_ = false;
    bool has_cursor_ = false;
};

listing_reader::listing_reader(const http_reply& reply, const listing_rules& rules)
    : body_(std::make_unique<body_reader>(reply, rules)) {}

listing_reader::~listing_reader() = default;

bool listing_reader::read_some(std::size_t bytes) { return body_->read_some(bytes); }
listing listing_reader::take() { return std::move(body_->found_); }

listing read_listing(const http_reply& reply, const listing_rules& rules) {
    listing_reader reader(reply, rules);
    while (!reader.read_some(std::string::npos / 2)) {
    }
    return reader.take();
}

}  // namespace opd
