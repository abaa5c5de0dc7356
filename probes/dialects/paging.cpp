#include "probes/dialects/paging.hpp"

#include "config/ascii.hpp"

namespace opd {
namespace {

constexpr std::size_t max_cursor_bytes = 2048;

}  // namespace

std::string next_page(std::string_view target, std::string_view query, std::string_view cursor) {
    if (cursor.empty() || cursor.size() > max_cursor_bytes) return {};
    std::string next(target.substr(0, target.find('?')));
    next += query;
    percent_encode(cursor, next);
    return next == target ? std::string() : next;
}

}  // namespace opd
