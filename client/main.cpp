#include "client/command_line.hpp"
#include "client/commands.hpp"
#include "client/text.hpp"
#include "config/paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace {

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::vector<std::string> whole_environment() {
    std::vector<std::string> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        out.emplace_back(*entry);
    return out;
}

opd::result<opd::daemon_address> find_daemon(const opd::invocation& asked) {
    if (asked.url) return opd::url_address(*asked.url);
    if (asked.socket) return opd::socket_address(*asked.socket);
    const auto socket = opd::default_socket(environment);
    // Over TCP the daemon hides what a launch needs to know.
    if (std::holds_alternative<opd::command::launch>(asked.what)) {
        if (!socket) return socket.error();
        return opd::socket_address(socket->string());
    }
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
                .exit_code = asked.url ? opd::exit_usage : opd::exit_unavailable};
    }
    const opd::surroundings around{
        .ask = [&address](std::span<const opd::daemon_request> requests,
                          std::chrono::milliseconds limit) { return opd::ask_daemon(*address, requests, limit); },
        .address = address->shown,
        .environment = whole_environment(),
        .json = asked.json,
        .colour = wants_colour(),
        .now = std::chrono::system_clock::now()};
    return opd::run_command(asked.what, around);
}

std::vector<char*> c_strings(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// Only returns if the program cannot be executed. Signals are as the caller left them: nothing here changes one.
int become(opd::successor program) {
    std::vector<char*> argv = c_strings(program.argv);
    std::vector<char*> variables = c_strings(program.environment);
    ::execve(program.path.c_str(), argv.data(), variables.data());
    const int why = errno;
    fmt::print(stderr, "cannot execute {}: {}\n", opd::printable(program.path), std::generic_category().message(why));
    return why == ENOENT ? 127 : 126;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        opd::outcome end = run(argc, argv);
        std::fputs(end.err.c_str(), stderr);
        std::fwrite(end.out.data(), 1, end.out.size(), stdout);
        const bool written = std::fflush(stdout) == 0;
        if (end.becomes) return become(std::move(*end.becomes));
        return written ? end.exit_code : opd::exit_failed;
    } catch (const std::exception& bug) {
        fmt::print(stderr, "operatorctl: internal error: {}\n", bug.what());
        return opd::exit_internal;
    }
}
