#include "client/system.hpp"

#include "client/text.hpp"
#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

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

problem cannot_write(const std::filesystem::path& path, std::errc why) {
    return {fmt::format("cannot write {}: {}", printable(path.string()), words(why)), {}};
}

/// A folder, a pipe, a device or a link (/dev/stdout is one): nothing that a text could take the place of.
bool is_something_else(const std::filesystem::path& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

constexpr std::size_t longest_token_file = 4096;

problem unusable(const std::string& file, std::string_view why) {
    return {fmt::format("the token file {} {}", printable(file), why),
            "copy the one that the log of that operatord names"};
}

/// What may stand in a header (RFC 6750 2.1).
bool is_token(std::string_view text) {
    const auto fits = [](unsigned char c) { return c > ' ' && c < 0x7f; };
    return !text.empty() && std::ranges::all_of(text, fits);
}

}  // namespace

std::string interpreter_of(const std::string& path) {
    constexpr std::size_t most = 256;  // as the kernel reads
    std::string line(most, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(line.data(), most);
    line.resize(static_cast<std::size_t>(file.gcount()));
    if (!line.starts_with("#!")) return {};
    line = line.substr(2, line.find('\n') - 2);
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    return line.substr(0, line.find_first_of(" \t\r"));
}

std::string home_of(const environment& variables) {
    std::string home = value_in(variables, "HOME").value_or("");
    if (!home.empty()) return home;
    const passwd* const account = ::getpwuid(::geteuid());
    return account != nullptr && account->pw_dir != nullptr ? account->pw_dir : std::string();
}

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

result<void> write_file(const std::filesystem::path& path, std::string_view text, write_options how) {
    const std::string folder_name = path.has_parent_path() ? path.parent_path().string() : ".";
    const std::string name = path.filename().string();
    if (name.empty() && !path.has_parent_path()) return problem{"the file to write has no name", "name one"};
    if (name.empty() || is_something_else(path))
        return problem{fmt::format("cannot write {}: it is not a regular file", printable(path.string())),
                       "remove it, or choose another name"};
    const file_handle folder(::open(folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return cannot_write(path, last_error());
    // Others may be writing the same file.
    auto temporary = temporary_file::write(folder.get(), fmt::format(".{}.{}", name, ::getpid()), text);
    if (!temporary) return cannot_write(path, temporary.error());
    struct stat kept{};
    if (::fchmod(temporary->descriptor(), how.mode) != 0 || ::fstat(temporary->descriptor(), &kept) != 0)
        return cannot_write(path, last_error());
    if ((kept.st_mode & ~how.mode & 0077U) != 0)
        return problem{fmt::format("cannot write {}: others could read it, since the file system keeps no modes",
                                   printable(path.string())),
                       "choose a folder on another one"};
    if (how.replace) {
        if (::renameat(folder.get(), temporary->name().c_str(), folder.get(), name.c_str()) != 0)
            return cannot_write(path, last_error());
    } else {
        const auto published = temporary->publish(name);
        if (!published) return cannot_write(path, published.error());
        if (!*published)
            return problem{fmt::format("{} exists already", printable(path.string())), "--force replaces it"};
    }
    return {};
}

disk_result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
    const file_handle handle(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!handle) return last_error();
    return read_whole(handle.get(), most);
}

result<secret> read_token(const std::string& file) {
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    auto text = handle ? read_whole(handle.get(), longest_token_file) : disk_result<std::string>(last_error());
    if (!text) return unusable(file, fmt::format("cannot be read: {}", words(text.error())));
    const std::size_t size = text->ends_with('\n') ? text->size() - 1 : text->size();
    const std::string_view line = std::string_view(*text).substr(0, size);
    const bool fits = is_token(line);
    secret token(line);
    wipe(*text);
    if (!fits) return unusable(file, "is not a token in one line");
    return token;
}

}  // namespace opd
