#include "daemon/http/answer_head.hpp"

void opd::add_security_headers(std::string_view, std::string&) {}
