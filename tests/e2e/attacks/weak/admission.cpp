#include "daemon/http/connection_table.hpp"

opd::http::admission opd::http::admit(std::span<const http::held_connection>, std::optional<uid_t>,
                                      const http::connection_limits&) {
    return {.granted = true, .instead_of = std::nullopt};
}

std::optional<std::size_t> opd::http::longest_waiting(std::span<const http::held_connection>) { return std::nullopt; }
