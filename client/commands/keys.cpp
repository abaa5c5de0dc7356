#include "client/commands/common.hpp"
#include "client/system.hpp"
#include "client/text.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace opd {
namespace {

constexpr std::chrono::seconds push_limit{2};

std::string key_target(std::string_view name) { return fmt::format("{}/{}", keys_target, name); }

std::vector<daemon_request> push_requests(const std::vector<std::string>& names, const command_context& context) {
    std::vector<daemon_request> requests;
    for (const std::string& name : names)
        requests.push_back(request_of(http_method::put, key_target(name),
                                      {{"value", value_in(context.environment, name).value_or("")}}));
    return requests;
}

or_outcome<told<keys_answer>> list_keys(const command_context& context) {
    return ask_for({.target = std::string(keys_target)}, context, read_keys);
}

/// Why a key cannot be handed over; empty: it can.
std::string why_not_here(const std::string& name, const command_context& context) {
    const std::string value = value_in(context.environment, name).value_or("");
    if (value.empty()) return fmt::format("{0} is not set here; set it first: export {0}=...\n", name);
    if (find_invalid_utf8(value) != value.npos) return fmt::format("{} holds bytes that are not UTF-8\n", name);
    return {};
}

std::vector<std::string> each_once(std::vector<std::string> names) {
    std::vector<std::string> once;
    for (std::string& name : names)
        if (std::ranges::find(once, name) == once.end()) once.push_back(std::move(name));
    return once;
}

/// Those that are named; else those that servers use and the caller has.
or_outcome<std::vector<std::string>> names_to_push(const command::keys_push& asked, const command_context& context) {
    if (!asked.names.empty()) return each_once(asked.names);
    const auto known = list_keys(context);
    if (!known) return known.error();
    std::vector<std::string> used;
    std::vector<std::string> here;
    for (const key_answer& key : known->what.keys) {
        if (key.users.empty()) continue;
        used.push_back(printable(key.name));
        if (!value_in(context.environment, key.name).value_or("").empty()) here.push_back(key.name);
    }
    if (here.empty())
        return fail(exit_failed, fmt::format("no key that a model server uses is set here; those would be: {}",
                                             fmt::join(used, ", ")));
    return here;
}

/// What became of a change of keys, one by one.
struct changes {
    std::vector<key_answer> made;
    std::string refused;  ///< a line for each that was not
};

or_outcome<changes> change_keys(const std::vector<std::string>& names, const std::vector<daemon_request>& requests,
                                const command_context& context) {
    const auto answers = ask(requests, context);
    if (!answers) return answers.error();
    changes out;
    for (std::size_t i = 0; i != answers->size(); ++i) {
        const daemon_answer& answer = (*answers)[i];
        if (!is_good(answer)) {
            out.refused += fmt::format("{}: {}", printable(names[i]), refused(answer).err);
            continue;
        }
        auto key = read_key(answer.body);
        if (!key) return misread(key.error(), requests[i].target, context);
        out.made.push_back(std::move(*key));
    }
    return out;
}

/// What is told of it: a text for people, or where the keys stand as one document.
outcome tell(const changes& all, std::string text, const command_context& context) {
    outcome end = say(std::move(text));
    if (context.json) {
        std::vector<std::string> targets;
        for (const key_answer& key : all.made) targets.push_back(key_target(key.name));
        const auto bodies = get(targets, context);
        if (!bodies) return bodies.error();
        end = document(fmt::format(R"({{"keys":[{}],"total":{}}})", fmt::join(*bodies, ","), bodies->size()));
    }
    end.err = all.refused;
    if (!all.refused.empty()) end.exit_code = exit_failed;
    return end;
}

/// The servers that use these keys, each asked again now.
or_outcome<std::vector<models_answer>> ask_users(const std::vector<key_answer>& keys, const command_context& context) {
    std::vector<std::string> servers;
    for (const key_answer& key : keys)
        for (const key_user& user : key.users) servers.push_back(user.server);
    return get_models(each_once(std::move(servers)), context, true);
}

}  // namespace

outcome run(const command::keys_list&, const command_context& context) {
    return show_answer(keys_target, context, read_keys, show_keys);
}

outcome run(const command::keys_push& asked, const command_context& context) {
    const auto names = names_to_push(asked, context);
    if (!names) return names.error();
    std::string missing;
    for (const std::string& name : *names) missing += why_not_here(name, context);
    if (!missing.empty()) return {.err = std::move(missing), .exit_code = exit_failed};
    const auto all = change_keys(*names, push_requests(*names, context), context);
    if (!all) return all.error();
    const auto servers = ask_users(all->made, context);
    if (!servers) return servers.error();
    std::string text;
    for (const key_answer& key : all->made) text += show_pushed(key, *servers);
    return tell(*all, std::move(text), context);
}

outcome run(const command::keys_forget& asked, const command_context& context) {
    std::vector<std::string> names = each_once(asked.names);
    if (names.empty()) {
        const auto known = list_keys(context);
        if (!known) return known.error();
        for (const key_answer& key : known->what.keys)
            if (key.source == "pushed") names.push_back(key.name);
    }
    std::vector<daemon_request> requests;
    for (const std::string& name : names)
        requests.push_back({.target = key_target(name), .method = http_method::remove});
    const auto all = change_keys(names, requests, context);
    if (!all) return all.error();
    std::string text = names.empty() ? "there is no pushed key\n" : "";
    for (const key_answer& key : all->made) text += show_forgotten(key);
    return tell(*all, std::move(text), context);
}

std::string push_before_launch(const std::vector<std::string>& names, const command_context& context) {
    std::vector<std::string> here;
    for (const std::string& name : names)
        if (why_not_here(name, context).empty()) here.push_back(name);
    if (here.empty()) return {};
    const auto answers = ask(push_requests(here, context), context, push_limit);
    if (!answers) return fmt::format("warning: {} was not pushed: {}", fmt::join(here, ", "), answers.error().err);
    std::string warnings;
    for (std::size_t i = 0; i != here.size(); ++i) {
        const daemon_answer& answer = (*answers)[i];
        if (!is_good(answer)) warnings += fmt::format("warning: {} was not pushed: {}", here[i], refused(answer).err);
    }
    return warnings;
}

}  // namespace opd
