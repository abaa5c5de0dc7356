#include "config/base/completion.hpp"

#include "config/base/ascii.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace opd {
namespace {

/// CLI11's sign for what help does not show.
bool is_hidden(const auto& described) { return described.get_group().empty(); }

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

void offer(completion& into, std::string_view typed, std::string word, std::string description) {
    if (word.starts_with(typed)) into.candidates.push_back({std::move(word), std::move(description)});
}

void offer_value(const CLI::Option& option, std::string_view typed, completion& into) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{
        {{"SERVER", "server"}, {"DELEGATOR", "delegator"}, {"KIND", "kind"}, {"TOOL", "tool"}, {"KEY", "key"}}};
    const std::string type = option.get_type_name();
    into.files = type == "FILE" || type == "PATH";
    for (const auto& [name, what] : names)
        if (type == name || (type.empty() && option.get_name(true).find(name) != std::string::npos)) into.names = what;
    // CLI11 shows the words of IsMember in the type's name: `LEVEL:{debug,info}`.
    const std::size_t open = type.find('{');
    if (open == type.npos || !type.ends_with('}')) return;
    auto words = std::string_view(type).substr(open + 1, type.size() - open - 2);
    while (!words.empty()) offer(into, typed, std::string(next_part(words, ',')), {});
}

void offer_options(const CLI::App& app, std::string_view typed, completion& into) {
    for (const CLI::Option* option : app.get_options({})) {
        if (is_hidden(*option)) continue;
        for (const std::string& name : option->get_lnames()) offer(into, typed, "--" + name, option->get_description());
    }
}

/// The option of this name, of a command or of one above it.
const CLI::Option* find_option(const CLI::App* app, const std::string& name) {
    for (; app != nullptr; app = app->get_parent())
        if (const CLI::Option* option = app->get_option_no_throw(name)) return option;
    return nullptr;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
    for (const CLI::App* command : app.get_subcommands({}))
        if (command->check_name(name)) return command;
    return nullptr;
}

const CLI::Option* positional(const CLI::App& app, std::size_t index) {
    for (const CLI::Option* option : app.get_options({})) {
        if (!option->get_positional()) continue;
        if (index == 0) return option;
        if (option->get_items_expected_max() == 1) --index;
    }
    return nullptr;
}

}  // namespace

completion complete(const CLI::App& app, std::span<const std::string> words) {
    completion out;
    const std::string_view typed = words.empty() ? std::string_view() : std::string_view(words.back());
    const CLI::App* command = &app;
    const CLI::Option* due = nullptr;
    std::size_t given = 0;
    for (const std::string& word : words.first(words.size() - (words.empty() ? 0 : 1))) {
        if (word == "--") return out;  // the rest is another program's
        if (std::exchange(due, nullptr) != nullptr) continue;
        if (word.starts_with('-')) {
            const CLI::Option* option = find_option(command, word);
            if (option != nullptr && takes_value(*option)) due = option;
        } else if (const CLI::App* next = find_command(*command, word)) {
            command = next;
            given = 0;
        } else {
            ++given;
        }
    }
    if (due != nullptr) {
        offer_value(*due, typed, out);
        return out;
    }
    if (typed.starts_with('-')) {
        for (const CLI::App* at = command; at != nullptr; at = at->get_parent()) offer_options(*at, typed, out);
        return out;
    }
    for (const CLI::App* next : command->get_subcommands({}))
        if (!is_hidden(*next)) offer(out, typed, next->get_name(), next->get_description());
    if (const CLI::Option* argument = positional(*command, given)) offer_value(*argument, typed, out);
    return out;
}

std::string completion_lines(const completion& what) {
    if (what.files) return ":files\n";
    std::string out;
    for (const candidate& one : what.candidates)
        out += fmt::format("{}\t{}\n", one.word, one.description.substr(0, one.description.find('\n')));
    return out;
}

}  // namespace opd
