#pragma once

#include "daemon/launch/choice.hpp"
#include "daemon/launch/plan.hpp"

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::launch {

// A recipe is what makes the environment of the contract effective with a tool as it really behaves, whatever the
// user's own settings say. It writes argv and args_at, and what the tool needs in env and unset besides the variables
// of the contract. For a builtin it only passes on what the delegator asks for.

/// What a recipe works from.
struct recipe_input {
    const launch_choice& chosen;
    const launch_settings& settings;
    std::optional<env_entry> key;  ///< what the tool's key variable will hold
    const model* listed;           ///< what the server tells about the model; null: nothing
    std::optional<std::string> ca_file;
    std::optional<std::string> settings_file;  ///< as in launch_context

    bool bridged() const { return chosen.via == way::bridge; }
};

using recipe = void (*)(const recipe_input&, launch_plan&);

/// Null: there is none.
recipe recipe_of(const llm_tool&);

// Each has its file.
void add_claude(const recipe_input&, launch_plan&);
void add_codex(const recipe_input&, launch_plan&);
void add_gemini(const recipe_input&, launch_plan&);

/// A permission mode, and the tool's arguments that mean it, with blanks between them.
struct permission_word {
    std::string_view word;
    std::string_view arguments;
};

// For the recipes.

/// `NAME VALUE`, or `NAME=VALUE` where the value looks like an option.
void add_option(std::vector<std::string>& argv, std::string_view name, std::string_view value);
void add_arguments(std::vector<std::string>& argv, std::initializer_list<std::string_view>);
void set_variable(launch_plan&, std::string_view name, std::string_view value);
/// The same value, or reference, under another name.
void copy_variable(launch_plan&, std::string_view name, const env_entry& of);
/// The arguments of a permission mode, or a warning that the tool has none such.
void add_permission_mode(const recipe_input&, std::span<const permission_word>, launch_plan&);

/// `X-Operator-Model: MODEL`: what the bridge asks for where the agent names a model that the server does not list.
std::string model_header(const launch_choice&);

/// What stands for a key where a tool does not start without one, and the server needs none.
inline constexpr std::string_view no_key = "no-key";

/// The file, if it is there and only root can change it: it and every folder above belong to root, nobody else may
/// write to them, and there is no link on the way. A tool may take no other file for settings that go before the
/// user's.
std::optional<std::string> trusted_file(const std::filesystem::path&);

}  // namespace opd::launch
