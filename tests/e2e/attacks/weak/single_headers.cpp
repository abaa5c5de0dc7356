#include "daemon/http/request_head.hpp"

std::string_view opd::http::find_repeated_header(std::span<const http::header_field>) { return {}; }
