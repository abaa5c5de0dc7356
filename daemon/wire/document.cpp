#include "daemon/wire/document.hpp"

#include "config/base/ascii.hpp"
#include "config/config_change.hpp"
#include "daemon/wire/message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace opd::wire {
namespace {

/// Two texts of one resource that follow each other must differ, no more is asked of it.
std::size_t combine(std::size_t state, const std::string& text) {
    return (std::rotl(state, 7) ^ std::hash<std::string_view>()(text)) * 0x9e3779b97f4a7c15U;
}

/// What follows a message, for those who use the REST interface.
std::string in_words(next_step next) {
    if (next.verb == "list")
        return fmt::format("; GET /api/v1/{}{} lists them", next.noun == "kinds" ? "model-servers/" : "", next.noun);
    if (next.verb == "replace") return "; replace it with PUT, or choose another name";
    if (next.verb == "force")
        return next.noun == "launch" ? "; \"force\": true launches anyway" : ", or force it with ?force=true";
    if (next.verb == "forget") return fmt::format("; forget one with DELETE /api/v1/{}/NAME", next.noun);
    if (next.verb == "reread") return "; GET it again, and send the change with its ETag";
    return {};
}

}  // namespace

document_ptr make_document(std::vector<document::piece> pieces) {
    auto made = std::make_shared<document>();
    std::size_t state = 0;
    for (const auto& one : pieces) {
        made->size += one->size();
        state = combine(state, *one);
    }
    made->etag = fmt::format("\"{:016x}\"", state);
    made->pieces = std::move(pieces);
    return made;
}

document_ptr make_document(std::string text) {
    return make_document({std::make_shared<const std::string>(std::move(text))});
}

std::string encode_error(std::string_view code, std::string_view message, std::span<const field_fault> details,
                         next_step next) {
    namespace json = boost::json;
    json::object error{{"error", code}, {"message", fmt::format("{}{}", message, in_words(next))}};
    if (!details.empty()) {
        json::array& list = error["details"].emplace_array();
        for (const field_fault& one : details) list.push_back({{"field", one.field}, {"message", one.message}});
    }
    if (!next.verb.empty()) {
        const json::value noun = next.noun.empty() ? json::value(nullptr) : json::value(next.noun);
        error["reason"] = message;
        error["next"] = json::object{{"verb", next.verb}, {"noun", noun}};
    }
    return json::serialize(error);
}

std::string_view request::header(std::string_view name) const {
    const auto found =
        std::ranges::find_if(headers, [&](const header_field& one) { return same_in_any_case(one.name, name); });
    return found == headers.end() ? std::string_view() : found->value;
}

std::string_view shown_value(std::string_view value, bool reveal) { return reveal ? value : masked_value; }

}  // namespace opd::wire
