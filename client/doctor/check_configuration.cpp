#include "client/doctor/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace opd {
namespace {

constexpr std::string_view of_warning = "warning: ";
constexpr std::string_view of_error = "operatord: ";
constexpr const char* correct = "correct the file; operatord reads it again by itself";

/// Takes a line off the front.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

std::string_view without_indent(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
}

/// Reads a diagnostic as diagnostic::text() makes it, without its quotation of the line; `line` is its first one.
finding read_diagnostic(severity how_bad, std::string_view line, std::string_view& rest) {
    finding out{how_bad, "configuration", std::string(line), correct};
    while (rest.starts_with(' ')) {
        const std::string_view more = take_line(rest);
        const bool is_quotation = more.find(" | ") != more.npos;
        if (!is_quotation) out.remedy = without_indent(more);
    }
    return out;
}

}  // namespace

findings check_configuration(const config_facts& facts) {
    findings out;
    if (!facts.running_error.empty())
        out.push_back({severity::problem, "configuration",
                       fmt::format("{} (the configuration before it stays in force)", facts.running_error), correct});
    if (facts.check) {
        std::string_view rest = facts.check->exit_code == 0 ? facts.check->out : facts.check->err;
        const bool is_known = !facts.running_error.empty() && facts.check->exit_code != 0;
        while (!rest.empty() && !is_known) {
            std::string_view line = take_line(rest);
            if (line.starts_with(of_warning))
                out.push_back(read_diagnostic(severity::warning, line.substr(of_warning.size()), rest));
            else if (facts.check->exit_code == 0)
                out.push_back({severity::ok, "configuration", std::string(line), {}});
            else if (line.starts_with(of_error))
                out.push_back(read_diagnostic(severity::problem, line.substr(of_error.size()), rest));
        }
    }
    if (out.empty() && !facts.path.empty()) out.push_back({severity::ok, "configuration", facts.path, {}});
    return out;
}

}  // namespace opd
