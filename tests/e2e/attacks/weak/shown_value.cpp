#include "daemon/wire/document.hpp"

std::string_view opd::wire::shown_value(std::string_view value, bool) { return value; }
