#pragma once

#include "tests/support/temp_folder.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

/// Plays the service manager's end of sd_notify(3): keeps what a program says.
class notify_socket {
public:
    notify_socket();
    ~notify_socket();
    notify_socket(const notify_socket&) = delete;
    notify_socket& operator=(const notify_socket&) = delete;

    /// For NOTIFY_SOCKET.
    std::string path() const { return folder_.path() / "notify"; }

    /// All that has been said so far, each notification with its lines.
    const std::vector<std::string>& messages();
    /// A notification has this line. Looks at those behind the last one that was found, and waits for more; false if
    /// there is none in time.
    bool wait_for(std::string_view line, std::chrono::milliseconds patience = std::chrono::seconds(20));
    /// Forgets everything that has been said.
    void clear();

private:
    bool receive(std::chrono::milliseconds patience);

    temp_folder folder_;
    int socket_;
    std::vector<std::string> messages_;
    std::size_t looked_at_ = 0;
};

}  // namespace opd::test
