#pragma once

#include "client/command.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace opd {

/// Describes what operatorctl accepts; what is parsed goes `into`, which outlives the app. A command that is not among
/// the words is named, and no more: to describe them all takes as long as the rest of a launch. Without words all are
/// described.
void describe(CLI::App&, invocation& into, const std::vector<std::string>* given);

// The commands of one group each.
void describe_servers(CLI::App*, invocation& into);
void describe_delegators(CLI::App*, invocation& into);
void describe_keys(CLI::App*, invocation& into);
void describe_service(CLI::App*, invocation& into);

// What the descriptions of commands are made of.

/// A check that says what is wrong; an empty text: nothing is.
CLI::Validator rule(std::function<std::string(const std::string&)> check);

/// Texts go to the daemon in JSON.
CLI::Validator is_text();
CLI::Validator is_name();
CLI::Validator is_variable();
/// The value may be a secret and is not repeated.
CLI::Validator is_assignment();

/// A command of the command line, and the T that its options fill.
template <class T>
struct described {
    CLI::App* app;
    std::shared_ptr<T> filled;

    T* operator->() const { return filled.get(); }
};

/// Adds a command. Once it is read to its end, it is what was asked for.
template <class T>
described<T> add_command(CLI::App& parent, const char* name, const char* description, invocation& into) {
    auto filled = std::make_shared<T>();
    CLI::App* command = parent.add_subcommand(name, description);
    command->fallthrough();
    command->callback([&into, filled] { into.what = *filled; });
    return {command, std::move(filled)};
}

/// Adds a group of commands; said alone, it is the Usual one.
template <class Usual>
CLI::App* add_group(CLI::App& parent, const char* name, const char* description, invocation& into) {
    CLI::App* group = parent.add_subcommand(name, description);
    group->fallthrough();
    group->require_subcommand(0, 1);
    group->preparse_callback([&into](std::size_t) { into.what = Usual(); });
    return group;
}

void add_name(CLI::App* command, std::string& into, const char* description, const char* shown = "NAME");

/// CLI11 would make no difference between an empty text and none.
CLI::Option* add_text(CLI::App* command, const char* name, std::optional<std::string>& into, const char* type,
                      const char* description);

/// An option that can be repeated. CLI11 would read texts such as `[a,b]` and `{}` as lists.
CLI::Option* add_repeatable(CLI::App* command, const char* name, std::vector<std::string>& into, const char* type,
                            const char* description);

}  // namespace opd
