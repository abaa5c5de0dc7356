#include "probes/dialects/lmstudio.hpp"

#include "probes/dialects/listing_json.hpp"

#include <array>

namespace opd {
namespace {

page read(const http_reply& reply, std::string_view, const api_root&, std::size_t most_models) {
    return to_page(read_listing(reply, {.most_models = most_models}), [](const listed_model&) { return true; });
}

std::vector<route> routes(const api_root& root) {
    constexpr std::array<std::string_view, 3> places{"/api/v1/models", "/api/v0/models", "/v1/models"};
    std::vector<route> all;
    for (const std::string_view place : places) {
        all.push_back(
            {.target = root.prefix + std::string(place), .auth = credential::bearer, .headers = {}, .read = read});
    }
    return all;
}

std::vector<follow_up> follow_ups(const api_root&, bool) {
    return {};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& lmstudio_dialect() {
    return speaks;
}

}  // namespace opd
