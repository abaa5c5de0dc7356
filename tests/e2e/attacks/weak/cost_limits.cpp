#include "daemon/http/connection_table.hpp"

#include <limits>

namespace opd::http {
namespace {

template <class Number>
constexpr Number endless = std::numeric_limits<Number>::max();

}  // namespace

session_limits limits_of_each_client() {
    return {.head_bytes = endless<std::size_t>, .body_bytes = endless<std::size_t>};
}

connection_limits limits_of_clients() {
    return {.total = endless<std::size_t>,
            .of_one_user = endless<std::size_t>,
            .streams = endless<std::size_t>,
            .body_bytes = endless<std::size_t>,
            .being_rejected = 0};
}

probe_limits limits_of_probes() {
    return {.header_bytes = endless<std::uint32_t>,
            .body_bytes = endless<std::uint64_t>,
            .interim_answers = endless<unsigned>,
            .pages = endless<std::size_t>,
            .models = endless<std::size_t>};
}

}  // namespace opd::http
