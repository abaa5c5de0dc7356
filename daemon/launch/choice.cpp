#include "daemon/launch/choice.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/json_reader.hpp"
#include "config/model/field_rules.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace json = boost::json;

namespace opd::launch {
namespace {

result<void> check_prompt(std::string_view prompt) {
    if (prompt.find('\0') == prompt.npos) return {};
    return problem{"holds a NUL character, which no command line can", "take it out"};
}

/// It stands on a command line, where it must not be taken for an option.
result<void> check_session(std::string_view id) {
    if (!id.starts_with('-') && !has_control(id)) return {};
    return problem{"is not the id of a session", "write the id that the agent has shown, or last"};
}

result<void> any_text(std::string_view) { return {}; }

using reason = change_refusal::reason;

change_refusal refusal(reason why, std::string message) { return {.why = why, .message = std::move(message)}; }

launchable<const llm_tool*> find_tool(std::string_view name) {
    const auto found = llm_tool_named(name);
    if (found) return *found;
    return refusal(reason::not_found, found.error().sentence());
}

launchable<model_server> find_server(const config& from, std::string_view name) {
    const std::vector<model_server> servers = all_servers(from);
    const auto found = std::ranges::find(servers, name, &model_server::name);
    if (found != servers.end()) return *found;
    return no_such("model server", name, names_of(servers, &model_server::name), "model-servers");
}

std::string_view api_name(wire_protocol protocol) {
    switch (protocol) {
        case wire_protocol::anthropic: return "the Anthropic API";
        case wire_protocol::openai: return "the OpenAI API";
        case wire_protocol::google: return "the Google Gemini API";
    }
    return {};
}

/// The agent talks to the server itself where that speaks the protocol of the agent's own vendor. Who speaks Chat
/// Completions can be translated to.
launchable<way> choose_way(const llm_tool& tool, const model_server& server, std::optional<way> wanted) {
    const kind& needed = *find_kind(tool.implicit_server);
    const bool native = server.kind->protocol == needed.protocol;
    const bool translatable = server.user_declared && (native || server.kind->protocol == wire_protocol::openai);
    if (!wanted && server.bridge == bridge_mode::always) wanted = way::bridge;
    if (!wanted && server.bridge == bridge_mode::never) wanted = way::direct;
    if (!wanted) wanted = native ? way::direct : way::bridge;
    if (*wanted == way::direct ? native : translatable) return *wanted;
    std::string remedy =
        "use an agent of its vendor, or a model server of another kind, such as ollama or openai-compat";
    if (*wanted == way::direct && translatable)
        remedy = "launch it through the bridge: --bridge, or bridge = \"auto\" of the model server";
    else if (!server.user_declared && server.kind->protocol == wire_protocol::openai)
        remedy = "declare it in operator.toml, and launch with that: it goes through the bridge then";
    return refusal(
        reason::conflict,
        fmt::format("{} cannot use model server {}{}: it speaks {} (its kind is {}), and {} needs {}; {}", tool.name,
                    in_quotes(server.name), *wanted == way::direct && translatable ? " directly" : "",
                    api_name(server.kind->protocol), in_quotes(server.kind->slug), tool.name, api_name(needed.protocol),
                    remedy));
}

launchable<launch_choice> choose(const config& from, std::string_view tool, std::string model,
                                 const std::optional<std::string>& server, std::optional<way> wanted) {
    const auto found_tool = find_tool(tool);
    if (!found_tool) return found_tool.error();
    auto found_server = find_server(from, server ? std::string_view(*server) : (*found_tool)->implicit_server);
    if (!found_server) return found_server.error();
    const auto via = choose_way(**found_tool, *found_server, wanted);
    if (!via) return via.error();
    auto root = resolve_base_url(*found_server->kind, found_server->probe_base_url());
    if (!root) return refusal(reason::conflict, root.error().message);
    launch_choice chosen;
    chosen.tool = *found_tool;
    chosen.model = std::move(model);
    chosen.server = *std::move(found_server);
    chosen.root = *std::move(root);
    chosen.via = *via;
    return chosen;
}

launchable<launch_choice> choose(const config& from, const delegator& by, std::optional<way> wanted) {
    if (by.remote_agent) {
        return refusal(
            reason::conflict,
            fmt::format("delegator {} stands for a remote agent and can only be exported, not launched here; "
                        "launch another one",
                        in_quotes(by.name)));
    }
    auto chosen = choose(from, by.llm_tool, by.model, by.model_server, wanted);
    if (!chosen) {
        change_refusal refused = chosen.error();
        refused.message = fmt::format("delegator {}: {}", in_quotes(by.name), refused.message);
        return refused;
    }
    chosen->by = by;
    return chosen;
}

launchable<launch_choice> choose(const config& from, const std::string& name, std::optional<way> wanted) {
    const auto found = std::ranges::find(from.delegators, name, &delegator::name);
    if (found != from.delegators.end()) return choose(from, *found, wanted);
    return no_such("delegator", name, names_of(from.delegators, &delegator::name), "delegators");
}

/// Null: none.
const delegator* default_delegator(const config& from) {
    std::vector<const delegator*> candidates;
    for (const delegator& one : from.delegators)
        if (!one.remote_agent) candidates.push_back(&one);
    if (candidates.size() == 1) return candidates.front();
    const auto& preferred = from.llm_tools;
    std::erase_if(candidates, [&](const delegator* one) { return one->llm_tool != preferred.default_tool; });
    if (candidates.empty()) return nullptr;
    std::ranges::reverse(candidates);
    const auto same_model = [&](const delegator* one) { return one->model == preferred.default_model; };
    const auto found = std::ranges::find_if(candidates, same_model);
    return found == candidates.end() ? candidates.front() : *found;
}

launchable<launch_choice> choose_default(const config& from, std::optional<way> wanted) {
    if (const delegator* by = default_delegator(from)) return choose(from, *by, wanted);
    const auto& preferred = from.llm_tools;
    if (!preferred.default_tool.empty() && !preferred.default_model.empty())
        return choose(from, preferred.default_tool, preferred.default_model, std::nullopt, wanted);
    return refusal(reason::not_found,
                   "there is no default to launch: neither is there one delegator only, or one for the default tool, "
                   "nor does [llm_tools] name both a default_tool and a default_model; name a delegator, or a tool "
                   "and a model");
}

/// What the two forms do not allow.
std::optional<change_refusal> refuse_form(const launch_request& asked) {
    const auto invalid = [](std::string_view field, std::string_view fault, std::string_view message) {
        return change_refusal{.why = reason::invalid,
                              .message = std::string(message),
                              .details = {{.field = std::string(field), .message = std::string(fault)}}};
    };
    if (asked.delegator && (asked.llm_tool || asked.model || asked.model_server)) {
        return invalid("delegator", "is one way, llm_tool, model and model_server are the other",
                       "a launch names either a delegator, or an llm_tool with a model; not both");
    }
    if (asked.llm_tool && !asked.model)
        return invalid("model", "is missing", "an llm_tool needs a model: name both, or a delegator");
    if (!asked.llm_tool && (asked.model || asked.model_server)) {
        return invalid(
            "llm_tool", "is missing",
            fmt::format("a {} needs an llm_tool: name both, or a delegator", asked.model ? "model" : "model_server"));
    }
    return std::nullopt;
}

constexpr std::array<std::string_view, 5> our_launch_keys{"yolo", "permission_mode", "flags", "prompt_prefix",
                                                          "prompt_suffix"};

/// A table of a delegator. The first value of a wrong type is the fault.
class table_reader {
public:
    table_reader(std::string_view name, const std::optional<json::object>& table)
        : name_(name), table_(table ? &*table : nullptr) {}

