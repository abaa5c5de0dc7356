// Answers of servers, as any bytes in any pieces: one end, and streams for the agents that keep to their grammar.

#include "daemon/bridge/wire/chat_stream.hpp"
#include "daemon/bridge/wire/upstream_fault.hpp"
#include "tests/daemon/bridge/wire/grammar.hpp"
#include "tests/fuzz/finding.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace opd::bridge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = data[0] + 1U;
    chat_reader reader("s");
    deltas all;
    for (std::size_t at = 0; at < stream.size(); at += piece) reader.take(stream.substr(at, piece), all);
    reader.end(all);
    if (all.empty()) opd::test::report_finding("no end");
    for (std::size_t i = 0; i + 1 < all.size(); ++i)
        if (std::holds_alternative<delta_of::stop>(all[i]) || std::holds_alternative<fault>(all[i]))
            opd::test::report_finding("something behind the end");
    const answer_context context{.model = "m", .id = "a", .maker = "0"};
    for (const agent_protocol& as : agent_protocols)
        if (const std::string wrong = as.fault_in(written(as, all, context)); !wrong.empty())
            opd::test::report_finding(wrong);
    read_upstream_error(data[0] * 3U, stream);
    return 0;
}
