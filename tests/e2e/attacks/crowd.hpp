#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace opd::test {

/// Many connections to a port of 127.0.0.1, which stay open as far as they can.
class crowd {
public:
    /// Each begins with these bytes.
    crowd(std::uint16_t port, std::size_t size, std::string_view bytes);
    ~crowd();
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;

    /// Those that the other side has not closed.
    std::size_t count_open() const;

private:
    std::vector<int> descriptors_;
};

/// Sends as much of the text as the other side, and the sockets between, take, and reads nothing.
/// Returns how much that is.
std::size_t bytes_taken(std::uint16_t port, std::string_view text);

}  // namespace opd::test
