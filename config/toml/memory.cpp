#include "config/toml/part.hpp"
#include "config/toml/scan.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

/// A part of a text that means the same wherever it stands, unless another one defines the same name: what precedes
/// the first header, an element `[[name]]` with its sub-tables, or neighbouring tables below one name.
struct toml_unit {
    std::size_t offset = 0;
    std::string_view text;
    bool is_element = false;
};

struct toml_header {
    std::string_view name;    ///< the first key, as it is written
    bool is_element = false;  ///< `[[name]]`
};

/// Reads the header whose first bracket is at `at`. What is not one is read in some way: parsing it will fail.
toml_header read_header(std::string_view text, std::size_t at) {
    constexpr std::string_view blanks = " \t";
    const bool is_array = text.substr(at, 2) == "[[";
    const std::size_t start = std::min(text.find_first_not_of(blanks, at + (is_array ? 2 : 1)), text.size());
    std::size_t end = start;
    const char quote = start < text.size() ? text[start] : '\0';
    if (quote == '"' || quote == '\'') {
        ++end;
        while (end < text.size() && text[end] != quote) {
            end += text[end] == '\\' && quote == '"' ? 2U : 1U;
        }
        end = std::min(end + 1, text.size());
    } else {
        end = std::min(text.find_first_of(" \t.]\n", start), text.size());
    }
    const std::size_t next = text.find_first_not_of(blanks, end);
    return {.name = text.substr(start, end - start), .is_element = is_array && next != text.npos && text[next] == ']'};
}

std::vector<toml_unit> split(std::string_view text, std::span<const std::size_t> headers) {
    std::vector<toml_unit> units(1);
    std::string_view name;
    for (const std::size_t at : headers) {
        const toml_header header = read_header(text, at);
        if (!header.is_element && units.size() > 1 && header.name == name) continue;
        units.push_back({.offset = text.rfind('\n', at) + 1, .is_element = header.is_element});
        name = header.name;
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        const std::size_t end = i + 1 < units.size() ? units[i + 1].offset : text.size();
        units[i].text = text.substr(units[i].offset, end - units[i].offset);
    }
    return units;
}

/// Moves a node towards the end of the text. Elements of arrays have no key, and so no place of one.
void shift(toml_node& node, std::size_t by, bool has_key) {
    node.offset += by;
    if (has_key) node.key_offset += by;
    for (toml_node& child : node.children) {
        shift(child, by, node.what == toml_node::type::table);
    }
}

/// Puts a document together from its units, in file order.
class assembler {
public:
    explicit assembler(std::string_view text) {
        root_.offset = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
        root_.length = text.empty() ? 0 : 1;
    }

    /// False: the unit means something else where it stands.
    bool add(const toml_unit& unit, const toml_node& parsed) {
        for (const toml_node& member : parsed.children) {
            const place here{.index = root_.children.size(), .all_elements = unit.is_element};
            const auto [known, is_new] = members_.try_emplace(member.key, here);
            if (is_new) {
                root_.children.push_back(member);
                shift(root_.children.back(), unit.offset, true);
                continue;
            }
            if (!unit.is_element || !known->second.all_elements) return false;
            std::vector<toml_node>& elements = root_.children[known->second.index].children;
            for (const toml_node& element : member.children) {
                elements.push_back(element);
                shift(elements.back(), unit.offset, false);
            }
        }
        return true;
    }

    toml_node take() { return std::move(root_); }

private:
    struct place {
        std::size_t index;
        bool all_elements;
    };

    toml_node root_;
    std::unordered_map<std::string_view, place> members_;  ///< the names are those of the units
};

struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace

struct toml_memory::impl {
    struct entry {
        toml_node parsed;
        std::uint64_t first_text;
        std::uint64_t last_text = 0;
    };

    std::unordered_map<std::string, entry, text_hash, std::equal_to<>> units;
    std::uint64_t texts = 0;

    /// Null: there is a fault in the unit.
    const toml_node* parse(std::string_view unit) {
        auto found = units.find(unit);
        if (found == units.end()) {
            auto parsed = parse_scanned_toml(unit);
            if (!parsed) return nullptr;
            found = units.emplace(unit, entry{.parsed = std::move(*parsed), .first_text = texts}).first;
        }
        found->second.last_text = texts;
        return &found->second.parsed;
    }

    std::optional<toml_node> parse(std::string_view text, std::span<const std::size_t> headers) {
        ++texts;
        assembler document(text);
        bool independent = true;
        for (const toml_unit& unit : split(text, headers)) {
            const toml_node* parsed = parse(unit.text);
            if (parsed == nullptr) {
                std::erase_if(units, [this](const auto& known) { return known.second.first_text == texts; });
                return std::nullopt;
            }
            independent = independent && document.add(unit, *parsed);
        }
        std::erase_if(units, [this](const auto& known) { return known.second.last_text != texts; });
        if (!independent) return std::nullopt;
        return document.take();
    }
};

toml_memory::toml_memory() : impl_(std::make_unique<impl>()) {}

toml_memory::~toml_memory() = default;
toml_memory::toml_memory(toml_memory&&) noexcept = default;
toml_memory& toml_memory::operator=(toml_memory&&) noexcept = default;

result<toml_node, diagnostic> parse_toml(const source_text& source, toml_memory& memory) {
    std::vector<std::size_t> headers;
    if (auto fault = scan_toml(source, &headers)) return *fault;
    if (auto root = memory.impl_->parse(source.text(), headers)) return *std::move(root);
    return parse_toml(source);
}

}  // namespace opd
