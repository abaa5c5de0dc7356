
#include "client/service/service.hpp"
#include "client/system.hpp"
#include "client/text.hpp"
#include "config/base/ascii.hpp"
#include "config/base/spawn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace opd {
namespace {

constexpr std::string_view installed_program = "\nExecStart=/usr/bin/operatord\n";
constexpr std::string_view exec_start = "\nExecStart=";
constexpr std::size_t most_bytes = std::size_t{64} << 10;
constexpr mode_t readable_for_all = 0644;

bool is_plain(char c) {
    constexpr std::string_view others = "/.-_+@,";
    return is_alphanumeric(c) || others.find(c) != others.npos || static_cast<unsigned char>(c) >= 0x80;
}

/// As systemd.service(5) wants a path: `%` would begin a specifier.
std::string unit_word(std::string_view path) {
    std::string word;
    for (const char c : path) {
        if (c == '%') word += '%';
        if (c == '"' || c == '\\') word += '\\';
        word += c;
    }
    return std::ranges::all_of(path, is_plain) ? word : '"' + word + '"';
}

/// What unit_word() has made.
std::string path_in(std::string_view word) {
    if (word.size() > 1 && word.starts_with('"') && word.ends_with('"')) word = word.substr(1, word.size() - 2);
    std::string path;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if ((word[i] == '\\' || word.substr(i).starts_with("%%")) && i + 1 < word.size()) ++i;
        path += word[i];
    }
    return path;
}

}  // namespace

result<std::string> service_unit_for(std::string_view program) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(program, is_control))
        return problem(fmt::format("a unit cannot name {}", printable(program)), "move it to a folder without");
    std::string text = fmt::format("{}{}", unit_mark, service_unit_text);
    text.replace(text.find(installed_program), installed_program.size(),
                 fmt::format("{}{}\n", exec_start, unit_word(program)));
    return text;
}

std::string socket_unit() { return fmt::format("{}{}", unit_mark, socket_unit_text); }

std::string program_of_unit(std::string_view text) {
    const std::size_t at = text.find(exec_start);
    if (at == text.npos) return {};
    text.remove_prefix(at + exec_start.size());
    return path_in(text.substr(0, text.find('\n')));
}

result<std::filesystem::path> unit_folder(const environment& variables) {
    const std::string base = folder_of(variables, "XDG_CONFIG_HOME", "/.config");
    if (base.empty()) return problem("neither XDG_CONFIG_HOME nor HOME is set to an absolute path", "set HOME");
    return std::filesystem::path(base) / "systemd" / "user";
}

std::vector<std::filesystem::path> package_unit_folders(const environment& variables) {
    std::vector<std::string> bases;
    if (std::string own = folder_of(variables, "XDG_DATA_HOME", "/.local/share"); !own.empty()) bases.push_back(own);
    const std::string more = value_in(variables, "XDG_DATA_DIRS").value_or("");
    for (std::string_view rest = more; !rest.empty();) {
        const std::string_view base = next_part(rest, ':');
        if (base.starts_with('/')) bases.emplace_back(base);
    }
    bases.insert(bases.end(), {"/etc", "/usr/local/lib", "/usr/lib"});
    std::vector<std::filesystem::path> out;
    for (const std::string& base : bases) out.push_back(std::filesystem::path(base) / "systemd" / "user");
    return out;
}

unit_file read_unit(std::filesystem::path path) {
    unit_file out{.path = std::move(path)};
    if (auto text = read_file(out.path, most_bytes)) out.text = std::move(*text);
    return out;
}

std::optional<unit_file> packaged_service(const environment& variables) {
    for (const auto& folder : package_unit_folders(variables)) {
        unit_file found = read_unit(folder / service_name);
        if (found.text) return found;
    }
    return std::nullopt;
}

result<std::vector<unit_file>> own_units(const environment& variables) {
    const auto folder = unit_folder(variables);
    if (!folder) return folder.error();
    return std::vector<unit_file>{read_unit(*folder / service_name), read_unit(*folder / socket_name)};
}

result<void> write_unit(const std::filesystem::path& path, std::string_view text) {
    if (const auto made = make_folders(path.parent_path()); !made)
        return problem(fmt::format("cannot make {}: {}", printable(path.parent_path().string()), words(made.error())),
                       {});
    return write_file(path, text, {.mode = readable_for_all, .replace = true});
}

result<std::string> program_beside(const std::string& operatorctl) {
    const auto folder = std::filesystem::path(operatorctl).parent_path();
    std::string program = (folder / "operatord").string();
    if (is_program(program)) return program;
    return problem(fmt::format("there is no operatord in {}, where this operatorctl is", printable(folder.string())),
                   "put both into one folder: cmake --install build --prefix ~/.local");
}

}  // namespace opd