    bool flag(std::string_view key) {
        const json::value* const found = find(key);
        if (found == nullptr || found->is_bool()) return found != nullptr && found->get_bool();
        refuse(key, "true or false");
        return false;
    }

    std::optional<std::string> text(std::string_view key) {
        const json::value* const found = find(key);
        if (found == nullptr) return std::nullopt;
        if (!found->is_string()) {
            refuse(key, "a text");
            return std::nullopt;
        }
        if (found->get_string().empty()) return std::nullopt;
        return std::string(found->get_string());
    }

    std::vector<std::string> texts(std::string_view key) {
        const json::value* const found = find(key);
        if (found == nullptr) return {};
        std::vector<std::string> read;
        if (const json::array* list = found->if_array()) {
            for (const json::value& one : *list)
                if (one.is_string()) read.emplace_back(one.get_string());
            if (read.size() == list->size()) return read;
        }
        refuse(key, "a list of texts");
        return {};
    }

    /// The keys besides `known` that want something: not those that are false or null.
    std::vector<std::string> others(std::span<const std::string_view> known) const {
        std::vector<std::string> keys;
        if (table_ == nullptr) return keys;
        for (const auto& [key, value] : *table_) {
            const bool wants_nothing = value.is_null() || (value.is_bool() && !value.get_bool());
            const bool is_known = std::ranges::find(known, std::string_view(key)) != known.end();
            if (!wants_nothing && !is_known) keys.push_back(fmt::format("{}.{}", name_, legible(key)));
        }
        return keys;
    }

