#pragma once

#include "tests/support/http_fixture/script.hpp"

#include <boost/json/value.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace opd::test {

// What the simulated servers have in common.

script json_answer(unsigned status, const boost::json::value&, header_list headers = {});

/// The key of `Authorization: Bearer KEY`.
std::optional<std::string> bearer_of(const seen_request&);

/// `Authorization: Bearer` has exactly this key.
bool has_bearer(const seen_request&, std::string_view key);

/// What no client of an OpenAI-style server has any business to send: a key in the query, or another vendor's headers,
/// which make some gateways answer in another shape. Empty: nothing of the kind.
std::string foreign_parts(const seen_request&);

/// The first parameter of the query that is none of these, or comes twice. Empty: there is none.
std::string unknown_parameter(const seen_request&, std::initializer_list<std::string_view> known);

/// An entry of an OpenAI-style list.
boost::json::object openai_entry(std::string_view id, std::string_view owner);

/// The value of a query parameter that is a number from 1; `otherwise` if it is not there, nullopt if it is none.
std::optional<std::size_t> count_parameter(const seen_request&, std::string_view name, std::size_t otherwise);

}  // namespace opd::test
