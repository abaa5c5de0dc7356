#include "daemon/api/answers.hpp"

#include <fmt/format.h>

#include <vector>

namespace opd::api {
namespace {

wire::answer unknown_kind(std::string_view slug) {
    std::vector<std::string_view> slugs;
    for (const kind& one : kinds()) slugs.push_back(one.slug);
    return refused(no_such("kind of model server", slug, slugs, "kinds"));
}

/// The answer for a kind that cannot be asked before somebody declares a server of it.
wire::document_ptr undeclared_answer(const kind& wanted) {
    state::server_state nobody;
    nobody.status = probe_status::disabled;
    nobody.error = fmt::format("no {} server is declared", wanted.slug);
    nobody.hint = fmt::format(
        "declare one in operator.toml: [[model_servers]] with a name, kind = \"{}\" and its base_url", wanted.slug);
    return encode_models_answer(wanted.slug, nobody, encode_models({}));
}

}  // namespace

wire::answer list_kinds(api_services, const call&) {
    static const wire::document_ptr catalog = wire::make_document(encode_kinds());
    return ok(catalog);
}

preparation before_models_of_kind(api_services services, const call& called) {
    const kind* wanted = find_kind(called.parameters[0]);
    const state::server_entry_ptr entry = wanted == nullptr ? nullptr : services.servers.find_by_kind(*wanted);
    return entry ? before_models(services, called, entry) : std::nullopt;
}

wire::answer get_models_of_kind(api_services services, const call& called) {
    const std::string& slug = called.parameters[0];
    const kind* wanted = find_kind(slug);
    if (wanted == nullptr) return unknown_kind(slug);
    const state::server_entry_ptr entry = services.servers.find_by_kind(*wanted);
    return models_answer(called, entry ? services.answers.models_of_kind(*entry) : undeclared_answer(*wanted));
}

}  // namespace opd::api
