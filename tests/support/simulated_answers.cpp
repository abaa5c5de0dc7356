#include "tests/support/simulated_answers.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace opd::test {

script json_answer(unsigned status, const boost::json::value& body, header_list headers) {
    return json_answer(status, boost::json::serialize(body), std::move(headers));
}

std::optional<std::string> bearer_of(const seen_request& request) {
    constexpr std::string_view scheme = "Bearer ";
    auto value = request.header("Authorization");
    if (!value || !value->starts_with(scheme)) return std::nullopt;
    return value->substr(scheme.size());
}

bool has_bearer(const seen_request& request, std::string_view key) { return bearer_of(request) == key; }

std::string foreign_parts(const seen_request& request) {
    constexpr std::array<std::string_view, 3> headers = {"x-api-key", "anthropic-version", "x-goog-api-key"};
    for (const auto name : headers)
        if (request.header(name)) return "header " + std::string(name);
    if (request.query("key")) return "query parameter key";
    return {};
}

std::string unknown_parameter(const seen_request& request, std::initializer_list<std::string_view> known) {
    std::set<std::string> seen;
    for (const auto& [name, value] : request.query())
        if (std::find(known.begin(), known.end(), name) == known.end() || !seen.insert(name).second) return name;
    return {};
}

boost::json::object openai_entry(std::string_view id, std::string_view owner) {
    return {{"id", id}, {"object", "model"}, {"created", 1'747'930'371}, {"owned_by", owner}};
}

std::optional<std::size_t> count_parameter(const seen_request& request, std::string_view name, std::size_t otherwise) {
    const auto text = request.query(name);
    if (!text) return otherwise;
    std::size_t count = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, count);
    if (error != std::errc() || stop != end || count == 0) return std::nullopt;
    return count;
}

}  // namespace opd::test
