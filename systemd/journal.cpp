#include "systemd/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <sys/stat.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace opd::systemd {

bool is_journal(int descriptor, const char* journal_stream) {
    struct stat found{};
    if (journal_stream == nullptr || ::fstat(descriptor, &found) != 0) return false;
    return fmt::format("{}:{}", found.st_dev, found.st_ino) == journal_stream;
}

std::string unit_in(std::string_view cgroup) {
    while (!cgroup.empty()) {
        const std::string_view line = cgroup.substr(0, cgroup.find('\n'));
        cgroup.remove_prefix(std::min(line.size() + 1, cgroup.size()));
        const bool is_systemds = line.starts_with("0::") || line.find(":name=systemd:") != std::string_view::npos;
        const std::string_view last = line.substr(line.rfind('/') + 1);
        if (is_systemds && last.ends_with(".service")) return std::string(last);
    }
    return {};
}

bool send_to_journal(std::span<const journal_field> fields) {
    std::vector<std::string> texts;
    texts.reserve(fields.size());
    std::vector<iovec> parts;
    for (const auto& [name, value] : fields) {
        std::string& text = texts.emplace_back(fmt::format("{}={}", name, value));
        parts.push_back({.iov_base = text.data(), .iov_len = text.size()});
    }
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace opd::systemd
