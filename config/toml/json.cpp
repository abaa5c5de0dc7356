#include "config/toml/json.hpp"

#include <boost/json/array.hpp>

#include <cmath>
#include <string>

namespace opd {
namespace {

boost::json::value number(double real) {
    if (std::isnan(real)) return "nan";
    if (std::isinf(real)) return real < 0 ? "-inf" : "inf";
    return real;
}

}  // namespace

boost::json::object to_json_object(const toml_node& table) {
    boost::json::object members;
    members.reserve(table.children.size());
    for (const toml_node& member : table.children) {
        members.emplace(member.key, to_json(member));
    }
    return members;
}

boost::json::value to_json(const toml_node& node) {
    switch (node.what) {
        case toml_node::type::text:
        case toml_node::type::time:
            return boost::json::string(node.text);
        case toml_node::type::integer:
            return node.integer;
        case toml_node::type::real:
            return number(node.real);
        case toml_node::type::flag:
            return node.flag;
        case toml_node::type::array: {
            boost::json::array elements;
            elements.reserve(node.children.size());
            for (const toml_node& element : node.children) {
                elements.push_back(to_json(element));
            }
            return elements;
        }
        case toml_node::type::table:
            return to_json_object(node);
    }
    return nullptr;
}

}  // namespace opd
