#include "config/toml/parse.hpp"

#include "config/base/utf8.hpp"
#include "config/toml/layout.hpp"
#include "config/toml/syntax.hpp"

#include <toml.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

namespace opd {
namespace {

/// toml11 looks at the last element of an array that a table is added to, even if it has none.
template <class T>
class guarded_array : public std::vector<T> {
public:
    using std::vector<T>::vector;

    T& back() {
        if (this->empty()) throw std::out_of_range("empty array");
        return std::vector<T>::back();
    }
};

using value = toml::basic_value<toml::discard_comments, std::unordered_map, guarded_array>;

constexpr std::string_view blanks = " \t";

/// Turns toml11's values into nodes, in file order.
class converter {
public:
    explicit converter(std::string_view text) : text_(text), start_(byte_order_mark_of(text)) {}

    toml_node convert(const value& from) const {
        toml_node node;
        place(from, node);
        const auto hold = [&node](toml_node::type what, auto& member, const auto& read) {
            node.what = what;
            member = read;
        };
        switch (from.type()) {
            case toml::value_t::string: hold(toml_node::type::text, node.text, from.as_string().str); break;
            case toml::value_t::integer: hold(toml_node::type::integer, node.integer, from.as_integer()); break;
            case toml::value_t::floating: hold(toml_node::type::real, node.real, from.as_floating()); break;
            case toml::value_t::boolean: hold(toml_node::type::flag, node.flag, from.as_boolean()); break;
            case toml::value_t::array:
                node.what = toml_node::type::array;
                for (const value& element : from.as_array()) node.children.push_back(convert(element));
                break;
            case toml::value_t::table: add_members(from, node); break;
            default: hold(toml_node::type::time, node.text, text_.substr(node.offset, node.length)); break;
        }
        return node;
    }

private:
    void add_members(const value& from, toml_node& node) const {
        for (const auto& [key, member] : from.as_table()) {
            toml_node child = convert(member);
            child.key = key;
            place_key(child);
            node.children.push_back(std::move(child));
        }
        std::ranges::sort(node.children, {}, &toml_node::key_offset);
    }

    // value::location() counts the lines from the start of the file each time, which is quadratic for a large file: so
    // the region itself is asked.
    void place(const value& from, toml_node& node) const {
        const auto* region = dynamic_cast<const toml::detail::region*>(toml::detail::get_region(from));
        if (region == nullptr) return;
        node.offset = static_cast<std::size_t>(region->first() - region->begin());
        node.length = region->size();
        const std::size_t line = std::max(text_.rfind('\n', node.offset) + 1, start_);
        const std::size_t first = text_.find_first_not_of(blanks, line);
        node.has_header = first == node.offset && node.offset < text_.size() && text_[node.offset] == '[';
    }

    void place_key(toml_node& node) const {
        node.key_offset = node.offset;
        node.key_length = node.length;
        const std::size_t equals = before(node.offset);
        if (node.has_header || equals == text_.npos || text_[equals] != '=') return;
        const std::size_t last = before(equals);
        if (last == text_.npos) return;
        std::size_t first = 0;
        if (text_[last] == '"' || text_[last] == '\'') {
            first = last == 0 ? text_.npos : text_.rfind(text_[last], last - 1);
        } else {
            const std::size_t sign = text_.find_last_of(" \t\n.,{", last);
            first = sign == text_.npos ? 0 : sign + 1;
        }
        if (first == text_.npos) return;
        node.key_offset = first;
        node.key_length = last - first + 1;
    }

    /// The last sign before a place that is not blank.
    std::size_t before(std::size_t offset) const {
        return offset == 0 ? text_.npos : text_.find_last_not_of(blanks, offset - 1);
    }

