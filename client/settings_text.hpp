#pragma once

#include "config/base/result.hpp"

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace opd {

/// JSON as settings files have it: comments, commas behind the last member and a byte order mark are allowed, and a
/// blank text is an empty object. The error says why it is none.
result<boost::json::object, std::string> read_settings(std::string_view text);

/// The text with the value at this path (names of members, from the outermost) in place, or without that member where
/// `value` is null. All else stays as it is written, comments too. The text is an object as read_settings() takes it,
/// or blank, which is an empty one.
std::string with_setting(std::string_view text, std::span<const std::string> path, const boost::json::value* value);

}  // namespace opd
