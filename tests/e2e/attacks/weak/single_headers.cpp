#include "daemon/http/request_head.hpp"

std::string_view opd::find_repeated_header(std::span<const header_field>) {
    return {};
}
