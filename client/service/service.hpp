#pragma once

#include "client/system.hpp"
#include "config/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The systemd manager of the user (systemd(1), `--user`), asked through systemctl on the PATH of the environment.

/// `systemctl` with its path; or why there is no user manager to talk to, and what to do.
result<std::string> find_user_manager(const environment&);

/// `systemctl --user WORDS`, to its end. A problem says what failed in systemctl's own words.
result<program_end> systemctl(const std::vector<std::string>& words, const environment&, brief_limits = {});

/// The state of our units. Starts a program, which takes some 10 ms.
result<service_units> ask_units(const environment&);

/// Whether the user's services go on without a session (loginctl(1), `enable-linger`); nullopt: nobody knows.
std::optional<bool> is_lingering(const environment&);

// The unit files of a user who has built operatord from source. A package brings its own.

// systemd/operatord.service and systemd/operatord.socket, put in when operatorctl is built (client/CMakeLists.txt).
extern const std::string_view service_unit_text;
extern const std::string_view socket_unit_text;

/// The first line of what `operatorctl service install` writes: what has it is ours.
inline constexpr std::string_view unit_mark = "# Written by operatorctl service install, removed by uninstall.\n";

/// The service that starts this program, marked; a problem where a unit cannot name it.
result<std::string> service_unit_for(std::string_view program);
/// The socket, marked.
std::string socket_unit();

/// The program that a service's text starts; empty: none can be made out.
std::string program_of_unit(std::string_view text);

/// Where the user's own units are: `$XDG_CONFIG_HOME/systemd/user`, else `~/.config/systemd/user` (systemd.unit(5)).
result<std::filesystem::path> unit_folder(const environment&);
/// Where packages put theirs, in the order in which systemd looks.
std::vector<std::filesystem::path> package_unit_folders(const environment&);

struct unit_file {
    std::filesystem::path path;
    std::optional<std::string> text;  ///< nullopt: it is not there, or cannot be read

    bool is_ours() const { return text && text->starts_with(unit_mark); }
};

unit_file read_unit(std::filesystem::path);
/// The service that a package has installed, if there is one.
std::optional<unit_file> packaged_service(const environment&);

/// Both units of the user's own folder, whether they are there or not.
result<std::vector<unit_file>> own_units(const environment&);

/// Writes a unit, and its folder if need be.
result<void> write_unit(const std::filesystem::path&, std::string_view text);

/// The operatord in the folder of this operatorctl: those two belong together.
result<std::string> program_beside(const std::string& operatorctl);

}  // namespace opd
