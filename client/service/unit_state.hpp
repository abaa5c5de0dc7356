#pragma once

#include <array>
#include <string>
#include <string_view>

namespace opd {

inline constexpr std::string_view service_name = "operatord.service";
inline constexpr std::string_view socket_name = "operatord.socket";

/// What a systemd manager says of a unit, in its own words (systemctl(1), org.freedesktop.systemd1(5)).
struct unit_state {
    std::string load;        ///< `loaded`, `not-found`, `masked`, `bad-setting`, `error`
    std::string active;      ///< `active`, `inactive`, `failed`, `activating` ...
    std::string sub;         ///< `running`, `listening`, `dead` ...
    std::string result;      ///< `success`, `exit-code`, `watchdog` ...
    std::string file_state;  ///< `enabled`, `disabled` ...
    std::string file;        ///< where it is read from
    std::string program;     ///< that a service starts
    bool needs_reload = false;

    bool is_there() const { return load == "loaded"; }

    bool is_active() const { return active == "active" || active == "activating" || active == "reloading"; }

    bool is_enabled() const { return file_state.starts_with("enabled"); }
};

struct service_units {
    unit_state service;
    unit_state socket;
};

/// The properties that read_units() needs, for `systemctl show --property=`.
inline constexpr std::string_view unit_properties =
    "Id,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,NeedDaemonReload,ExecStart";

/// Reads what `systemctl show` prints of both units. What is missing is empty.
service_units read_units(std::string_view shown);

/// `active (running), enabled`, `failed (exit-code), disabled`, `not installed`.
std::string state_words(const unit_state&);

/// `{service: {load, active, sub, result, file_state, file}, socket: {...}}`
std::string encode_units(const service_units&);

/// Both in one line: `operatord.service active (running), enabled; operatord.socket ...`.
std::string state_words(const service_units&);

}  // namespace opd
