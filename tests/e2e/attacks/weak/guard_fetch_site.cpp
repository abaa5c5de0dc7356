#include "daemon/http/guard.hpp"

bool opd::is_foreign_fetch(std::string_view) {
    return false;
}
