#include "client/commands/common.hpp"
#include "client/system.hpp"
#include "client/text.hpp"
#include "config/base/paths.hpp"
#include "config/base/spawn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

namespace {

std::vector<std::string> whole_environment() {
    std::vector<std::string> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) out.emplace_back(*entry);
    return out;
}

opd::result<opd::daemon_address> find_daemon(const opd::invocation& asked) {
    if (asked.url) return opd::url_address(*asked.url);
    if (asked.socket) return opd::socket_address(*asked.socket);
    const auto socket = opd::default_socket(opd::own_variable);
    if (!socket && opd::needs_socket(asked.what)) return socket.error();
    if (!socket) return opd::fallback_address({});
    if (opd::needs_socket(asked.what)) return opd::socket_address(socket->string());
    // Where the socket cannot even be looked for, connecting to it tells why.
    std::error_code error;
    if (std::filesystem::exists(*socket, error) || error) return opd::socket_address(socket->string());
    return opd::fallback_address(socket->string());
}

/// Where the daemon's socket is or should be; empty: it is asked over TCP, or there is no place for one.
std::string socket_of(const opd::invocation& asked) {
    if (asked.url) return {};
    if (asked.socket) return *asked.socket;
    const auto socket = opd::default_socket(opd::own_variable);
    return socket ? socket->string() : std::string();
}

std::string own_path() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

/// Only for an address that the user has named.
opd::result<opd::secret> find_token(const opd::invocation& asked) {
    const auto file = asked.token_file ? asked.token_file : opd::own_variable("OPERATOR_TOKEN_FILE");
    if (!asked.url || !file || file->empty()) return opd::secret();
    return opd::read_token(*file);
}

bool wants_colour() {
    const auto no_colour = opd::own_variable("NO_COLOR");
    return ::isatty(STDOUT_FILENO) != 0 && (!no_colour || no_colour->empty());
}

opd::outcome run(int argc, const char* const* argv) {
    const auto parsed = opd::parse_command_line(argc, argv);
    if (const auto* done = std::get_if<opd::outcome>(&parsed)) return *done;
    const auto& asked = std::get<opd::invocation>(parsed);
    const auto address = find_daemon(asked);
    if (!address)
        return {.err = fmt::format("operatorctl: {}\n", address.error().sentence()),
                .exit_code = asked.url ? opd::exit_usage : opd::exit_unavailable};
    const auto token = find_token(asked);
    if (!token)
        return {.err = fmt::format("operatorctl: {}\n", token.error().sentence()), .exit_code = opd::exit_permission};
    // An agent is not to be kept from its user by a daemon that starts anew at this moment.
    const std::chrono::seconds patience(std::holds_alternative<opd::command::launch>(asked.what) ? 1 : 0);
    const opd::command_context context{
        .ask = [&](const auto& requests,
                   auto limit) { return opd::ask_daemon(*address, requests, limit, *token, patience); },
        .address = address->shown,
        .environment = whole_environment(),
        .json = asked.json,
        .colour = wants_colour(),
        .now = std::chrono::system_clock::now(),
        .program = own_path(),
        .socket_path = socket_of(asked),
        .named_by_the_user = asked.url || asked.socket};
    return opd::run_command(asked.what, context);
}

/// errno, where the program cannot be executed.
int execute(const std::string& path, std::vector<std::string>& words, std::vector<std::string>& environment) {
    std::vector<char*> argv = opd::c_strings(words);
    std::vector<char*> variables = opd::c_strings(environment);
    ::execve(path.c_str(), argv.data(), variables.data());
    return errno;
}

/// Only returns if the program cannot be executed. Signals are as the caller left them: nothing here changes one.
int become(opd::successor program) {
    int why = execute(program.path, program.argv, program.environment);
    if (why == ENOEXEC) {
        // A script that names no interpreter: every shell runs it with sh, and so does execvp(3).
        program.argv.front() = program.path;
        program.argv.insert(program.argv.begin(), "/bin/sh");
        why = execute("/bin/sh", program.argv, program.environment);
    }
    const std::string interpreter = why == ENOENT ? opd::interpreter_of(program.path) : std::string();
    fmt::print(stderr, "cannot execute {}: {}\n", opd::printable(program.path),
               interpreter.empty() ? std::generic_category().message(why)
                                   : fmt::format("its interpreter {} is not there", opd::printable(interpreter)));
    return why == ENOENT ? 127 : 126;
}

}  // namespace

int main(int argc, char** argv) {
    // It holds keys for a moment; execve(2) makes the agent dumpable again.
    ::prctl(PR_SET_DUMPABLE, 0);
    try {
        opd::outcome end = run(argc, argv);
        // Most of it has been made printable where it was put together; here is no way around it.
        std::fputs(opd::printable_lines(end.err).c_str(), stderr);
        std::fwrite(end.out.data(), 1, end.out.size(), stdout);
        const bool written = std::fflush(stdout) == 0;
        if (end.becomes) return become(std::move(*end.becomes));
        return written ? end.exit_code : opd::exit_failed;
    } catch (const std::exception& bug) {
        fmt::print(stderr, "operatorctl: internal error: {}\n", bug.what());
        return opd::exit_internal;
    }
}
