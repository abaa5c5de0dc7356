#include "daemon/loop/log.hpp"

std::string opd::loop::log_text(std::string_view message) { return std::string(message); }
