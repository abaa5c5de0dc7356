#include "client/commands/common.hpp"
#include "client/text.hpp"
#include "config/base/completion.hpp"

#include <boost/json.hpp>

#include <array>

namespace json = boost::json;

namespace opd {
namespace {

/// Where the names are listed: in the answer to a target, below a key (empty: the answer itself), under a field.
struct listing {
    std::string_view of;
    std::string_view target;
    std::string_view key;
    std::string_view field;
};

constexpr std::array<listing, 5> listings{{{"server", servers_target, "servers", "name"},
                                           {"delegator", delegators_target, "delegators", "name"},
                                           {"kind", kinds_target, "", "slug"},
                                           {"tool", tools_target, "tools", "name"},
                                           {"key", keys_target, "keys", "name"}}};

completion names_in(const std::string& body, const listing& from, std::string_view typed) {
    completion out;
    boost::system::error_code broken;
    const json::value answer = json::parse(body, broken);
    const json::value* list = &answer;
    if (!from.key.empty()) list = answer.is_object() ? answer.get_object().if_contains(from.key) : nullptr;
    if (broken || list == nullptr || !list->is_array()) return out;
    for (const json::value& one : list->get_array()) {
        const std::string name = one.is_object() ? text_of(one.get_object(), from.field) : std::string();
        if (!name.empty() && name.starts_with(typed))
            out.candidates.push_back({printable(name), printable(text_of(one.get_object(), "display_name"))});
    }
    return out;
}

}  // namespace

/// Whatever goes wrong, the shell has nothing to offer: a message would land in the middle of a command line.
outcome run(const command::names& asked, const command_context& context) {
    for (const listing& one : listings) {
        if (one.of != asked.of) continue;
        const auto bodies = get({std::string(one.target)}, context);
        return say(bodies ? completion_lines(names_in(bodies->front(), one, asked.typed)) : std::string());
    }
    return say({});
}

}  // namespace opd
