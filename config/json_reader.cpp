#include "config/json_reader.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/model/field_rules.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace json = boost::json;

namespace opd {
namespace {

constexpr std::size_t most_faults = 50;
constexpr std::size_t most_named = 10;
constexpr std::size_t longest_member_name = 80;

/// From here on a number may be a whole one that Boost.JSON has rounded, and TOML has none that large.
constexpr double rounded = 9223372036854775808.0;

std::string member_of(std::string_view table, std::string_view name) {
    return fmt::format("{}.{}", table, utf8_prefix(legible(name), longest_member_name));
}

}  // namespace

json::value text_or_null(std::string_view text) { return text.empty() ? json::value(nullptr) : json::value(text); }

std::string_view type_in_words(const json::value& given) {
    if (given.is_number()) return "a number";
    if (given.is_bool()) return "a boolean";
    if (given.is_string()) return "a text";
    if (given.is_array()) return "a list";
    return given.is_object() ? "an object" : "null";
}

void json_reader::refuse(std::string_view field, std::string message) {
    if (faults_.size() != most_faults) faults_.push_back({std::string(field), std::move(message)});
}

void json_reader::refuse(std::string_view field, const problem& why) { refuse(field, why.sentence()); }

void json_reader::refuse_type(std::string_view field, std::string_view wanted, const json::value& given) {
    refuse(field, fmt::format("must be {}, not {}", wanted, type_in_words(given)));
}

bool json_reader::faulty(std::string_view field) const {
    return std::ranges::find(faults_, field, &field_fault::field) != faults_.end();
}

change_refusal json_reader::refusal() const {
    std::vector<std::string_view> names = names_of(faults_, &field_fault::field);
    const bool cut = names.size() > most_named;
    if (cut) names.resize(most_named);
    const field_fault& first = faults_.front();
    std::string message =
        fmt::format("{} fields are wrong: {}{}", faults_.size(), enumeration(names), cut ? " ..." : "");
    if (faults_.size() == 1) {
        const bool named = first.message.starts_with(first.field);
        message = named ? first.message : fmt::format("{}: {}", first.field, first.message);
    }
    return {.why = change_refusal::reason::invalid, .message = std::move(message), .details = faults_};
}

/// null counts as not there.
const json::value* json_reader::find(std::string_view field) const {
    const json::value* const given = members_.if_contains(field);
    return given == nullptr || given->is_null() ? nullptr : given;
}

bool json_reader::fits(std::string_view field, std::string_view value, const rule& check) {
    const result<void> outcome = check(value);
    if (!outcome) refuse(field, outcome.error());
    return outcome.has_value();
}

std::string json_reader::present_text(std::string_view field, const rule& check) {
    const json::value* const given = members_.if_contains(field);
    if (given == nullptr)
        refuse(field, "is missing");
    else if (!given->is_string())
        refuse_type(field, "a text", *given);
    else if (const std::string_view value = given->get_string(); fits(field, value, check))
        return std::string(value);
    return {};
}

std::string json_reader::required_text(std::string_view field, const rule& check) {
    return present_text(field, [&check](std::string_view value) -> result<void> {
        if (value.empty()) return problem{"must not be empty", {}};
        return check(value);
    });
}

std::optional<std::string> json_reader::text(std::string_view field, const rule& check) {
    const json::value* const given = find(field);
    if (given == nullptr || (given->is_string() && given->get_string().empty())) return std::nullopt;
    std::string value = present_text(field, check);
    if (value.empty()) return std::nullopt;
    return value;
}

std::optional<bool> json_reader::flag(std::string_view field) {
    const json::value* const given = find(field);
    if (given == nullptr) return std::nullopt;
    if (given->is_bool()) return given->get_bool();
    refuse_type(field, "true or false", *given);
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> json_reader::variables(std::string_view field) {
    std::vector<std::pair<std::string, std::string>> read;
    const json::value* const given = find(field);
    if (given == nullptr) return read;
    if (!given->is_object()) {
        refuse_type(field, "an object of texts", *given);
        return read;
    }
    for (const auto& [name, value] : given->get_object()) {
        const std::string member = member_of(field, name);
        if (!fits(member, name, check_env_name)) continue;
        if (!value.is_string())
            refuse_type(member, "a text", value);
        else if (const std::string_view text = value.get_string(); fits(member, text, check_env_value))
            read.emplace_back(name, text);
    }
    return read;
}

std::optional<json::object> json_reader::table(std::string_view field) {
    const json::value* const given = find(field);
    if (given == nullptr) return std::nullopt;
    if (!given->is_object()) {
        refuse_type(field, "an object", *given);
        return std::nullopt;
    }
    if (const auto fits = check_table_texts(given->get_object()); !fits) {
        refuse(field, fits.error());
        return std::nullopt;
    }
    return storable(given->get_object(), field);
}

json::value json_reader::storable(const json::value& given, std::string_view field) {
    if (given.is_object()) return storable(given.get_object(), field);
    if (given.is_double() && std::abs(given.get_double()) >= rounded)
        refuse(field, problem{"is too large a number", "write it as a text"});
    if (!given.is_array()) return given;
    json::array kept;
    for (const json::value& element : given.get_array())
        kept.push_back(storable(element, fmt::format("{}[{}]", field, kept.size())));
    return kept;
}

json::object json_reader::storable(const json::object& given, std::string_view field) {
    json::object kept;
    for (const auto& [name, value] : given)
        if (!value.is_null()) kept.emplace(name, storable(value, member_of(field, name)));
    return kept;
}

}  // namespace opd
