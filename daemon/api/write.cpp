#include "daemon/api/write.hpp"

#include "daemon/api/call.hpp"
#include "daemon/api/decode.hpp"

#include <utility>

namespace opd {

result<precondition, answer> read_condition(const request& asked) {
    auto condition = parse_if_match(asked.if_match);
    if (!condition) return failed(400, "bad_request", condition.error());
    return std::move(*condition);
}

result<write_order, answer> read_write(const request& asked) {
    auto condition = read_condition(asked);
    if (!condition) return condition.error();
    auto members = decode_body(asked.body);
    if (!members) return failed(400, "bad_request", members.error());
    return write_order{.condition = std::move(*condition), .members = std::move(*members)};
}

}  // namespace opd
