#pragma once

namespace opd {

// The exit codes of operatord and operatorctl, those of sysexits(3) where it has one.
inline constexpr int exit_failed = 1;        ///< the answer is no: an unknown or unreachable server
inline constexpr int exit_usage = 64;        ///< the command line cannot be understood
inline constexpr int exit_unavailable = 69;  ///< the daemon is not reachable, or the port or socket is taken
inline constexpr int exit_internal = 70;
inline constexpr int exit_permission = 77;
inline constexpr int exit_config = 78;  ///< the configuration is broken

}  // namespace opd
