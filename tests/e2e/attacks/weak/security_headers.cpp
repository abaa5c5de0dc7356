#include "daemon/http/answer_head.hpp"

void opd::http::add_security_headers(std::string_view, std::string&) {}
