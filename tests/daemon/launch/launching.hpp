#pragma once

#include "config/config.hpp"
#include "daemon/launch/plan.hpp"
#include "tests/support/told.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::test {

/// The configuration of a text.
inline config config_of(std::string_view text) {
    auto read = parse_config(text, "operator.toml");
    if (!read) throw std::invalid_argument(read.error().text());
    return std::move(read->values);
}

inline launch::launch_request for_delegator(std::string name) {
    launch::launch_request asked;
    asked.delegator = std::move(name);
    return asked;
}

inline launch::launch_request for_tool(std::string tool, std::string model, std::optional<std::string> server = {}) {
    launch::launch_request asked;
    asked.llm_tool = std::move(tool);
    asked.model = std::move(model);
    asked.model_server = std::move(server);
    return asked;
}

/// The whole way from a configuration to a plan.
inline launch::launchable<launch::launch_plan> resolve(const config& from, const launch::launch_request& asked,
                                                       const launch::launch_context& context = {}) {
    const auto chosen = launch::choose_launch(from, asked);
    if (!chosen) return chosen.error();
    return launch::plan_launch(*chosen, asked, context);
}

template <class T>
std::string refusal_of(const launch::launchable<T>& refused) {
    return refused ? "not refused" : refused.error().message;
}

inline std::string entry_text(const launch::env_entry& entry) {
    switch (entry.from) {
        case launch::env_entry::source::reference: return fmt::format("{}=${{{}}}", entry.name, entry.text);
        case launch::env_entry::source::literal: return fmt::format("{}={} (literal)", entry.name, entry.text);
        case launch::env_entry::source::derived: return fmt::format("{}={}", entry.name, entry.text);
    }
    return {};
}

/// A plan to read: the command, a word in brackets each and `*` where the caller's own go, then the environment.
inline std::string text_of(const launch::launchable<launch::launch_plan>& made) {
    if (!made) return "refused: " + told(made.error()) + "\n";
    const launch::launch_plan& plan = *made;
    std::string text = "run";
    for (std::size_t i = 0; i <= plan.argv.size(); ++i) {
        if (i == plan.args_at) text += " *";
        if (i < plan.argv.size()) text += fmt::format(" [{}]", plan.argv[i]);
    }
    text += "\n";
    for (const launch::env_entry& entry : plan.env) text += "set " + entry_text(entry) + "\n";
    if (!plan.unset.empty()) text += fmt::format("unset {}\n", fmt::join(plan.unset, " "));
    if (!plan.no_proxy.empty()) text += fmt::format("no proxy for {}\n", fmt::join(plan.no_proxy, " "));
    if (plan.home) {
        text += fmt::format("home {} {}/{} {}\n", plan.home->variable, plan.home->folder, plan.home->file,
                            boost::json::serialize(plan.home->settings));
    }
    for (const std::string& warning : plan.warnings) text += "warning " + warning + "\n";
    return text;
}

}  // namespace opd::test
