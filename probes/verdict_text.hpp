#pragma once

#include "probes/report.hpp"
#include "probes/verdict.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace opd {

// What the verdicts about answers and about failures share.

/// A report of a failure.
report failed(probe_status, std::string error, std::string hint);

/// The key was not sent, since it would have crossed the internet in clear.
report key_withheld(const model_server&, const api_root&, std::string_view variable);

/// `GET http://localhost:8000/v1/models`: without query, and without the key should it be part of the path.
std::string request_line(const verdict_subject&, std::string_view target);

/// `model server "NAME"`.
std::string named(const verdict_subject&);

/// One of the (lower-case) words is part of the text, in any case.
bool mentions(std::string_view text, std::initializer_list<std::string_view> words);

/// What to do where the key was refused, or none was sent.
std::string key_hint(const verdict_subject&);

/// Where to look when this seems to be no model server at all.
std::string wrong_place_hint(const verdict_subject&);

}  // namespace opd
