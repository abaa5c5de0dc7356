#pragma once

#include "config/disk/config_file.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd::test {

inline std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline struct stat facts_of(const std::filesystem::path& file) {
    struct stat facts{};
    CHECK(::stat(file.c_str(), &facts) == 0);
    return facts;
}

inline unsigned mode_of(const std::filesystem::path& file) { return facts_of(file).st_mode & 07777U; }

inline config_text existing(std::string_view text) { return {.text = std::string(text), .exists = true}; }

/// The names in a folder, in order.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// `done`, `changed meanwhile`, or the problem and its advice.
inline std::string outcome(const result<replaced>& made) {
    if (!made) return made.error().message + "\n" + made.error().hint;
    return *made == replaced::done ? "done" : "changed meanwhile";
}

inline std::string replace(const std::filesystem::path& file, std::string_view expected, std::string_view text) {
    return outcome(replace_config_file(file, existing(expected), text));
}

inline std::string create(const std::filesystem::path& file, std::string_view text) {
    return outcome(replace_config_file(file, config_text(), text));
}

/// As an editor does: a new file is renamed over the old one.
inline void rename_over(const std::filesystem::path& file, std::string_view text) {
    const std::filesystem::path beside = file.string() + ".editor";
    std::ofstream(beside, std::ios::binary) << text;
    std::filesystem::rename(beside, file);
}

/// As `>>` of a shell does.
inline void append(const std::filesystem::path& file, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(descriptor);
}

}  // namespace opd::test
