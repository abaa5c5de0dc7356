#include "config/base/secret.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/json_reader.hpp"
#include "config/model/field_rules.hpp"
#include "daemon/api/answers.hpp"
#include "probes/key_policy.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <map>
#include <new>

namespace json = boost::json;

namespace opd::api {
namespace {

/// Memory for JSON that holds a secret: it is wiped when it is given back. As Boost.JSON's own resource does it, it
/// asks for no more than the usual alignment, and does not give the same one back that it has asked for.
class wiped_memory final : public json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override { return ::operator new(bytes); }

    void do_deallocate(void* memory, std::size_t bytes, std::size_t) override {
        wipe(memory, bytes);
        ::operator delete(memory);
    }

    bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

/// The listed servers that use a key, in their order.
using key_users = std::vector<const state::server_state*>;

using users_by_name = std::map<std::string, key_users, std::less<>>;

/// Every key that a listed server uses or that is at hand, and who uses it.
users_by_name known_keys(api_services services) {
    users_by_name known;
    for (const state::server_entry_ptr& entry : services.servers.entries()) {
        const state::server_state& state = entry->state;
        const std::string_view name = key_variable(state.server, state.root);
        if (state.listed && !name.empty()) known[std::string(name)].push_back(&state);
    }
    for (const std::string& name : services.keys.names()) known.try_emplace(name);
    return known;
}

/// Names and states, never a value.
json::object encode_key(std::string_view name, const keys::key_search& search, const key_users& users) {
    json::array servers;
    for (const state::server_state* user : users)
        servers.push_back({{"name", user->server.name}, {"status", to_string(user->status)}});
    return {{"name", name},
            {"source", text_or_null(search.found ? keys::to_string(search.found->source) : std::string_view())},
            {"found", search.found.has_value()},
            {"error", text_or_null(legible(search.error))},
            {"servers", std::move(servers)}};
}

json::value encode_keys_file(const keys::key_store& keys) {
    if (!keys.keys_file()) return nullptr;
    json::array errors;
    for (const std::string& error : keys.keys_file_errors()) errors.push_back(json::value(legible(error)));
    return {{"path", legible(keys.keys_file()->string())}, {"errors", std::move(errors)}};
}

wire::answer standing_of(api_services services, std::string_view name) {
    users_by_name known = known_keys(services);
    const json::object key = encode_key(name, services.keys.find(name), known[std::string(name)]);
    return ok(wire::make_document(json::serialize(key)), false);
}

wire::answer invalid(std::string_view field, std::string_view message) {
    const std::array fault{field_fault{.field = std::string(field), .message = std::string(message)}};
    return failed(400, "validation_error", fmt::format("{} {}", field, message), fault);
}

/// nullopt: the call is local, and the path names a key. It is not repeated where it does not: it may be one.
std::optional<wire::answer> refuse_call(const call& called) {
    if (auto refused = refuse_unless_local(called.asked)) return refused;
    if (check_api_key_env(called.parameters[0])) return std::nullopt;
    return invalid("name", "is not the NAME of a key; use letters, digits and \"_\", as in api_key_env");
}

}  // namespace

wire::answer list_keys(api_services services, const call& called) {
    if (auto refused = refuse_unless_local(called.asked)) return *std::move(refused);
    json::array keys;
    for (const auto& [name, users] : known_keys(services))
        keys.push_back(encode_key(name, services.keys.find(name), users));
    const std::size_t total = keys.size();
    return ok(wire::make_document(json::serialize(json::object{
                  {"keys", std::move(keys)}, {"total", total}, {"keys_file", encode_keys_file(services.keys)}})),
              false);
}

wire::answer get_key(api_services services, const call& called) {
    if (auto refused = refuse_call(called)) return *std::move(refused);
    const users_by_name known = known_keys(services);
    if (known.contains(called.parameters[0])) return standing_of(services, called.parameters[0]);
    std::vector<std::string_view> names;
    for (const auto& [name, users] : known) names.push_back(name);
    return refused(no_such("key", called.parameters[0], names, "keys"));
}

wire::answer push_key(api_services services, const call& called) {
    if (auto refused = refuse_call(called)) return *std::move(refused);
    wiped_memory memory;
    const auto members = decode_body(called.asked.body, &memory);
    if (!members) return failed(400, "bad_request", members.error());
    const json::value* const value = members->if_contains("value");
    if (value == nullptr) return invalid("value", "is missing");
    if (!value->is_string()) return invalid("value", fmt::format("must be a text, not {}", type_in_words(*value)));
    auto key = keys::read_key(value->get_string(), services.keys.limits());
    if (!key) return invalid("value", words(key.error(), services.keys.limits()));
    if (services.keys.push(called.parameters[0], std::move(*key))) return standing_of(services, called.parameters[0]);
    return refused({.why = change_refusal::reason::conflict,
                    .message = fmt::format("{} pushed keys are held already", services.keys.limits().pushed_keys),
                    .next = {.verb = "forget", .noun = "keys"}});
}

wire::answer forget_key(api_services services, const call& called) {
    if (auto refused = refuse_call(called)) return *std::move(refused);
    const std::string& name = called.parameters[0];
    if (services.keys.forget(name)) return standing_of(services, name);
    return refused({.why = change_refusal::reason::not_found,
                    .message = fmt::format("no key called {} was pushed", in_quotes(name)),
                    .next = {.verb = "list", .noun = "keys"}});
}

}  // namespace opd::api
