#include "probes/dialects/anthropic.hpp"

#include "probes/dialects/listing_json.hpp"
#include "probes/dialects/paging.hpp"

namespace opd {
namespace {

page read(const http_reply& reply, std::string_view target, const api_root&, std::size_t most_models) {
    listing list = read_listing(reply, {.most_models = most_models});
    const std::string cursor = list.has_more ? list.last_id : std::string();
    page made = to_page(std::move(list), [](const listed_model&) { return true; });
    made.next = next_page(target, "?limit=1000&after_id=", cursor);
    return made;
}

/// Gateways choose the shape of their list by the headers, and many Anthropic-compatible servers have only the
/// OpenAI-shaped one, so the other routes carry nothing of Anthropic's.
std::vector<route> routes(const api_root& root) {
    return {{.target = root.prefix + "/v1/models?limit=1000",
             .auth = credential::x_api_key,
             .headers = {{"anthropic-version", "2023-06-01"}},
             .read = read},
            {.target = root.prefix + "/v1/models", .auth = credential::bearer, .headers = {}, .read = read},
            {.target = root.prefix + "/models", .auth = credential::bearer, .headers = {}, .read = read}};
}

std::vector<follow_up> follow_ups(const api_root&, bool) {
    return {};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& anthropic_dialect() {
    return speaks;
}

}  // namespace opd
