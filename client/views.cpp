#include "client/answers.hpp"
#include "client/text.hpp"
#include "config/model/kinds.hpp"
#include "config/model/llm_tools.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace opd {
namespace {

constexpr const char* unknown = "-";

std::string or_unknown(const std::string& text) { return text.empty() ? unknown : text; }

tint tint_of(std::string_view status) {
    if (status == "ok") return tint::good;
    if (status == "pending" || status == "disabled") return tint::faint;
    if (status == "key_missing" || status == "starting" || status == "rate_limited") return tint::warning;
    return tint::bad;
}

/// What is told, in words.
template <class T, class Words>
std::string told_in(Words words, const std::optional<T>& value) {
    return value ? words(*value) : unknown;
}

/// It may be overdue: others come first, or the clocks differ.
std::string next_probe_text(const std::optional<wall_time>& when, const view& how) {
    if (!when) return unknown;
    return *when - how.now < std::chrono::seconds(1) ? "now" : fmt::format("in {}", duration_text(*when - how.now));
}

std::string number_text(std::uint64_t number) { return fmt::format("{}", number); }

std::string flag_text(const std::optional<bool>& flag) { return !flag ? unknown : *flag ? "yes" : "no"; }

/// `NAME: ERROR` with the hint below, indented.
std::string problem_lines(const models_answer& problem, const view& how) {
    std::string out = tinted(printable(problem.server), tint::strong, how.colour);
    out += fmt::format(": {}\n", printable(problem.error.empty() ? problem.status : problem.error));
    if (!problem.hint.empty()) out += fmt::format("  hint: {}\n", printable(problem.hint));
    return out;
}

std::vector<column> model_columns(bool with_server, bool with_name) {
    std::vector<column> columns{{"ID"}, {"CONTEXT", true}, {"MAX OUTPUT", true}, {"TOOLS"}, {"VISION"}, {"LOADED"}};
    if (with_server) columns.insert(columns.begin(), column{"SERVER"});
    if (with_name) columns.push_back({"NAME"});
    return columns;
}

std::vector<cell> model_cells(const model_entry& model) {
    return {model.id,
            told_in(token_count, model.context_length),
            told_in(token_count, model.max_output_tokens),
            flag_text(model.tools),
            flag_text(model.vision),
            flag_text(model.loaded)};
}

/// A table of models; names only where one tells more than its id.
std::string model_table(const std::vector<model_entry>& models, const view& how) {
    const bool with_name =
        std::ranges::any_of(models, [](const auto& model) { return model.display_name != model.id; });
    std::vector<std::vector<cell>> rows;
    for (const model_entry& model : models) {
        rows.push_back(model_cells(model));
        if (with_name) rows.back().push_back({model.display_name});
    }
    return render_table(model_columns(false, with_name), rows, how.colour);
}

std::string probe_line(const probe_summary& probe, const view& how) {
    std::string out = probe.status;
    if (probe.latency_ms) out += ", " + latency_text(*probe.latency_ms);
    if (probe.model_count) out += ", " + plural(*probe.model_count, "model");
    if (probe.checked_at) out += ", checked " + age(*probe.checked_at, how.now);
    if (probe.next_probe_at) out += ", next " + next_probe_text(probe.next_probe_at, how);
    return out;
}

std::string base_url_text(const server_answer& server) {
    if (!server.base_url.empty()) return server.base_url;
    const kind* its_kind = find_kind(server.kind);
    if (its_kind == nullptr || its_kind->default_base_url.empty()) return "the default of its kind";
    return fmt::format("{} (the default of its kind)", its_kind->default_base_url);
}

std::string server_text(const delegator_answer& delegator) {
    if (!delegator.model_server.empty()) return delegator.model_server;
    const llm_tool* tool = find_llm_tool(delegator.llm_tool);
    if (tool == nullptr) return fmt::format("the default of {}", delegator.llm_tool);
    return fmt::format("{} (the default of {})", tool->implicit_server, tool->name);
}

cell version_cell(const tool_answer& tool) {
    if (tool.version_ok.value_or(true)) return {or_unknown(tool.version)};
    return {fmt::format("{} (older than {})", tool.version, tool.min_version), tint::warning};
}

/// What to do about a version that is too old, or why it is not known.
std::string version_advice(const tool_answer& tool) {
    if (!tool.version_error.empty())
        return fmt::format("{}: {}\n", printable(tool.name), printable(tool.version_error));
    const llm_tool* known = find_llm_tool(tool.name);
    if (tool.version_ok.value_or(true) || known == nullptr) return {};
    return fmt::format("{}: older than {}, the oldest that launching was tried with; update it with: {}\n", tool.name,
                       printable(tool.min_version), known->install_hint);
}

std::string default_line(const default_answer& usual) {
    if (usual.tool.empty() && usual.model.empty()) return "default: none; set one with: operatorctl use SERVER\n";
    const std::string tool = usual.tool.empty() ? "no tool" : printable(usual.tool);
    return fmt::format("default: {} with {}\n", tool, usual.model.empty() ? "no model" : printable(usual.model));
}

bool is_waiting(const key_user& user) { return user.status == "key_missing"; }

std::string users_text(const key_answer& key) {
    std::string text;
    for (const key_user& user : key.users) {
        if (!text.empty()) text += ", ";
        text += user.status == "ok" ? user.server : fmt::format("{} ({})", user.server, user.status);
    }
    return or_unknown(text);
}

std::vector<cell> cells_of(const key_answer& key) {
    const bool missed = std::ranges::any_of(key.users, is_waiting);
    const cell found{key.source.empty() ? "nowhere" : key.source, missed ? tint::warning : tint::plain};
    return {key.name, found, users_text(key)};
}

std::string standing(const models_answer& server) {
    if (server.reachable) return fmt::format("{}, {}", server.status, plural(server.models.size(), "model"));
    std::string text = server.status;
    if (!server.error.empty()) text += ": " + server.error;
    if (!server.hint.empty()) text += "; " + server.hint;
    return text;
}

}  // namespace

