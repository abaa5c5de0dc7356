#pragma once

#include "client/views.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace opd {

enum class severity : std::uint8_t { ok, warning, problem };

/// One thing that `operatorctl doctor` has looked at.
struct finding {
    severity how_bad = severity::ok;
    std::string about;  ///< `service`, `socket`, `configuration`, `key`, `server`, `proxy`, `agent`, `settings`
    std::string text;
    std::string remedy;  ///< what to do, most often a command; empty: nothing

    bool operator==(const finding&) const = default;
};

using findings = std::vector<finding>;

bool has_problem(const findings&);

/// A line for each finding, with its remedy below, and how many of them are bad.
std::string show_findings(const findings&, const view&);

/// `{findings: [{severity, about, text, remedy}], problems, warnings}`
std::string encode_findings(const findings&);

}  // namespace opd
