// Any bytes as what a model server answers, to a whole probe in each dialect. A first byte below a blank chooses one
// dialect and a status for all answers, and is no part of them; any other input, such as a recorded answer, is a good
// answer in every dialect. Half of what is left is the second page, where there is a NUL in it.
//
// Whatever comes is one report: a list of bounded size with clean names, or one status with one clean line each of
// error and hint. The key is in none of it.

#include "config/base/utf8.hpp"
#include "probes/key_policy.hpp"
#include "probes/prober.hpp"
#include "tests/fuzz/finding.hpp"
#include "tests/probes/run_coroutine.hpp"
#include "tests/support/answering_connection.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

using namespace opd;
using opd::test::report_finding;

namespace {

constexpr std::string_view key = "sk-lab-Zq7Wm4Xr9Bt2Lk6Pd1Vn8";
constexpr std::size_t longest_line = 2048;
constexpr std::array<std::string_view, 7> slugs{"anthropic-api", "openai-api",    "google-api", "ollama",
                                                "openrouter",    "openai-compat", "lmstudio"};
constexpr std::array<unsigned, 5> statuses{200, 302, 401, 429, 503};

class scripted_connection final : public test::answering_connection {
public:
    scripted_connection(std::string_view bytes, unsigned status) : bytes_(bytes), status_(status) {}

    boost::asio::awaitable<result<http_reply, failure>> answer(const http_request& request) override {
        if (find_invalid_utf8(request.target) != std::string::npos || has_control(request.target) ||
            request.target.find(' ') != std::string::npos || !request.target.starts_with('/')) {
            report_finding("a request for " + request.target);
        }
        http_reply reply;
        reply.status = status_;
        const std::size_t end = asked_++ == 0 ? bytes_.find('\0') : bytes_.npos;
        reply.body = bytes_.substr(0, end);
        reply.location = reply.body.substr(0, 200);
        reply.content_encoding = status_ == 302 ? "gzip" : "";
        reply.rate_limit_headers = {{"retry-after", reply.body.substr(0, 30)}};
        if (end != bytes_.npos) bytes_.remove_prefix(end + 1);
        co_return reply;
    }

private:
    std::string_view bytes_;
    unsigned status_;
    int asked_ = 0;
};

class scripted_transport final : public http_transport {
public:
    scripted_transport(std::string_view bytes, unsigned status) : bytes_(bytes), status_(status) {}

    std::unique_ptr<http_connection> open(http_peer, http_patience) override {
        return std::make_unique<scripted_connection>(bytes_, status_);
    }

private:
    std::string_view bytes_;
    unsigned status_;
};

void check_text(std::string_view what, std::string_view text, std::size_t longest) {
    for (std::size_t at = 0; at + 8 <= key.size(); ++at)
        if (text.find(key.substr(at, 8)) != text.npos) report_finding(fmt::format("the key is in {}: {}", what, text));
    if (text.empty() || text.size() > longest || legible(text) != text || has_control(text))
        report_finding(fmt::format("{} of {} bytes: {}", what, text.size(), text));
}

void check_report(const report& got, const probe_limits& limits) {
    if (got.status != probe_status::ok) {
        if (!got.models.empty()) report_finding("models of a server that failed");
        check_text("an error", got.error, longest_line);
        check_text("a hint", got.hint, longest_line);
        if (got.retry_after && (got.retry_after->count() < 0 || *got.retry_after > std::chrono::hours(1)))
            report_finding("a wait without end");
        return;
    }
    if (got.models.size() > limits.models) report_finding("more models than are wanted");
    std::unordered_set<std::string_view> ids;
    for (const model& one : got.models) {
        check_text("an id", one.id, 512);
        check_text("a name", one.display_name, 512);
        if (!ids.insert(one.id).second) report_finding("a model comes twice: " + one.id);
        if (one.context_length == 0U || one.max_output_tokens == 0U) report_finding("a model of no tokens");
        if (one.context_length && one.max_output_tokens && *one.max_output_tokens > *one.context_length)
            report_finding("an answer longer than the window");
    }
}

void probe_with(std::string_view slug, std::string_view bytes, unsigned status) {
    probe_order order;
    order.server.name = "lab";
    order.server.kind = find_kind(slug);
    order.server.base_url = "https://lab.example/v1";
    order.server.api_key_env = "LAB_KEY";
    order.root = *resolve_base_url(*order.server.kind, *order.server.base_url);
    order.key = secret(key);
    order.timeout = std::chrono::seconds(60);
    order.limits = {.pages = 3, .models = 100};
    scripted_transport transport(bytes, status);
    boost::asio::io_context io;
    check_report(test::run_coroutine(io, probe(transport, order)), order.limits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (!bytes.empty() && data[0] < 0x20 && data[0] != '\n' && data[0] != '\t') {
        bytes.remove_prefix(1);
        probe_with(slugs.at(data[0] % slugs.size()), bytes, statuses.at(data[0] / slugs.size()));
        return 0;
    }
    for (const std::string_view slug : slugs) probe_with(slug, bytes, 200);
    return 0;
}
