#pragma once

#include <filesystem>
#include <string>
#include <thread>

namespace opd::test {

/// A unix socket that the user nobody serves: it takes what one client says, and tells it nothing. Only root can have
/// one; the folder must let everybody in.
class foreign_socket {
public:
    explicit foreign_socket(const std::filesystem::path&);
    ~foreign_socket();
    foreign_socket(const foreign_socket&) = delete;
    foreign_socket& operator=(const foreign_socket&) = delete;

    /// All that was said, once the client has gone.
    std::string heard();

private:
    int listening_ = -1;
    std::string heard_;
    std::thread thread_;
};

}  // namespace opd::test
