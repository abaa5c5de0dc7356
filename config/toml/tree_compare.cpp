#include "config/toml/tree_compare.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>

namespace opd {
namespace {

bool same_real(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace

bool same_tree(const toml_node& a, const toml_node& b) {
    return a.what == b.what && a.key == b.key && a.text == b.text && a.integer == b.integer &&
           same_real(a.real, b.real) && a.flag == b.flag && std::ranges::equal(a.children, b.children, same_tree);
}

bool same_but(const toml_node& a, const toml_node& b, std::span<const std::string_view> names) {
    const auto counts = [names](const toml_node& member) {
        return std::ranges::find(names, std::string_view(member.key)) == names.end();
    };
    auto left = a.children.begin();
    auto right = b.children.begin();
    for (;;) {
        left = std::find_if(left, a.children.end(), counts);
        right = std::find_if(right, b.children.end(), counts);
        if (left == a.children.end() || right == b.children.end()) break;
        if (!same_tree(*left++, *right++)) return false;
    }
    return left == a.children.end() && right == b.children.end();
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
