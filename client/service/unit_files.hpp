#pragma once

#include "client/program.hpp"
#include "config/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

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
