#pragma once

#include "config/base/disk.hpp"
#include "config/base/file_handle.hpp"
#include "daemon/listen/bind.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace opd::listen {

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

/// The right to make a unix socket, and to replace what a dead daemon has left in its place: a lock (flock(2)) on a
/// file beside it, `PATH.lock`. Without it, of two daemons that start at once one could remove the socket that the
/// other has just made. The file has the pid of its holder, and goes with the object.
class socket_lock {
public:
    /// Does not wait: where another daemon has the lock, the error says which.
    static result<socket_lock, listen_error> take(const std::string& socket_path);

    socket_lock(socket_lock&&) noexcept;
    socket_lock& operator=(socket_lock&&) = delete;
    ~socket_lock();

private:
    socket_lock(std::string file, file_handle locked);

    std::string file_;
    file_handle locked_;
};

}  // namespace opd::listen