bool is_problem(const probe_summary& probe) {
    return !probe.reachable && probe.status != "pending" && probe.status != "disabled";
}

std::string show_health(const health_answer& health, const view& how, std::string_view service) {
    const bool good = health.status == "ok";
    std::string daemon = fmt::format("{}, version {}, pid {}", health.status, health.version, health.pid);
    if (health.started_at) daemon += fmt::format(", up {}", duration_text(how.now - *health.started_at));
    shown_facts lines{{"operatord", {daemon, good ? tint::good : tint::bad}}};
    if (!service.empty()) lines.push_back({"service", std::string(service)});
    lines.push_back({"configuration", fmt::format("{} (generation {})", health.config_path, health.config_generation)});
    if (!health.config_error.empty())
        lines.push_back({"", {health.config_error + " (the configuration before it stays in force)", tint::bad}});
    lines.push_back({"probes", fmt::format("{}, {} reachable, {} in flight", plural(health.servers, "server"),
                                           health.reachable, health.in_flight)});
    for (const std::string& one : health.running) lines.push_back({"turn", one});
    return render_facts(lines, how.colour);
}

std::string show_servers(const std::vector<server_answer>& servers, const std::vector<models_answer>& problems,
                         const view& how) {
    const auto age_by_now = [&how](wall_time when) { return age(when, how.now); };
    std::vector<std::vector<cell>> rows;
    for (const server_answer& server : servers) {
        const probe_summary& probe = server.probe;
        const cell status{probe.status, tint_of(probe.status)};
        rows.push_back({server.name, server.kind, status, told_in(latency_text, probe.latency_ms),
                        told_in(number_text, probe.model_count), told_in(age_by_now, probe.checked_at),
                        next_probe_text(probe.next_probe_at, how)});
    }
    std::string out = render_table(
        {{"NAME"}, {"KIND"}, {"STATUS"}, {"LATENCY", true}, {"MODELS", true}, {"CHECKED"}, {"NEXT"}}, rows, how.colour);
    if (!problems.empty()) out += '\n';
    for (const models_answer& problem : problems) out += problem_lines(problem, how);
    return out;
}

std::string show_server(const server_answer& server, const models_answer* problem, const view& how) {
    shown_facts lines{{"name", {server.name, tint::strong}}};
    if (!server.display_name.empty()) lines.push_back({"display name", server.display_name});
    lines.push_back({"kind", server.kind});
    lines.push_back({"base URL", base_url_text(server)});
    lines.push_back({"key", server.api_key_env.empty() ? "none" : "from $" + server.api_key_env});
    for (const auto& [name, value] : server.extra_env)
        lines.push_back({"environment", fmt::format("{}={}", name, value)});
    for (const auto& [name, text] : server.further) lines.push_back({name, text});
    lines.push_back({"declared", server.user_declared ? "in operator.toml" : "builtin"});
    lines.push_back({"status", {probe_line(server.probe, how), tint_of(server.probe.status)}});
    if (problem != nullptr) {
        lines.push_back({"error", problem->error});
        if (!problem->hint.empty()) lines.push_back({"hint", problem->hint});
    }
    return render_facts(lines, how.colour);
}

