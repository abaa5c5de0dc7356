#pragma once

#include "config/disk/disk.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace opd {

/// Who else may come near a socket.
enum class folder_kind : std::uint8_t {
    our_own,   ///< made for the socket alone: nobody else has anything to do in it
    the_users  ///< the user's choice: it is left as it is
};

/// Makes the folder if it is missing, mode 0700. One of our own that others may enter is closed to them; true: it was
/// open before.
disk_result<bool> prepare_socket_folder(const std::filesystem::path& folder, folder_kind);

/// Why somebody else could put another socket in the place of one in this folder; nullopt: nobody can. As for the files
/// of ssh, the folder and those above must be the user's or root's, and not writable by others, unless their files are
/// protected from each other (sticky bit).
std::optional<std::string> doubt_about_folder(const std::filesystem::path& folder);

}  // namespace opd
