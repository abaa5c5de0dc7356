#include "config/toml/reader.hpp"

#include "config/base/duration.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace opd {
namespace {

constexpr std::size_t most_warnings = 100;

/// In the order of the types.
constexpr std::array<std::string_view, 7> type_words{
    "a text", "a whole number", "a number with a fraction", "true or false", "a date or time", "an array", "a table"};

std::string_view words_for(toml_node::type type) { return type_words[static_cast<std::size_t>(type)]; }

std::string wrong_type(std::string_view key, toml_node::type wanted, const toml_node& found) {
    // "found true or false" would read oddly.
    const std::string_view actual = found.what != toml_node::type::flag ? words_for(found.what)
                                    : found.flag                        ? std::string_view("true")
                                                                        : std::string_view("false");
    return fmt::format("{} must be {}, not {}", key, words_for(wanted), actual);
}

}  // namespace

template <class Hint>
const toml_node* toml_reader::member(const toml_node& table, std::string_view key, toml_node::type wanted,
                                     const Hint& hint) {
    const toml_node* found = table.find(key);
    if (found == nullptr || found->what == wanted) return found;
    refuse(*found, {wrong_type(key, wanted, *found), hint()});
    return nullptr;
}

std::optional<std::string> toml_reader::text(const toml_node& table, std::string_view key) {
    const auto hint = [key] { return fmt::format("put it in quotes: {} = \"...\"", key); };
    const auto* found = member(table, key, toml_node::type::text, hint);
    return found == nullptr ? std::nullopt : std::optional(found->text);
}

std::string toml_reader::required_text(const toml_node& table, std::string_view key, std::string_view example) {
    const toml_node* found = table.find(key);
    if (found == nullptr) {
        refuse(table, {fmt::format("{} is missing here", key), fmt::format("add a line such as {}", example)});
        return {};
    }
    std::string value = text(table, key).value_or(std::string());
    if (found->what == toml_node::type::text && value.empty())
        refuse(*found, {fmt::format("{} is empty", key), fmt::format("write for example {}", example)});
    return value;
}

std::optional<bool> toml_reader::flag(const toml_node& table, std::string_view key) {
    const auto hint = [key] { return fmt::format("write {} = true or {} = false, without quotes", key, key); };
    const auto* found = member(table, key, toml_node::type::flag, hint);
    return found == nullptr ? std::nullopt : std::optional(found->flag);
}

std::optional<std::int64_t> toml_reader::integer(const toml_node& table, std::string_view key, std::int64_t least,
                                                 std::int64_t most) {
    const auto hint = [=] { return fmt::format("write a number from {} to {}, without quotes", least, most); };
    const auto* found = member(table, key, toml_node::type::integer, hint);
    if (found == nullptr) return std::nullopt;
    if (found->integer < least || found->integer > most) {
        // As it was written: a number that fits no integer has become another one.
        const std::string_view written = source_.text().substr(found->offset, std::min<std::size_t>(found->length, 40));
        refuse(*found, {fmt::format("{} is {}, which is out of range", key, written), hint()});
        return std::nullopt;
    }
    return found->integer;
}

std::optional<std::chrono::milliseconds> toml_reader::pace(const toml_node& table, std::string_view key) {
    const toml_node* found = table.find(key);
    if (found == nullptr) return std::nullopt;
    if (found->what != toml_node::type::text) {
        const std::string example =
            found->what == toml_node::type::integer && found->integer > 0 ? fmt::format("{}s", found->integer) : "30s";
        refuse(*found, {fmt::format("{} must be a length of time with its unit, as a text", key),
                        fmt::format("write {} = \"{}\"", key, example)});
        return std::nullopt;
    }
    const auto time = parse_pace(key, found->text);
    if (time) return *time;
    refuse(*found, time.error());
    return std::nullopt;
}

std::vector<const toml_node*> toml_reader::texts(const toml_node& table, std::string_view key) {
    std::vector<const toml_node*> found;
    const auto hint = [key] { return fmt::format("write {} = [\"...\", \"...\"]", key); };
    const auto* array = member(table, key, toml_node::type::array, hint);
    if (array == nullptr) return found;
    for (const toml_node& element : array->children) {
        if (element.what != toml_node::type::text) {
            refuse(element,
                   {wrong_type(fmt::format("each element of {}", key), toml_node::type::text, element), hint()});
            return {};
        }
        found.push_back(&element);
    }
    return found;
}

const toml_node* toml_reader::table(const toml_node& parent, std::string_view key) {
    const bool at_top = parent.key.empty() && !parent.has_header;
    const auto hint = [=] {
        return at_top ? fmt::format("write [{}], and its keys below", key)
                      : fmt::format("write {} = {{ key = ... }}", key);
    };
    return member(parent, key, toml_node::type::table, hint);
}

std::vector<const toml_node*> toml_reader::tables(const toml_node& parent, std::string_view key) {
    std::vector<const toml_node*> found;
    const toml_node* array = parent.find(key);
    if (array == nullptr) return found;
    const bool all_tables =
        array->what == toml_node::type::array && std::ranges::all_of(array->children, [](const toml_node& element) {
            return element.what == toml_node::type::table;
        });
    if (!all_tables) {
        refuse(*array, {fmt::format("{} must be written once for each entry, in double brackets", key),
                        fmt::format("write [[{}]], and the keys of the entry below", key)});
        return found;
    }
    for (const toml_node& element : array->children) found.push_back(&element);
    return found;
}

void toml_reader::expect_keys(const toml_node& table, std::string_view name, std::span<const std::string_view> known) {
    for (const toml_node& entry : table.children) {
        if (std::ranges::find(known, entry.key) != known.end()) continue;
        warn_key(entry, {fmt::format("unknown key {} in {}", in_quotes(entry.key), name),
                         did_you_mean(closest_or_part(entry.key, known),
                                      "it is kept, but means nothing here; known are " + enumeration(known))});
    }
}

void toml_reader::refuse(const toml_node& value, const problem& why) {
    if (!error_) error_ = source_.at(value.offset, value.length, why.message, why.hint);
}

void toml_reader::refuse_key(const toml_node& member, const problem& why) {
    if (!error_) error_ = source_.at(member.key_offset, member.key_length, why.message, why.hint);
}

void toml_reader::warn(const toml_node& value, const problem& why) {
    add_warning(source_.at(value.offset, value.length, why.message, why.hint));
}

void toml_reader::warn_key(const toml_node& member, const problem& why) {
    add_warning(source_.at(member.key_offset, member.key_length, why.message, why.hint));
}

void toml_reader::add_warning(diagnostic warning) {
    if (warnings_.size() < most_warnings)
        warnings_.push_back(std::move(warning));
    else
        ++more_warnings_;
}

std::vector<diagnostic> toml_reader::take_warnings() {
    std::ranges::sort(warnings_, {}, [](const diagnostic& w) { return std::tie(w.line, w.column, w.message); });
    if (more_warnings_ > 0)
        warnings_.push_back(source_.whole(fmt::format("{} more warnings are not shown", more_warnings_), ""));
    return std::exchange(warnings_, {});
}

}  // namespace opd
