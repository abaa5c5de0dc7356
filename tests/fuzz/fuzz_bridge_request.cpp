// Requests of agents, as any bytes: a refusal, or a body for a server that is JSON, and the same each time.

#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/chat_request.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"
#include "daemon/bridge/wire/token_estimate.hpp"
#include "daemon/bridge/wire/tool_names.hpp"
#include "tests/fuzz/finding.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
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

/// A sentence is shown on a terminal: in one line, and not a book.
void check(const bad_request& why) {
    const bool legible = std::ranges::none_of(why.message, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (why.message.empty() || why.message.size() > 2'000 || !legible)
        opd::test::report_finding("a refusal that nobody can read");
}

bool is_object(std::string_view json) {
    boost::json::error_code error;
    boost::json::parse_options deep;
    deep.max_depth = 400;
    const boost::json::value read = boost::json::parse(json, error, {}, deep);
    return !error && read.is_object();
}

void check(const turn& read) {
    std::size_t parts = 0;
    for (const message& one : read.messages) {
        parts += one.parts.size();
        for (const part& piece : one.parts)
            if (const auto* const call = std::get_if<call_part>(&piece); call != nullptr && !call->custom)
                if (!is_object(call->arguments)) opd::test::report_finding("arguments that are no object");
    }
    if (parts > most_parts) opd::test::report_finding("a conversation of too many parts");
    for (const tool& one : read.tools)
        if (one.name.empty() || (!one.schema.empty() && !is_object(one.schema)))
            opd::test::report_finding("a tool without a name, or a schema that is none");
    for (const std::string& loss : read.losses)
        if (loss.size() > 120) opd::test::report_finding("a loss that is a book");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto asked = read(data[0] % 3U, body);
    if (!asked) {
        check(asked.error());
        return 0;
    }
    check(*asked);
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
