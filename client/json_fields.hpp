#pragma once

#include "config/base/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

// Fields of the daemon's answers, read leniently: what is missing, null or of another type is empty.

/// nullopt: the text is not JSON.
std::optional<boost::json::value> parse_json(std::string_view text);

/// nullopt: it is not a JSON object.
std::optional<boost::json::object> parse_object(std::string_view text);

std::string text_of(const boost::json::object&, std::string_view field);
/// The texts of a list; what is no text is left out.
std::vector<std::string> texts_of(const boost::json::object&, std::string_view field);
std::optional<std::uint64_t> number_of(const boost::json::object&, std::string_view field);
std::optional<bool> flag_of(const boost::json::object&, std::string_view field);
const boost::json::object& object_of(const boost::json::object&, std::string_view field);
/// Null: there is no such list.
const boost::json::array* array_of(const boost::json::object&, std::string_view field);

/// Each entry of a list; nullopt: there is no list, or one of them cannot be read.
template <class T>
std::optional<std::vector<T>> entries_of(const boost::json::array* list,
                                         std::optional<T> (*read)(const boost::json::object&)) {
    if (list == nullptr) return std::nullopt;
    std::vector<T> out;
    for (const boost::json::value& value : *list) {
        const boost::json::object* from = value.if_object();
        auto entry = from != nullptr ? read(*from) : std::nullopt;
        if (!entry) return std::nullopt;
        out.push_back(*std::move(entry));
    }
    return out;
}

/// An answer of another shape than expected: it is not `what`.
problem not_understood(std::string_view what);

/// What the client writes: a text, or null for an empty one.
boost::json::value text_or_null(std::string_view text);

}  // namespace opd
