#include "daemon/api/request_checks.hpp"

std::optional<opd::answer> opd::refuse_without_token(const request&, const secret*) {
    return std::nullopt;
}

std::optional<opd::answer> opd::refuse_unless_local(const request&) {
    return std::nullopt;
}