    std::string_view text_;
    std::size_t start_;  ///< of the first line
};

/// Parses a text with the right syntax, or a part of one that begins and ends with its lines. nullopt: toml11 refuses
/// it.
std::optional<toml_node> parse_part(std::string_view text) {
    try {
        std::istringstream stream{std::string(text)};
        toml_node root = converter(text).convert(
            toml::parse<toml::discard_comments, std::unordered_map, guarded_array>(stream, "operator.toml"));
        root.has_header = false;  // toml11 gives it the place of the first byte, whatever that is
        return root;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

result<toml_node, diagnostic> parse_whole(const source_text& source) {
    if (auto root = parse_part(source.text())) return *std::move(root);
    return explain_refusal(source, [](std::string_view text) { return parse_part(text).has_value(); });
}

/// A part of a text that means the same wherever it stands, unless another one defines the same name: what precedes
/// the first header, an element `[[name]]` with its sub-tables, or neighbouring tables below one name.
struct toml_unit {
    std::size_t offset = 0;
    std::string_view text;
    bool is_element = false;
};

/// The units of a text that toml11 may be given; the error is what is wrong with its bytes or its syntax.
result<std::vector<toml_unit>, diagnostic> split(const source_text& source) {
    if (auto fault = find_bad_bytes(source)) return *fault;
    const std::string_view text = source.text();
    std::vector<toml_unit> units(1);
    std::string name;
    const auto fault = read_statements(text, [&](toml_statement&& statement) {
        if (statement.is_pair()) return;
        const bool is_element = statement.what == toml_statement::type::element && statement.key.size() == 1;
        std::string& first = statement.key.front().name;
        if (!is_element && units.size() > 1 && first == name) return;
        units.push_back({.offset = statement.lines.begin, .text = {}, .is_element = is_element});
        name = std::move(first);
    });
    if (fault) return source.at(fault->place.begin, fault->place.size(), fault->message, fault->hint);
    for (std::size_t i = 0; i < units.size(); ++i) {
        const std::size_t end = i + 1 < units.size() ? units[i + 1].offset : text.size();
        units[i].text = text.substr(units[i].offset, end - units[i].offset);
    }
    return units;
}

/// A node that was moved towards the end of the text. Elements of arrays have no key, and so no place of one.
toml_node shifted(toml_node node, std::size_t by, bool has_key) {
    node.offset += by;
    if (has_key) node.key_offset += by;
    for (toml_node& child : node.children) child = shifted(std::move(child), by, node.what == toml_node::type::table);
    return node;
}

/// Null: there is a fault in the unit.
const toml_node* parse_unit(std::string_view text, toml_memory& memory) {
    auto found = memory.units.find(text);
    if (found == memory.units.end()) {
        auto parsed = parse_part(text);
        if (!parsed) return nullptr;
        found = memory.units.emplace(text, toml_memory::unit{.parsed = *std::move(parsed), .first_text = memory.texts})
                    .first;
    }
    found->second.last_text = memory.texts;
    return &found->second.parsed;
}

/// Puts a document together from its units, in file order. nullopt: there is a fault, or one of them means something
/// else where it stands.
std::optional<toml_node> parse_units(std::string_view text, const std::vector<toml_unit>& units, toml_memory& memory) {
    struct place {
        std::size_t index;
        bool all_elements;
    };
    std::unordered_map<std::string_view, place> members;  // the names are those in the memory
    toml_node root;
    root.offset = byte_order_mark_of(text);
    root.length = text.empty() ? 0 : 1;
    bool independent = true;
    ++memory.texts;
    for (const toml_unit& unit : units) {
        const toml_node* parsed = parse_unit(unit.text, memory);
        if (parsed == nullptr) {
            std::erase_if(memory.units, [&](const auto& known) { return known.second.first_text == memory.texts; });
            return std::nullopt;
        }
        for (const toml_node& member : parsed->children) {
            const place here{.index = root.children.size(), .all_elements = unit.is_element};
            const auto [known, is_new] = members.try_emplace(member.key, here);
            if (is_new)
                root.children.push_back(shifted(member, unit.offset, true));
            else if (unit.is_element && known->second.all_elements)
                for (const toml_node& element : member.children)
                    root.children[known->second.index].children.push_back(shifted(element, unit.offset, false));
            else
                independent = false;
        }
    }
    std::erase_if(memory.units, [&](const auto& known) { return known.second.last_text != memory.texts; });
    return independent ? std::optional(std::move(root)) : std::nullopt;
}

boost::json::value number(double real) {
    if (std::isnan(real)) return "nan";
    if (std::isinf(real)) return real < 0 ? "-inf" : "inf";
    return real;
}

}  // namespace

const toml_node* toml_node::find(std::string_view name) const {
    const auto found = std::ranges::find(children, name, &toml_node::key);
    return found == children.end() ? nullptr : &*found;
}

const toml_node& toml_node::find_or_empty(std::string_view name) const {
    static const toml_node empty;
    const toml_node* found = find(name);
    return found == nullptr ? empty : *found;
}

result<toml_node, diagnostic> parse_toml(const source_text& source) {
    const auto units = split(source);
    if (!units) return units.error();
    return parse_whole(source);
}

result<toml_node, diagnostic> parse_toml(const source_text& source, toml_memory& memory) {
    const auto units = split(source);
    if (!units) return units.error();
    if (auto root = parse_units(source.text(), *units, memory)) return *std::move(root);
    return parse_whole(source);
}

boost::json::object to_json_object(const toml_node& table) {
    boost::json::object members;
    members.reserve(table.children.size());
    for (const toml_node& member : table.children) members.emplace(member.key, to_json(member));
    return members;
}

boost::json::value to_json(const toml_node& node) {
    switch (node.what) {
        case toml_node::type::text:
        case toml_node::type::time: return boost::json::string(node.text);
        case toml_node::type::integer: return node.integer;
        case toml_node::type::real: return number(node.real);
        case toml_node::type::flag: return node.flag;
        case toml_node::type::array: {
            boost::json::array elements;
            elements.reserve(node.children.size());
            for (const toml_node& element : node.children) elements.push_back(to_json(element));
            return elements;
        }
        case toml_node::type::table: return to_json_object(node);
    }
    return nullptr;
}

}  // namespace opd
