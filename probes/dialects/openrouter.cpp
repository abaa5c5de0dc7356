#include "probes/dialects/openrouter.hpp"

#include "probes/dialects/listing_json.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

page read(const http_reply& reply, std::string_view, const api_root&, std::size_t most_models) {
    return to_page(read_listing(reply, {.most_models = most_models}), [](const listed_model&) { return true; });
}

/// Where the API may begin, best first.
std::vector<std::string> bases(const api_root& root) {
    if (!root.version.empty()) return {root.prefix + root.version};
    if (root.prefix.ends_with("/api")) return {root.prefix + "/v1"};
    return {root.prefix + "/api/v1", root.prefix + "/v1"};
}

std::vector<route> routes(const api_root& root) {
    std::vector<route> all;
    for (const std::string& base : bases(root)) {
        all.push_back({.target = base + "/models", .auth = credential::bearer, .headers = {}, .read = read});
    }
    return all;
}

void apply_key(const http_reply& reply, report& listed) {
    if (reply.status != 401 && reply.status != 403) return;
    listed.status = probe_status::auth_failed;
    listed.models.clear();
    listed.error = fmt::format("the list is open, but the server does not accept the key ({})", reply.status);
    listed.hint = "check the variable that holds the key";
}

std::vector<follow_up> follow_ups(const api_root& root, bool has_key) {
    if (!has_key) return {};
    return {{.target = bases(root).front() + "/key", .auth = credential::bearer, .apply = apply_key}};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& openrouter_dialect() {
    return speaks;
}

}  // namespace opd
