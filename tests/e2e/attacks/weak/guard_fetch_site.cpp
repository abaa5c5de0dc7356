#include "daemon/http/guard.hpp"

bool opd::http::is_foreign_fetch(std::string_view) { return false; }
