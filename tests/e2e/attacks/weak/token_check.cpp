#include "daemon/api/answers.hpp"

std::optional<opd::wire::answer> opd::api::refuse_without_token(const wire::request&, const secret*) {
    return std::nullopt;
}

std::optional<opd::wire::answer> opd::api::refuse_unless_local(const wire::request&) { return std::nullopt; }
