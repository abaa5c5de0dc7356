#pragma once

#include "config/result.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// How texts are quoted where both ways are possible.
enum class toml_quotes : std::uint8_t { basic, literal };  ///< "text", 'text'

/// How a value is written where nothing is to be kept.
struct toml_style {
    toml_quotes quotes = toml_quotes::basic;
    std::string equals = " = ";  ///< between key and value of an inline table
    std::string padding = " ";   ///< within the braces of an inline table
    std::string line_break = "\n";
};

/// Whether TOML can say it: there is no null, and no whole number beyond 64 bits with a sign.
result<void> check_writable(const boost::json::value&);

/// `name`, or `"a name"` where it needs quotes.
std::string write_key(std::string_view name);

/// In one line. A literal text falls back to a basic one where it cannot hold the value.
std::string write_text(std::string_view text, toml_quotes);

/// A text in the form of the one (with quotes) that it replaces, as far as that can hold it.
std::string write_text_like(std::string_view old, std::string_view text, const toml_style&);

/// In one line. The value is writable.
std::string write_value(const boost::json::value&, const toml_style&);

}  // namespace opd
