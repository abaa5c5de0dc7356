#include "daemon/api/local_only.hpp"

std::optional<opd::answer> opd::refuse_unless_local(const request&) {
    return std::nullopt;
}
