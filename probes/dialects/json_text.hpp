#pragma once

#include <string>
#include <string_view>

namespace opd {

/// Makes escaped surrogates without a partner (a text that was cut within an emoji) into U+FFFD, in place and without
/// moving anything: RFC 8259 allows them, the parsers do not, and no entry should be lost for one. Begins at `from`,
/// which must not be inside of an escape, and returns where to go on, at `to` or behind it.
std::size_t mend_surrogates(std::string& json, std::size_t from = 0, std::size_t to = std::string::npos);

/// Makes what Python writes for numbers that are none (NaN, Infinity) into an empty text, and bytes that are not UTF-8
/// into DEL, which no id has: each costs its own value, or entry, not the list. In place, without moving anything.
void mend_values(std::string& json);

/// What is wrong with a text that a parser refused, and where (lines and columns count from 1), as part of a sentence.
/// Empty where the text keeps to the grammar as far as a checker of bounded depth can tell: then it was only beyond
/// the parser's limits, such as an integer over 2^64.
std::string json_fault(std::string_view json);

}  // namespace opd
