#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace opd::test {

/// What a process of another user of this machine gets.
struct other_users_answer {
    int connect_error = 0;  ///< errno, where it cannot even connect
    std::string received;   ///< everything until the other side closes
};

enum class afterwards : std::uint8_t {
    reads,      ///< until the other side closes
    closes,     ///< at once, with what is sent still on its way
    resets_it,  ///< at once, so that its port is free again
};

/// Only root can have processes of other users.
bool can_be_another_user();

/// A process of the user nobody connects, sends these bytes, and does what follows. A std::system_error if there can be
/// no such process.
other_users_answer ask_as_nobody(const std::string& address, std::uint16_t port, std::string_view bytes,
                                 afterwards then = afterwards::reads);
other_users_answer ask_as_nobody(const std::filesystem::path& socket, std::string_view bytes);

}  // namespace opd::test
