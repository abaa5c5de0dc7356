#include "daemon/http/guard.hpp"

bool opd::http::is_json_type(std::string_view) { return true; }
