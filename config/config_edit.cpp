#include "config/config_edit.hpp"

#include "config/fields.hpp"
#include "config/toml/compare.hpp"
#include "config/toml/editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

constexpr std::array<std::string_view, 3> our_tables{"model_servers", "delegators", "llm_tools"};
constexpr std::array<std::string_view, 2> default_keys{"default_tool", "default_model"};

/// An empty table where there is no member.
const toml_node& member_or_nothing(const toml_node& table, std::string_view key) {
    static const toml_node nothing;
    const toml_node* found = table.find(key);
    return found == nullptr ? nothing : *found;
}

bool holds_empty_text(const toml_node& table, std::string_view key) {
    const toml_node* found = table.find(key);
    return found != nullptr && found->text.empty();
}

/// How one list of entries becomes another; what is new stands last.
struct entry_plan {
    std::vector<std::pair<std::size_t, std::size_t>> kept;  ///< places before and after
    std::vector<std::size_t> removed;
    std::vector<std::size_t> added;
};

template <class Entry>
entry_plan plan_entries(const std::vector<Entry>& before, const std::vector<Entry>& after) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < before.size(); ++i) places.emplace(before[i].name, i);
    entry_plan plan;
    std::size_t next = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
        const auto known = places.find(after[i].name);
        // One that was removed and made again stands behind where it stood.
        if (known == places.end() || known->second < next) {
            plan.added.push_back(i);
            continue;
        }
        for (; next < known->second; ++next) plan.removed.push_back(next);
        plan.kept.emplace_back(next++, i);
    }
    for (; next < before.size(); ++next) plan.removed.push_back(next);
    return plan;
}

/// What an entry is written as before and after a change.
struct table_change {
    boost::json::object before;
    boost::json::object after;
};

template <class Entry>
table_change change_of(const Entry& before, const Entry& after, const toml_node& written) {
    const auto idle = idle_fields(before, written);
    return {.before = entry_table(before, idle), .after = entry_table(after, idle)};
}

/// `[llm_tools]`; a text that is empty is written all the same where one stands in the file already.
boost::json::object default_table(const config& values, bool empty_tool, bool empty_model) {
    boost::json::object table;
    const auto& [tool, model] = values.llm_tools;
    if (!tool.empty() || empty_tool) table["default_tool"] = tool;
    if (!model.empty() || empty_model) table["default_model"] = model;
    return table;
}

table_change change_of_defaults(const config& before, const config& after, const toml_node& written) {
    const bool empty_tool = holds_empty_text(written, "default_tool");
    const bool empty_model = holds_empty_text(written, "default_model");
    return {.before = default_table(before, empty_tool, empty_model),
            .after = default_table(after, empty_tool, empty_model)};
}

change_refusal refused(const diagnostic& why) {
    change_refusal made;
    made.message = why.sentence();
    return made;
}

/// Changes a text step by step, and then looks whether it says what it should.
class text_edit {
public:
    text_edit(const source_text& old_text, const toml_node& old_root, const std::string& file)
        : old_(old_text), old_root_(old_root), file_(file), text_(old_text.text()) {}

    template <class Entry>
    void change_entries(std::string_view key, const std::vector<Entry>& before, const std::vector<Entry>& after,
                        const entry_plan& plan) {
        const std::vector<toml_node>& written = member_or_nothing(old_root_, key).children;
        for (const auto& [from, to] : plan.kept) {
            if (same_entry(before[from], after[to])) continue;
            const table_change change = change_of(before[from], after[to], written[from]);
            step(&written[from],
                 [&](const source_text& now) { return update_element(now, key, from, change.before, change.after); });
        }
        for (std::size_t i = plan.removed.size(); i-- > 0;) {
            const std::size_t place = plan.removed[i];
            step(&written[place], [&](const source_text& now) { return remove_element(now, key, place); });
        }
        for (const std::size_t i : plan.added) {
            step(written.empty() ? nullptr : &written.back(),
                 [&](const source_text& now) { return append_element(now, key, entry_table(after[i])); });
        }
    }

    void change_defaults(const config& before, const config& after) {
        const auto& [tool, model] = before.llm_tools;
        if (tool == after.llm_tools.default_tool && model == after.llm_tools.default_model) return;
        const table_change change = change_of_defaults(before, after, member_or_nothing(old_root_, "llm_tools"));
        step(old_root_.find("llm_tools"),
             [&](const source_text& now) { return update_table(now, "llm_tools", change.before, change.after); });
    }

