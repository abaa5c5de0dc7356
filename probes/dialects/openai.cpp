#include "probes/dialects/openai.hpp"

#include "probes/dialects/id_families.hpp"
#include "probes/dialects/listing_json.hpp"

namespace opd {
namespace {

constexpr std::string_view openai_host = "api.openai.com";
constexpr std::string_view google_host = "generativelanguage.googleapis.com";

/// The hosts whose lists are known well enough to tell models by their ids.
bool is_known_text_id(std::string_view host, std::string_view id) {
    if (host == openai_host) return is_openai_text_id(id);
    return host != google_host || is_gemini_text_id(id);
}

page read(const http_reply& reply, std::string_view, const api_root& root, std::size_t most_models) {
    const bool googles = root.host == google_host || root.version.starts_with("/v1beta");
    return to_page(read_listing(reply, {.strip_models_prefix = googles, .most_models = most_models}),
                   [&](const listed_model& one) { return is_known_text_id(root.host, one.what.id); });
}

route at(std::string target) {
    return {.target = std::move(target), .auth = credential::bearer, .headers = {}, .read = read};
}

/// A base URL without a version may stand for either form; one that ends in `/openai` is more likely to be whole.
std::vector<route> routes(const api_root& root) {
    if (!root.version.empty()) return {at(root.prefix + root.version + "/models")};
    const std::string whole = root.prefix + "/models";
    const std::string versioned = root.prefix + "/v1/models";
    if (root.prefix.ends_with("/openai")) return {at(whole), at(versioned)};
    return {at(versioned), at(whole)};
}

std::vector<follow_up> follow_ups(const api_root&, bool) {
    return {};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& openai_dialect() {
    return speaks;
}

}  // namespace opd
