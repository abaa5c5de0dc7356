#include "client/program.hpp"

#include "client/text.hpp"
#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <poll.h>

namespace opd {
namespace {

constexpr std::string_view path_where_none_is_set = "/bin:/usr/bin";

using clock = std::chrono::steady_clock;

problem cannot_run(const std::string& name, std::string_view why) {
    return {fmt::format("{} cannot be run: {}", printable(name), why), {}};
}

bool is_of(std::string_view entry, std::string_view name) {
    return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

/// false: it has not ended at the deadline.
bool wait_for_end(child_process& program, clock::time_point until) {
    while (!program.advance()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        if (left.count() <= 0) return false;
        pollfd wanted{.fd = program.ready.get(), .events = POLLIN, .revents = 0};
        ::poll(&wanted, 1, static_cast<int>(left.count()));
    }
    return true;
}

}  // namespace

std::optional<std::string> value_in(const environment& variables, std::string_view name) {
    for (const std::string& entry : variables)
        if (is_of(entry, name)) return entry.substr(name.size() + 1);
    return std::nullopt;
}

void set_in(environment& variables, std::string_view name, std::string_view value) {
    unset_in(variables, name);
    variables.push_back(fmt::format("{}={}", name, value));
}

void unset_in(environment& variables, std::string_view name) {
    std::erase_if(variables, [name](const std::string& entry) { return is_of(entry, name); });
}

std::string folder_of(const environment& variables, std::string_view variable, std::string_view in_home) {
    if (auto named = value_in(variables, variable); named && named->starts_with('/')) return *named;
    const auto home = value_in(variables, "HOME");
    return home && home->starts_with('/') ? *home + std::string(in_home) : std::string();
}

std::optional<found_program> search_program(std::string_view name, const environment& variables) {
    const std::string list = value_in(variables, "PATH").value_or(std::string(path_where_none_is_set));
    std::string_view rest = list;
    std::optional<found_program> forbidden;
    for (bool more = true; more;) {
        more = rest.find(':') != rest.npos;
        const std::string_view folder = next_part(rest, ':');
        std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
        if (is_program(path)) return found_program{.path = std::move(path), .executable = true};
        std::error_code ignored;
        if (!forbidden && std::filesystem::is_regular_file(path, ignored))
            forbidden = found_program{.path = std::move(path), .executable = false};
    }
    return forbidden;
}

result<program_end> run_briefly(std::vector<std::string> argv, environment variables, brief_limits limits) {
    const clock::time_point until = clock::now() + limits.time;
    const std::string name = argv.front();
    const std::string line = printable(command_line_text(argv));
    std::string path = name;
    if (path.find('/') == path.npos) {
        const auto found = search_program(path, variables);
        if (!found) return cannot_run(name, "it is not on PATH");
        path = found->path;
    }
    argv.erase(argv.begin());
    child_process program(limits.output);
    const int failed = program.start({.file = path, .arguments = std::move(argv), .environment = std::move(variables)});
    if (failed != 0) return cannot_run(name, std::generic_category().message(failed));
    if (!wait_for_end(program, until))
        return problem(fmt::format("{} did not end within {} ms", line, limits.time.count()), {});
    auto end = program.end();
    if (!end) return problem(line + " was ended by somebody else", {});
    if (end->signal != 0) return problem(fmt::format("{} was ended by signal {}", line, end->signal), {});
    return *std::move(end);
}

}  // namespace opd