std::string show_models(const models_answer& answer, const view& how) {
    const std::string name = tinted(printable(answer.server), tint::strong, how.colour);
    if (answer.reachable) {
        std::string out = fmt::format("{}: {}", name, plural(answer.models.size(), "model"));
        if (answer.checked_at) out += fmt::format(", checked {}", age(*answer.checked_at, how.now));
        if (answer.stale) out += ", out of date";
        out += '\n';
        if (!answer.models.empty()) out += '\n' + model_table(answer.models, how);
        return out;
    }
    const std::string status = tinted(printable(answer.status), tint_of(answer.status), how.colour);
    std::string out = fmt::format("{}: not reachable ({})\n", name, status);
    if (!answer.error.empty()) out += fmt::format("  error: {}\n", printable(answer.error));
    if (!answer.hint.empty()) out += fmt::format("  hint: {}\n", printable(answer.hint));
    if (answer.last_known_models.empty()) return out;
    const std::string when = answer.last_success_at ? age(*answer.last_success_at, how.now) : "an unknown time ago";
    out += fmt::format("\nlast known models ({}; they may be gone):\n\n", when);
    return out + model_table(answer.last_known_models, how);
}

std::string show_all_models(const std::vector<models_answer>& answers, const view& how) {
    std::vector<std::vector<cell>> rows;
    std::string others;
    for (const models_answer& answer : answers) {
        if (!answer.reachable) {
            others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", printable(answer.server),
                                  printable(answer.status));
            continue;
        }
        for (const model_entry& model : answer.models) {
            rows.push_back({answer.server});
            for (cell& one : model_cells(model)) rows.back().push_back(std::move(one));
        }
    }
    std::string out = rows.empty() ? "no reachable server lists a model\n"
                                   : render_table(model_columns(true, false), rows, how.colour);
    if (!others.empty()) out += fmt::format("\nnot reachable: {}; why: operatorctl status\n", others);
    return out;
}

std::string show_kinds(const std::vector<kind_entry>& kinds, const view& how) {
    std::vector<std::vector<cell>> rows;
    for (const kind_entry& one : kinds)
        rows.push_back({one.slug, one.display_name, one.category_label, one.is_builtin ? "yes" : "no",
                        or_unknown(one.default_base_url), or_unknown(one.default_api_key_env)});
    return render_table({{"KIND"}, {"NAME"}, {"CATEGORY"}, {"BUILTIN"}, {"DEFAULT BASE URL"}, {"DEFAULT KEY VARIABLE"}},
                        rows, how.colour);
}

std::string show_delegators(const std::vector<delegator_answer>& delegators, const view& how) {
    if (delegators.empty())
        return "no delegators; make one with: operatorctl use SERVER   (or: operatorctl delegators add)\n";
    std::vector<std::vector<cell>> rows;
    for (const delegator_answer& one : delegators)
        rows.push_back(
            {one.name, one.llm_tool, one.model, or_unknown(one.model_server), one.remote_agent.empty() ? "yes" : "no"});
    return render_table({{"NAME"}, {"TOOL"}, {"MODEL"}, {"MODEL SERVER"}, {"LAUNCHES HERE"}}, rows, how.colour);
}

std::string show_delegator(const delegator_answer& one, const view& how) {
    shown_facts lines{{"name", {one.name, tint::strong}}};
    if (!one.display_name.empty()) lines.push_back({"display name", one.display_name});
    lines.push_back({"llm tool", one.llm_tool});
    lines.push_back({"model", one.model});
    lines.push_back({"model server", server_text(one)});
    if (!one.model_properties.empty()) lines.push_back({"properties", one.model_properties});
    if (!one.launch_config.empty()) lines.push_back({"launch", one.launch_config});
    if (!one.remote_agent.empty()) lines.push_back({"remote agent", one.remote_agent + " (cannot be launched here)"});
    return render_facts(lines, how.colour);
}

std::string show_tools(const std::vector<tool_answer>& tools, const default_answer& usual, const view& how) {
    std::vector<std::vector<cell>> rows;
    std::string advice;
    for (const tool_answer& tool : tools) {
        rows.push_back({tool.name, version_cell(tool), or_unknown(tool.path),
                        fmt::format("{}", fmt::join(tool.model_aliases, ", "))});
        advice += version_advice(tool);
    }
    for (const llm_tool& known : llm_tools()) {
        if (std::ranges::find(tools, known.name, &tool_answer::name) != tools.end()) continue;
        rows.push_back({std::string(known.name), unknown, cell("not found", tint::warning),
                        fmt::format("{}", fmt::join(known.model_aliases, ", "))});
        advice += fmt::format("{}: not found; install it with: {}\n", known.name, known.install_hint);
    }
    const std::string table = render_table({{"TOOL"}, {"VERSION"}, {"PATH"}, {"MODELS"}}, rows, how.colour);
    return fmt::format("{}\n{}{}", table, advice, default_line(usual));
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
    std::string out = render_table({{"KEY"}, {"FOUND IN"}, {"MODEL SERVERS"}}, rows, how.colour);
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
