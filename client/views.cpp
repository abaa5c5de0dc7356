#include "client/views.hpp"

#include "client/table.hpp"
#include "client/text.hpp"
#include "config/model/kinds.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

constexpr std::string_view unknown = "-";

tint tint_of(std::string_view status) {
    if (status == "ok") return tint::good;
    if (status == "pending" || status == "disabled") return tint::faint;
    if (status == "key_missing" || status == "starting" || status == "rate_limited") return tint::warning;
    return tint::bad;
}

cell age_cell(const std::optional<wall_time>& when, const view& how) {
    return {.text = when ? age(*when, how.now) : std::string(unknown)};
}

/// It may be overdue: others come first, or the clocks differ.
std::string next_probe_text(const std::optional<wall_time>& when, const view& how) {
    if (!when) return std::string(unknown);
    return *when - how.now < std::chrono::seconds(1) ? "now" : fmt::format("in {}", duration_text(*when - how.now));
}

cell latency_cell(const std::optional<std::uint64_t>& milliseconds) {
    return {.text = milliseconds ? latency_text(*milliseconds) : std::string(unknown)};
}

cell count_cell(const std::optional<std::uint64_t>& count) {
    return {.text = count ? fmt::format("{}", *count) : std::string(unknown)};
}

cell tokens_cell(const std::optional<std::uint64_t>& count) {
    return {.text = count ? token_count(*count) : std::string(unknown)};
}

cell flag_cell(const std::optional<bool>& flag) {
    if (!flag) return {.text = std::string(unknown)};
    return {.text = *flag ? "yes" : "no"};
}

std::string plural(std::uint64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

/// `NAME: ERROR` with the hint below, indented.
std::string problem_lines(const models_answer& problem, const view& how) {
    std::string out = tinted(printable(problem.server), tint::strong, how.colour);
    out += fmt::format(": {}\n", printable(problem.error.empty() ? problem.status : problem.error));
    if (!problem.hint.empty()) out += fmt::format("  hint: {}\n", printable(problem.hint));
    return out;
}

std::vector<column> model_columns(bool with_server, bool with_name) {
    std::vector<column> columns;
    if (with_server) columns.push_back({.title = "SERVER"});
    columns.push_back({.title = "ID"});
    columns.push_back({.title = "CONTEXT", .right = true});
    columns.push_back({.title = "MAX OUTPUT", .right = true});
    columns.push_back({.title = "TOOLS"});
    columns.push_back({.title = "VISION"});
    columns.push_back({.title = "LOADED"});
    if (with_name) columns.push_back({.title = "NAME"});
    return columns;
}

std::vector<cell> model_cells(const model_entry& model) {
    return {{.text = model.id},     tokens_cell(model.context_length), tokens_cell(model.max_output_tokens),
            flag_cell(model.tools), flag_cell(model.vision),           flag_cell(model.loaded)};
}

/// A table of models; names only where one tells more than its id.
std::string model_table(const std::vector<model_entry>& models, const view& how) {
    bool with_name = false;
    for (const model_entry& model : models) with_name = with_name || model.display_name != model.id;
    std::vector<std::vector<cell>> rows;
    for (const model_entry& model : models) {
        rows.push_back(model_cells(model));
        if (with_name) rows.back().push_back({.text = model.display_name});
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

}  // namespace

bool is_problem(const probe_summary& probe) {
    return !probe.reachable && probe.status != "pending" && probe.status != "disabled";
}

std::string show_health(const health_answer& health, const view& how, std::string_view service) {
    const bool good = health.status == "ok";
    std::string daemon = fmt::format("{}, version {}, pid {}", health.status, health.version, health.pid);
    if (health.started_at) daemon += fmt::format(", up {}", duration_text(how.now - *health.started_at));
    std::vector<std::pair<std::string_view, cell>> facts{
        {"operatord", {.text = daemon, .colour = good ? tint::good : tint::bad}}};
    if (!service.empty()) facts.push_back({"service", {.text = std::string(service)}});
    facts.push_back(
        {"configuration", {.text = fmt::format("{} (generation {})", health.config_path, health.config_generation)}});
    if (!health.config_error.empty()) {
        const std::string text = health.config_error + " (the configuration before it stays in force)";
        facts.push_back({"", {.text = text, .colour = tint::bad}});
    }
    facts.push_back({"probes",
                     {.text = fmt::format("{}, {} reachable, {} in flight", plural(health.servers, "server"),
                                          health.reachable, health.in_flight)}});
    return render_facts(facts, how.colour);
}

std::string show_servers(const std::vector<server_answer>& servers, const std::vector<models_answer>& problems,
                         const view& how) {
    std::vector<std::vector<cell>> rows;
    rows.reserve(servers.size());
    for (const server_answer& server : servers)
        rows.push_back({{.text = server.name},
                        {.text = server.kind},
                        {.text = server.probe.status, .colour = tint_of(server.probe.status)},
                        latency_cell(server.probe.latency_ms),
                        count_cell(server.probe.model_count),
                        age_cell(server.probe.checked_at, how),
                        {.text = next_probe_text(server.probe.next_probe_at, how)}});
    std::string out = render_table({{.title = "NAME"},
                                    {.title = "KIND"},
                                    {.title = "STATUS"},
                                    {.title = "LATENCY", .right = true},
                                    {.title = "MODELS", .right = true},
                                    {.title = "CHECKED"},
                                    {.title = "NEXT"}},
                                   rows, how.colour);
    if (!problems.empty()) out += '\n';
    for (const models_answer& problem : problems) out += problem_lines(problem, how);
    return out;
}

std::string show_server(const server_answer& server, const models_answer* problem, const view& how) {
    std::vector<std::pair<std::string_view, cell>> facts{{"name", {.text = server.name, .colour = tint::strong}}};
    if (!server.display_name.empty()) facts.push_back({"display name", {.text = server.display_name}});
    facts.push_back({"kind", {.text = server.kind}});
    facts.push_back({"base URL", {.text = base_url_text(server)}});
    facts.push_back({"key", {.text = server.api_key_env.empty() ? "none" : "from $" + server.api_key_env}});
    for (const auto& [name, value] : server.extra_env)
        facts.push_back({"environment", {.text = fmt::format("{}={}", name, value)}});
    for (const auto& [name, text] : server.further) facts.push_back({name, {.text = text}});
    facts.push_back({"declared", {.text = server.user_declared ? "in operator.toml" : "builtin"}});
    facts.push_back({"status", {.text = probe_line(server.probe, how), .colour = tint_of(server.probe.status)}});
    if (problem != nullptr) {
        facts.push_back({"error", {.text = problem->error}});
        if (!problem->hint.empty()) facts.push_back({"hint", {.text = problem->hint}});
    }
    return render_facts(facts, how.colour);
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
            rows.push_back({{.text = answer.server}});
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
    for (const kind_entry& one : kinds) {
        const auto or_none = [](const std::string& text) { return text.empty() ? std::string(unknown) : text; };
        rows.push_back({{.text = one.slug},
                        {.text = one.display_name},
                        {.text = one.category_label},
                        {.text = one.is_builtin ? "yes" : "no"},
                        {.text = or_none(one.default_base_url)},
                        {.text = or_none(one.default_api_key_env)}});
    }
    return render_table({{.title = "KIND"},
                         {.title = "NAME"},
                         {.title = "CATEGORY"},
                         {.title = "BUILTIN"},
                         {.title = "DEFAULT BASE URL"},
                         {.title = "DEFAULT KEY VARIABLE"}},
                        rows, how.colour);
}

}  // namespace opd