    const std::string& fault() const { return fault_; }

private:
    const json::value* find(std::string_view key) const {
        const json::value* const found = table_ == nullptr ? nullptr : table_->if_contains(key);
        return found == nullptr || found->is_null() ? nullptr : found;
    }

    void refuse(std::string_view key, std::string_view wanted) {
        if (fault_.empty()) fault_ = fmt::format("{}.{} must be {}", name_, key, wanted);
    }

    std::string_view name_;
    const json::object* table_;
    std::string fault_;
};

/// Paragraphs of their own, as other programs that read the same file put them.
std::string wrapped(std::string prompt, const std::optional<std::string>& prefix,
                    const std::optional<std::string>& suffix) {
    if (prefix) prompt = *prefix + "\n\n" + prompt;
    if (suffix) prompt += "\n\n" + *suffix;
    return prompt;
}

}  // namespace

launchable<launch_request> decode_launch_request(const boost::json::object& members) {
    json_reader reader(members);
    launch_request asked;
    // Names are looked up, and whatever is not found is refused with the nearest one.
    asked.delegator = reader.text("delegator", any_text);
    asked.llm_tool = reader.text("llm_tool", any_text);
    asked.model = reader.text("model", checked_by(text_rule::model));
    asked.model_server = reader.text("model_server", any_text);
    asked.prompt = reader.text("prompt", check_prompt);
    asked.resume = reader.text("resume", check_session);
    asked.managed = reader.flag("managed").value_or(false);
    asked.force = reader.flag("force").value_or(false);
    const auto check_way = [](std::string_view text) -> result<void> {
        if (text == to_string(way::direct) || text == to_string(way::bridge)) return {};
        return problem{fmt::format("unknown way {}", in_quotes(text)), R"(write "direct" or "bridge")"};
    };
    if (const auto via = reader.text("via", check_way)) asked.via = *via == "direct" ? way::direct : way::bridge;
    if (!reader.sound()) return reader.refusal();
    return asked;
}

std::string_view to_string(way via) { return via == way::direct ? "direct" : "bridge"; }

launchable<launch_choice> choose_launch(const config& from, const launch_request& asked) {
    if (auto refused = refuse_form(asked)) return *std::move(refused);
    if (asked.delegator) return choose(from, *asked.delegator, asked.via);
    if (asked.llm_tool) return choose(from, *asked.llm_tool, *asked.model, asked.model_server, asked.via);
    return choose_default(from, asked.via);
}

launchable<launch_settings> read_settings(const launch_choice& chosen, const launch_request& asked) {
    launch_settings read;
    read.prompt = asked.prompt;
    read.resume = asked.resume;
    if (!chosen.by) return read;
    table_reader launch("launch_config", chosen.by->launch_config);
    table_reader model("model_properties", chosen.by->model_properties);
    read.yolo = launch.flag("yolo");
    read.permission_mode = launch.text("permission_mode");
    read.flags = launch.texts("flags");
    const auto prefix = launch.text("prompt_prefix");
    const auto suffix = launch.text("prompt_suffix");
    if (asked.prompt) read.prompt = wrapped(*asked.prompt, prefix, suffix);
    read.reasoning_effort = model.text("reasoning_effort");

    const std::string& fault = launch.fault().empty() ? model.fault() : launch.fault();
    if (!fault.empty()) {
        return refusal(reason::conflict,
                       fmt::format("delegator {} cannot be launched: {}", in_quotes(chosen.by->name), fault));
    }
    for (const std::string& key : launch.others(our_launch_keys))
        read.warnings.push_back(fmt::format("{} is for other programs: launching does not act on it", key));
    for (const std::string& key : model.others(std::array<std::string_view, 1>{"reasoning_effort"}))
        read.warnings.push_back(fmt::format("{} is not passed on to {}", key, chosen.tool->name));
    if (read.yolo && read.permission_mode) {
        read.permission_mode.reset();
        read.warnings.emplace_back("launch_config.permission_mode is left out: yolo allows everything");
    }
    return read;
}

}  // namespace opd::launch
