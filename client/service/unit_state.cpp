#include "client/service/unit_state.hpp"

#include "client/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

namespace json = boost::json;

/// Takes everything before `end` off the front, and the end with it.
std::string_view take_until(std::string_view& rest, std::string_view end) {
    const std::size_t at = std::min(rest.find(end), rest.size());
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(std::min(at + end.size(), rest.size()));
    return taken;
}

/// Of `{ path=/usr/bin/operatord ; argv[]=/usr/bin/operatord ; ignore_errors=no ; ... }`.
std::string_view program_in(std::string_view commands) {
    take_until(commands, "path=");
    return take_until(commands, " ; ");
}

void set(unit_state& unit, std::string_view name, std::string_view value) {
    if (name == "LoadState") unit.load = value;
    if (name == "ActiveState") unit.active = value;
    if (name == "SubState") unit.sub = value;
    if (name == "Result") unit.result = value;
    if (name == "UnitFileState") unit.file_state = value;
    if (name == "FragmentPath") unit.file = value;
    if (name == "ExecStart") unit.program = program_in(value);
    if (name == "NeedDaemonReload") unit.needs_reload = value == "yes";
}

json::object fields_of(const unit_state& unit) {
    return {{"load", unit.load},     {"active", unit.active},         {"sub", unit.sub},
            {"result", unit.result}, {"file_state", unit.file_state}, {"file", unit.file}};
}

}  // namespace

service_units read_units(std::string_view shown) {
    service_units out;
    while (!shown.empty()) {
        std::string_view block = take_until(shown, "\n\n");
        unit_state unit;
        std::string_view id;
        while (!block.empty()) {
            std::string_view value = take_until(block, "\n");
            const std::string_view name = take_until(value, "=");
            if (name == "Id") id = value;
            set(unit, name, value);
        }
        if (id == service_name) out.service = std::move(unit);
        if (id == socket_name) out.socket = std::move(unit);
    }
    return out;
}

std::string state_words(const unit_state& unit) {
    if (unit.load == "not-found" || unit.load.empty()) return "not installed";
    if (!unit.is_there()) return printable(unit.load);
    const bool failed = unit.active == "failed";
    return printable(fmt::format("{} ({}), {}", unit.active, failed ? unit.result : unit.sub,
                                 unit.file_state.empty() ? "not enabled" : unit.file_state));
}

std::string encode_units(const service_units& units) {
    return json::serialize(json::object{{"service", fields_of(units.service)}, {"socket", fields_of(units.socket)}});
}

std::string state_words(const service_units& units) {
    return fmt::format("{} {}; {} {}", service_name, state_words(units.service), socket_name,
                       state_words(units.socket));
}

}  // namespace opd
