#include "daemon/http/nameless_uid.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace opd {
namespace {

std::string read_file(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<uid_t> nameless_uid() {
    return nameless_uid(read_file("/proc/self/uid_map"), read_file("/proc/sys/kernel/overflowuid"));
}

std::optional<uid_t> nameless_uid(std::string_view uid_map, std::string_view overflow_uid) {
    std::istringstream map{std::string(uid_map)};
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    constexpr std::uint64_t all = 0xffffffff;
    if (map >> inside >> outside >> count && inside == 0 && count == all) return std::nullopt;
    uid_t uid = 65534;  // the kernel's own default
    std::istringstream(std::string(overflow_uid)) >> uid;
    return uid;
}

}  // namespace opd