    const std::optional<change_refusal>& refusal() const { return refusal_; }
    const std::string& text() const { return text_; }

    /// Whether the entries of the new text are those that are wanted, and all else in them is as it was.
    template <class Entry>
    bool entries_fit(std::string_view key, const std::vector<Entry>& before, const std::vector<Entry>& after,
                     const std::vector<Entry>& read, const entry_plan& plan, const toml_node& new_root) const {
        const std::vector<toml_node>& was = member_or_nothing(old_root_, key).children;
        const std::vector<toml_node>& is = member_or_nothing(new_root, key).children;
        const bool same =
            std::ranges::equal(read, after, [](const Entry& a, const Entry& b) { return same_entry(a, b); });
        if (!same || is.size() != after.size()) return false;
        return std::ranges::all_of(plan.kept, [&](const auto& places) {
            const auto [from, to] = places;
            if (same_entry(before[from], after[to])) return same_tree(was[from], is[to]);
            const table_change change = change_of(before[from], after[to], was[from]);
            return same_but(was[from], is[to], field_names_of<Entry>()) &&
                   kept_in_place(was[from], is[to], change.before, change.after);
        });
    }

    bool rest_fits(const toml_node& new_root) const {
        return same_but(old_root_, new_root, our_tables) &&
               same_but(member_or_nothing(old_root_, "llm_tools"), member_or_nothing(new_root, "llm_tools"),
                        default_keys);
    }

    /// The change cannot be made in this text.
    change_refusal misfit() const {
        const std::string what = "this cannot be changed here without changing something else, too";
        const std::string next = "edit the file by hand";
        return refused(concerned_ == nullptr ? old_.whole(what, next)
                                             : old_.at(concerned_->offset, concerned_->length, what, next));
    }

private:
    template <class Change>
    void step(const toml_node* concerned, const Change& change) {
        if (refusal_) return;
        if (concerned_ == nullptr) concerned_ = concerned;
        auto changed_text = change(source_text(file_, text_));
        if (changed_text)
            text_ = *std::move(changed_text);
        else
            refusal_ = refused(changed_text.error());
    }

    const source_text& old_;
    const toml_node& old_root_;
    const std::string& file_;
    std::string text_;
    const toml_node* concerned_ = nullptr;  ///< the first entry that is changed
    std::optional<change_refusal> refusal_;
};

change_refusal too_large(const std::string& file, std::size_t bytes) {
    change_refusal made;
    made.why = change_refusal::reason::too_large;
    made.message = fmt::format("{} would have {} bytes, more than {}; remove what is no longer needed first", file,
                               bytes, max_config_bytes);
    return made;
}

}  // namespace

changed<edited_config> edit_config(const std::string& text, const std::string& file, const config& before,
                                   const config& after, toml_memory& memory) {
    const source_text old_text(file, text);
    const auto old_root = parse_toml(old_text, memory);
    if (!old_root) return refused(old_root.error());
    text_edit edit(old_text, *old_root, file);
    if (member_or_nothing(*old_root, "model_servers").children.size() != before.model_servers.size() ||
        member_or_nothing(*old_root, "delegators").children.size() != before.delegators.size()) {
        return edit.misfit();
    }

    const entry_plan servers = plan_entries(before.model_servers, after.model_servers);
    const entry_plan delegators = plan_entries(before.delegators, after.delegators);
    edit.change_entries("model_servers", before.model_servers, after.model_servers, servers);
    edit.change_entries("delegators", before.delegators, after.delegators, delegators);
    edit.change_defaults(before, after);
    if (edit.refusal()) return *edit.refusal();
    if (edit.text().size() > max_config_bytes) return too_large(file, edit.text().size());

    const source_text new_text(file, edit.text());
    const auto new_root = parse_toml(new_text, memory);
    if (!new_root) return edit.misfit();
    auto loaded = read_config(new_text, *new_root);
    if (!loaded) return edit.misfit();
    const config& read = loaded->values;
    const bool fits =
        edit.entries_fit("model_servers", before.model_servers, after.model_servers, read.model_servers, servers,
                         *new_root) &&
        edit.entries_fit("delegators", before.delegators, after.delegators, read.delegators, delegators, *new_root) &&
        read.llm_tools.default_tool == after.llm_tools.default_tool &&
        read.llm_tools.default_model == after.llm_tools.default_model && edit.rest_fits(*new_root);
    if (!fits) return edit.misfit();
    return edited_config{.text = edit.text(), .loaded = *std::move(loaded)};
}

}  // namespace opd
