#include "config/toml/parse.hpp"

#include "config/toml/fault.hpp"
#include "config/toml/part.hpp"
#include "config/toml/scan.hpp"

#include <toml.hpp>

#include <algorithm>
#include <exception>
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
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

value parse(std::string_view text) {
    std::istringstream stream{std::string(text)};
    return toml::parse<toml::discard_comments, std::unordered_map, guarded_array>(stream, "operator.toml");
}

bool extends_empty_array(std::string_view text) {
    try {
        parse(text);
    } catch (const std::out_of_range&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
    return false;
}

/// The guard above cannot know the place: it is the end of the shortest run of lines that fails.
diagnostic explain_empty_array(const source_text& source) {
    const std::string_view text = source.text();
    std::size_t good = 0;
    std::size_t bad = source.line_of(text.size());
    std::vector<std::size_t> ends;
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
        ends.push_back(at + 1);
    }
    ends.push_back(text.size());
    while (bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        (extends_empty_array(text.substr(0, ends[middle - 1])) ? bad : good) = middle;
    }
    const std::size_t start = bad > 1 ? ends[bad - 2] : 0;
    return source.at(start, 0, "an array that was written as [] cannot be added to",
                     "remove the line with the [], or this one");
}

/// Turns toml11's values into nodes, in file order.
class converter {
public:
    explicit converter(std::string_view text)
        : text_(text), start_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

    toml_node convert(const value& from) const {
        toml_node node;
        place(from, node);
        switch (from.type()) {
            case toml::value_t::string:
                node.what = toml_node::type::text;
                node.text = from.as_string().str;
                break;
            case toml::value_t::integer:
                node.what = toml_node::type::integer;
                node.integer = from.as_integer();
                break;
            case toml::value_t::floating:
                node.what = toml_node::type::real;
                node.real = from.as_floating();
                break;
            case toml::value_t::boolean:
                node.what = toml_node::type::flag;
                node.flag = from.as_boolean();
                break;
            case toml::value_t::array:
                node.what = toml_node::type::array;
                for (const value& element : from.as_array()) {
                    node.children.push_back(convert(element));
                }
                break;
            case toml::value_t::table:
                add_members(from, node);
                break;
            default:
                node.what = toml_node::type::time;
                node.text = text_.substr(node.offset, node.length);
                break;
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

toml_node parse_and_convert(std::string_view text) {
    toml_node root = converter(text).convert(parse(text));
    root.has_header = false;  // toml11 gives it the place of the first byte, whatever that is
    return root;
}

}  // namespace

const toml_node* toml_node::find(std::string_view name) const {
    const auto found = std::ranges::find(children, name, &toml_node::key);
    return found == children.end() ? nullptr : &*found;
}

std::optional<toml_node> parse_scanned_toml(std::string_view text) {
    try {
        return parse_and_convert(text);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

result<toml_node, diagnostic> parse_toml(const source_text& source) {
    if (auto fault = scan_toml(source)) return *fault;
    try {
        return parse_and_convert(source.text());
    } catch (const std::out_of_range&) {
        return explain_empty_array(source);
    } catch (const std::exception& fault) {
        return explain_toml_fault(source, fault.what());
    }
}

}  // namespace opd
