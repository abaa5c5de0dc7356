#include "daemon/state/server_state.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace opd;
using namespace opd::state;

namespace {

/// The base URL that codex gets after a good probe.
std::string api_after(std::string_view slug, std::string_view base, bool unversioned, bool lmstudio) {
    server_state before{.server = {.name = "lab", .kind = find_kind(slug)}};
    before.root = *resolve_base_url(*before.server.kind, base);
    report found{.status = probe_status::ok};
    found.unversioned = unversioned;
    found.lmstudio = lmstudio;
    const server_state after = after_probe(std::move(before), std::move(found), wall_time());
    return agent_base_url(*after.server.kind, after.api());
}

}  // namespace

TEST_CASE("the API is where the list was found") {
    CHECK(api_after("openai-compat", "http://h:1/api", false, false) == "http://h:1/api/v1");
    CHECK(api_after("openai-compat", "http://h:1/api", true, false) == "http://h:1/api");
    CHECK(api_after("openai-compat", "http://h:1", true, false) == "http://h:1");
    CHECK(api_after("openai-compat", "http://h:1/v1-openai", true, false) == "http://h:1/v1-openai");
    // LM Studio's own list stands beside the API.
    CHECK(api_after("openai-compat", "http://h:1/api/v1", false, true) == "http://h:1/v1");
    CHECK(api_after("openai-compat", "http://h:1/x/api/v0", false, true) == "http://h:1/x/v1");
    CHECK(api_after("openai-compat", "http://h:1/v1", false, true) == "http://h:1/v1");
    CHECK(api_after("lmstudio", "http://h:1", false, true) == "http://h:1/v1");
}

TEST_CASE("where the list was is known until the next good probe") {
    server_state state{.server = {.name = "lab", .kind = find_kind("openai-compat")}};
    state.root = *resolve_base_url(*state.server.kind, "http://h:1");
    report good{.status = probe_status::ok};
    good.unversioned = true;
    state = after_probe(std::move(state), std::move(good), wall_time());
    state = after_probe(std::move(state), {.status = probe_status::refused}, wall_time());
    CHECK(state.api().unversioned);
    CHECK_FALSE(state.root.unversioned);
    state = after_probe(std::move(state), {.status = probe_status::ok}, wall_time());
    CHECK(state.api() == state.root);
}
