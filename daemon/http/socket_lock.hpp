#pragma once

#include "config/disk/file_handle.hpp"
#include "daemon/http/bind.hpp"

#include <string>

namespace opd {

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

}  // namespace opd
