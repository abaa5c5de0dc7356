#include "daemon/launch/settings.hpp"

#include "config/utf8.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace json = boost::json;

namespace opd {
namespace {

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
            for (const json::value& one : *list) {
                if (one.is_string()) read.emplace_back(one.get_string());
            }
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

launchable<launch_settings> read_settings(const launch_choice& chosen, const std::optional<std::string>& prompt) {
    launch_settings read;
    read.prompt = prompt;
    if (!chosen.by) return read;
    table_reader launch("launch_config", chosen.by->launch_config);
    table_reader model("model_properties", chosen.by->model_properties);
    read.yolo = launch.flag("yolo");
    read.permission_mode = launch.text("permission_mode");
    read.flags = launch.texts("flags");
    const auto prefix = launch.text("prompt_prefix");
    const auto suffix = launch.text("prompt_suffix");
    if (prompt) read.prompt = wrapped(*prompt, prefix, suffix);
    read.reasoning_effort = model.text("reasoning_effort");

    const std::string& fault = launch.fault().empty() ? model.fault() : launch.fault();
    if (!fault.empty()) {
        return change_refusal{
            .why = change_refusal::reason::conflict,
            .message = fmt::format("delegator {} cannot be launched: {}", in_quotes(chosen.by->name), fault),
            .details = {}};
    }
    for (const std::string& key : launch.others(our_launch_keys)) {
        read.warnings.push_back(fmt::format("{} is for other programs: launching does not act on it", key));
    }
    for (const std::string& key : model.others(std::array<std::string_view, 1>{"reasoning_effort"})) {
        read.warnings.push_back(fmt::format("{} is not passed on to {}", key, chosen.tool->name));
    }
    if (read.yolo && read.permission_mode) {
        read.permission_mode.reset();
        read.warnings.emplace_back("launch_config.permission_mode is left out: yolo allows everything");
    }
    return read;
}

}  // namespace opd
