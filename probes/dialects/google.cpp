#include "probes/dialects/google.hpp"

#include "probes/dialects/id_families.hpp"
#include "probes/dialects/listing_json.hpp"
#include "probes/dialects/paging.hpp"

namespace opd {
namespace {

bool is_text(const listed_model& one) {
    return one.generates.value_or(true) && is_gemini_text_id(one.what.id);
}

page read(const http_reply& reply, std::string_view target, const api_root&, std::size_t most_models) {
    listing list = read_listing(
        reply, {.empty_object_is_empty_list = true, .strip_models_prefix = true, .most_models = most_models});
    const std::string cursor = std::move(list.next_page_token);
    page made = to_page(std::move(list), is_text);
    made.next = next_page(target, "?pageSize=1000&pageToken=", cursor);
    return made;
}

std::vector<route> routes(const api_root& root) {
    return {{.target = root.prefix + "/v1beta/models?pageSize=1000",
             .auth = credential::x_goog_api_key,
             .headers = {},
             .read = read}};
}

std::vector<follow_up> follow_ups(const api_root&, bool) {
    return {};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& google_dialect() {
    return speaks;
}

}  // namespace opd
