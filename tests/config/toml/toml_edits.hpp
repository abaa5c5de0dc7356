#pragma once

#include "config/toml/editor.hpp"
#include "config/toml/parse.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace opd {

inline boost::json::object members(std::string_view written) { return boost::json::parse(written).as_object(); }

/// The new text, which must be TOML; or what a user sees of the refusal.
inline std::string outcome(const result<std::string, diagnostic>& edited) {
    if (!edited) return edited.error().text();
    const auto root = parse_toml(source_text("operator.toml", *edited));
    return root ? *edited : "BROKEN: " + root.error().text() + "\n" + *edited;
}

/// Of the table `name` at the top level; `before` and `after` are JSON.
inline std::string updated_table(std::string_view text, std::string_view name, std::string_view before,
                                 std::string_view after) {
    return outcome(update_table(source_text("operator.toml", text), name, members(before), members(after)));
}

inline std::string updated(std::string_view text, std::string_view array, std::size_t index, std::string_view before,
                           std::string_view after) {
    return outcome(update_element(source_text("operator.toml", text), array, index, members(before), members(after)));
}

inline std::string appended(std::string_view text, std::string_view array, std::string_view element) {
    return outcome(append_element(source_text("operator.toml", text), array, members(element)));
}

inline std::string removed(std::string_view text, std::string_view array, std::size_t index) {
    return outcome(remove_element(source_text("operator.toml", text), array, index));
}

/// What becomes of a text where an element is appended and removed again.
inline std::string appended_and_removed(std::string_view text, std::string_view array, std::string_view element,
                                        std::size_t index) {
    return removed(appended(text, array, element), array, index);
}

}  // namespace opd
