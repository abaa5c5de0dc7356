#include "client/keys.hpp"

#include "client/answers.hpp"
#include "client/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace opd {
namespace {

namespace json = boost::json;

std::optional<key_answer> to_key(const json::object& from) {
    if (text_of(from, "name").empty()) return std::nullopt;
    key_answer key{
        .name = text_of(from, "name"), .source = text_of(from, "source"), .error = text_of(from, "error"), .users = {}};
    const json::array* users = array_of(from, "servers");
    if (users == nullptr) return key;
    for (const json::value& one : *users)
        if (const json::object* user = one.if_object())
            key.users.push_back({.server = text_of(*user, "name"), .status = text_of(*user, "status")});
    return key;
}

bool is_waiting(const key_user& user) { return user.status == "key_missing"; }

std::string users_text(const key_answer& key) {
    std::string text;
    for (const key_user& user : key.users) {
        if (!text.empty()) text += ", ";
        text += user.status == "ok" ? user.server : fmt::format("{} ({})", user.server, user.status);
    }
    return text.empty() ? "-" : text;
}

std::vector<cell> cells_of(const key_answer& key) {
    const bool missed = std::ranges::any_of(key.users, is_waiting);
    const cell found{.text = key.source.empty() ? "nowhere" : key.source,
                     .colour = missed ? tint::warning : tint::plain};
    return {{.text = key.name}, found, {.text = users_text(key)}};
}

std::string standing(const models_answer& server) {
    if (server.reachable)
        return fmt::format("{}, {} model{}", server.status, server.models.size(), server.models.size() == 1 ? "" : "s");
    std::string text = server.status;
    if (!server.error.empty()) text += ": " + server.error;
    if (!server.hint.empty()) text += "; " + server.hint;
    return text;
}

}  // namespace

result<keys_answer> read_keys(std::string_view text) {
    const auto root = parse_object(text);
    auto keys = root ? entries_of(array_of(*root, "keys"), to_key) : std::nullopt;
    if (!keys) return not_understood("a list of keys");
    const json::object& file = object_of(*root, "keys_file");
    return keys_answer{
        .keys = *std::move(keys), .keys_file = text_of(file, "path"), .keys_file_errors = texts_of(file, "errors")};
}

result<key_answer> read_key(std::string_view text) {
    const auto root = parse_object(text);
    auto key = root ? to_key(*root) : std::nullopt;
    if (!key) return not_understood("a key");
    return *std::move(key);
}

std::string show_keys(const keys_answer& answer, const view& how) {
    std::vector<std::vector<cell>> rows;
    bool waiting = false;
    std::string errors;
    for (const key_answer& key : answer.keys) {
        rows.push_back(cells_of(key));
        waiting = waiting || std::ranges::any_of(key.users, is_waiting);
        if (!key.error.empty()) errors += fmt::format("{}\n", printable(key.error));
    }
    for (const std::string& error : answer.keys_file_errors) errors += fmt::format("{}\n", printable(error));
    std::string out =
        render_table({{.title = "KEY"}, {.title = "FOUND IN"}, {.title = "MODEL SERVERS"}}, rows, how.colour);
    if (!errors.empty()) out += '\n' + errors;
    if (!waiting) return out;
    out += "\nhand over what this shell has: operatorctl keys push\n";
    if (!answer.keys_file.empty())
        out += fmt::format("or write NAME=VALUE lines to {} (mode 0600), which is read at once\n",
                           printable(answer.keys_file));
    return out;
}

std::string show_pushed(const key_answer& key, const std::vector<models_answer>& servers) {
    if (key.users.empty()) return fmt::format("{} pushed; no model server uses it yet\n", printable(key.name));
    std::string out = fmt::format("{} pushed\n", printable(key.name));
    for (const models_answer& server : servers) {
        if (std::ranges::find(key.users, server.server, &key_user::server) == key.users.end()) continue;
        out += fmt::format("  {}: {}\n", printable(server.server), printable(standing(server)));
    }
    return out;
}

std::string show_forgotten(const key_answer& key) {
    if (key.source.empty()) return fmt::format("{} forgotten\n", printable(key.name));
    return fmt::format("{} forgotten; it is still found in: {}\n", printable(key.name), printable(key.source));
}

}  // namespace opd
