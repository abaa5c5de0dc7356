#include "client/commands.hpp"
#include "config/paths.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>

#include <unistd.h>

namespace {

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

opd::result<opd::daemon_address> find_daemon(const opd::invocation& asked) {
    if (asked.url) return opd::url_address(*asked.url);
    if (asked.socket) return opd::socket_address(*asked.socket);
    const auto socket = opd::default_socket(environment);
    if (!socket) return opd::fallback_address({});
    // Where the socket cannot even be looked for, connecting to it tells why.
    std::error_code error;
    if (std::filesystem::exists(*socket, error) || error) return opd::socket_address(socket->string());
    return opd::fallback_address(socket->string());
}

bool wants_colour() {
    const auto no_colour = environment("NO_COLOR");
    return ::isatty(STDOUT_FILENO) != 0 && (!no_colour || no_colour->empty());
}

opd::outcome run(int argc, const char* const* argv) {
    const auto parsed = opd::parse_command_line(argc, argv);
    if (const auto* done = std::get_if<opd::outcome>(&parsed)) return *done;
    const auto& asked = std::get<opd::invocation>(parsed);
    const auto address = find_daemon(asked);
    if (!address) {
        const opd::problem problem = address.error();
        return {.out = {},
                .err = fmt::format("operatorctl: {}; {}\n", problem.message, problem.hint),
                .exit_code = opd::exit_usage};
    }
    const opd::surroundings around{
        .ask = [&address](std::span<const std::string> targets,
                          std::chrono::milliseconds limit) { return opd::get_all(*address, targets, limit); },
        .address = address->shown,
        .colour = wants_colour(),
        .now = std::chrono::system_clock::now()};
    return opd::run_command(asked, around);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const opd::outcome end = run(argc, argv);
        std::fputs(end.err.c_str(), stderr);
        std::fwrite(end.out.data(), 1, end.out.size(), stdout);
        return std::fflush(stdout) == 0 ? end.exit_code : opd::exit_failed;
    } catch (const std::exception& bug) {
        fmt::print(stderr, "operatorctl: internal error: {}\n", bug.what());
        return opd::exit_internal;
    }
}
