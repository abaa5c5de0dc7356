#include "config/toml/parse.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <ranges>

namespace opd {
namespace {

bool is_whole(const boost::json::value& value) { return value.is_int64() || value.is_uint64(); }

/// Exact: a large whole number is not rounded for the comparison.
bool same_real(double real, const boost::json::value& whole) {
    if (real != std::floor(real)) return false;
    if (whole.is_int64())
        return real >= -0x1p63 && real < 0x1p63 && static_cast<std::int64_t>(real) == whole.get_int64();
    return real >= 0 && real < 0x1p64 && static_cast<std::uint64_t>(real) == whole.get_uint64();
}

bool same_table(const boost::json::object& a, const boost::json::object& b) {
    return a.size() == b.size() && std::ranges::all_of(a, [&b](const auto& member) {
               const boost::json::value* other = b.if_contains(member.key());
               return other != nullptr && same_value(member.value(), *other);
           });
}

}  // namespace

bool same_value(const boost::json::value& a, const boost::json::value& b) {
    if (a.is_double() && is_whole(b)) return same_real(a.get_double(), b);
    if (b.is_double() && is_whole(a)) return same_real(b.get_double(), a);
    if (a.is_array() && b.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), same_value);
    if (a.is_object() && b.is_object()) return same_table(a.get_object(), b.get_object());
    return a == b;
}

std::pair<std::size_t, std::size_t> common_ends(const boost::json::array& a, const boost::json::array& b) {
    const auto shorter = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
    const auto head = std::mismatch(a.begin(), a.begin() + shorter, b.begin(), same_value).first - a.begin();
    const auto rest = std::make_reverse_iterator(a.end() - (shorter - head));
    const auto tail = std::mismatch(a.rbegin(), rest, b.rbegin(), same_value).first - a.rbegin();
    return {static_cast<std::size_t>(head), static_cast<std::size_t>(tail)};
}

bool same_tree(const toml_node& a, const toml_node& b) {
    return a.what == b.what && a.key == b.key && a.text == b.text && a.integer == b.integer &&
           (a.real == b.real || (std::isnan(a.real) && std::isnan(b.real))) && a.flag == b.flag &&
           std::ranges::equal(a.children, b.children, same_tree);
}

bool same_but(const toml_node& a, const toml_node& b, std::span<const std::string_view> names) {
    const auto counts = [names](const toml_node& member) {
        return std::ranges::find(names, std::string_view(member.key)) == names.end();
    };
    return std::ranges::equal(a.children | std::views::filter(counts), b.children | std::views::filter(counts),
                              same_tree);
}

bool kept_in_place(const toml_node& old_table, const toml_node& new_table, const boost::json::object& before,
                   const boost::json::object& after) {
    return std::ranges::all_of(before, [&](const auto& member) {
        const boost::json::value* wanted = after.if_contains(member.key());
        if (wanted == nullptr) return true;
        const std::string_view key(member.key().data(), member.key().size());
        const toml_node* was = old_table.find(key);
        const toml_node* is = new_table.find(key);
        if (was == nullptr || is == nullptr) return false;
        if (member.value() == *wanted) return same_tree(*was, *is);
        if (!member.value().is_object() || !wanted->is_object()) return true;
        return kept_in_place(*was, *is, member.value().get_object(), wanted->get_object());
    });
}

}  // namespace opd
