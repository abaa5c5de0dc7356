// Requests of agents, as any bytes: a refusal, or a body for a server that is JSON, and the same each time.

#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/chat_request.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"
#include "daemon/bridge/wire/token_estimate.hpp"
#include "daemon/bridge/wire/tool_names.hpp"
#include "tests/fuzz/finding.hpp"

#include <boost/json/parse.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace opd::bridge;

namespace {

decoded<turn> read(unsigned which, std::string& body) {
    constexpr std::string_view maker = "0123456789abcdef";
    if (which == 0) return read_anthropic_request(body, maker);
    if (which == 1) return read_responses_request(body, maker);
    return read_gemini_request(body, "m", true, maker);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto asked = read(data[0] % 3U, body);
    if (!asked) {
        if (asked.error().message.empty()) opd::test::report_finding("a refusal says nothing");
        return 0;
    }
    if (!tool_names::of(*asked)) return 0;
    if (estimate_tokens(*asked) == 0) opd::test::report_finding("a turn of no tokens");
    const auto what = static_cast<chat_server::flavour>(data[0] / 3U % 8U);
    const chat_server to{.what = what, .model = "m", .maker = "0123456789abcdef", .context = 4096};
    const std::string made = write_chat_request(*asked, to).body;
    boost::json::error_code error;
    boost::json::parse_options deep;
    deep.max_depth = 400;
    boost::json::parse(made, error, {}, deep);
    if (static_cast<bool>(error)) opd::test::report_finding("a body for the server that is no JSON");
    if (made != write_chat_request(*asked, to).body) opd::test::report_finding("two bodies of one turn");
    return 0;
}
