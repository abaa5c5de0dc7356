#include "daemon/loop/log.hpp"

std::string opd::log_text(std::string_view message) {
    return std::string(message);
}
