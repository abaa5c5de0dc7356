#include "client/answers.hpp"
#include "client/doctor/checks.hpp"
#include "config/base/diagnostic.hpp"

#include <fmt/format.h>

#include <string_view>

namespace opd {
namespace {

namespace json = boost::json;

constexpr const char* correct = "correct the file; operatord reads it again by itself";

void add_diagnostics(findings& into, severity how_bad, const json::object& report, std::string_view which) {
    const json::array* list = array_of(report, which);
    if (list == nullptr) return;
    for (const json::value& value : *list) {
        if (!value.is_object()) continue;
        const json::object& from = value.get_object();
        diagnostic told;
        told.file = text_of(report, "file");
        told.line = number_of(from, "line").value_or(0);
        told.column = number_of(from, "column").value_or(0);
        told.message = text_of(from, "message");
        const std::string hint = text_of(from, "hint");
        into.push_back({how_bad, "configuration", told.headline(), hint.empty() ? correct : hint});
    }
}

/// The report of `operatord --check-config --json`.
void add_report(findings& into, const json::object& report) {
    add_diagnostics(into, severity::warning, report, "warnings");
    add_diagnostics(into, severity::problem, report, "errors");
    if (!flag_of(report, "ok").value_or(false)) return;
    const bool exists = flag_of(report, "exists").value_or(true);
    const json::array* warnings = array_of(report, "warnings");
    into.push_back(
        {severity::ok,
         "configuration",
         fmt::format("{}: {}, {} model servers, {} delegators, {} warnings", text_of(report, "file"),
                     exists ? "ok" : "not there, so the defaults are in force",
                     number_of(report, "model_servers").value_or(0), number_of(report, "delegators").value_or(0),
                     warnings == nullptr ? 0 : warnings->size()),
         {}});
}

}  // namespace

findings check_configuration(const config_facts& facts) {
    findings out;
    if (!facts.running_error.empty())
        out.push_back({severity::problem, "configuration",
                       fmt::format("{} (the configuration before it stays in force)", facts.running_error), correct});
    // What the daemon has said already is not said again.
    const bool is_known = !facts.running_error.empty() && facts.check && facts.check->exit_code != 0;
    const auto report = facts.check && !is_known ? parse_json(facts.check->out) : std::nullopt;
    if (report && report->is_object()) add_report(out, report->get_object());
    if (out.empty() && !facts.path.empty()) out.push_back({severity::ok, "configuration", facts.path, {}});
    return out;
}

}  // namespace opd
