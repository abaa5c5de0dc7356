#include "config/config_change.hpp"
#include "config/fields.hpp"
#include "config/toml/editor.hpp"
#include "config/toml/parse.hpp"

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

change_refusal refused(const diagnostic& why) { return {.message = why.sentence()}; }

/// Changes a text step by step, up to the first refusal.
class text_edit {
public:
    text_edit(const source_text& old_text, const std::string& file)
        : old_(old_text), file_(file), text_(old_text.text()) {}

    /// `concerned` is what is changed, if it is there already.
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

    const std::optional<change_refusal>& refusal() const { return refusal_; }
    const std::string& text() const { return text_; }

    /// The change cannot be made in this text.
    change_refusal misfit() const {
        const std::string what = "this cannot be changed here without changing something else, too";
        const std::string next = "edit the file by hand";
        return refused(concerned_ == nullptr ? old_.whole(what, next)
                                             : old_.at(concerned_->offset, concerned_->length, what, next));
    }

private:
    const source_text& old_;
    const std::string& file_;
    std::string text_;
    const toml_node* concerned_ = nullptr;  ///< the first entry that is changed
    std::optional<change_refusal> refusal_;
};

/// How one list of entries becomes another; what is new stands last. All that it is made of must outlive it.
template <class Entry>
class list_change {
public:
    list_change(std::string_view key, const std::vector<Entry>& before, const std::vector<Entry>& after,
                const toml_node& old_root)
        : key_(key), before_(before), after_(after), written_(old_root.find_or_empty(key).children) {
        std::unordered_map<std::string_view, std::size_t> places;
        for (std::size_t i = 0; i < before.size(); ++i) places.emplace(before[i].name, i);
        std::size_t next = 0;
        for (std::size_t i = 0; i < after.size(); ++i) {
            const auto known = places.find(after[i].name);
            // One that was removed and made again stands behind where it stood.
            if (known == places.end() || known->second < next) {
                added_.push_back(i);
                continue;
            }
            for (; next < known->second; ++next) removed_.push_back(next);
            kept_.emplace_back(next++, i);
        }
        for (; next < before.size(); ++next) removed_.push_back(next);
    }

    /// The text has a table for each of the entries before.
    bool is_whole() const { return written_.size() == before_.size(); }

    void make(text_edit& edit) const {
        for (const auto& [from, to] : kept_) {
            if (same_entry(before_[from], after_[to])) continue;
            const auto [was, is] = tables(from, to);
            edit.step(&written_[from],
                      [&](const source_text& now) { return update_element(now, key_, from, was, is); });
        }
        for (std::size_t i = removed_.size(); i-- > 0;) {
            const std::size_t place = removed_[i];
            edit.step(&written_[place], [&](const source_text& now) { return remove_element(now, key_, place); });
        }
        for (const std::size_t i : added_) {
            edit.step(written_.empty() ? nullptr : &written_.back(),
                      [&](const source_text& now) { return append_element(now, key_, entry_table(after_[i])); });
        }
    }

    /// Whether the entries that were read from the new text are those that are wanted, and all else in them is as it
    /// was.
    bool is_made(const std::vector<Entry>& read, const toml_node& new_root) const {
        const std::vector<toml_node>& now = new_root.find_or_empty(key_).children;
        if (now.size() != after_.size() || !std::ranges::equal(read, after_, same_entry<Entry>)) return false;
        return std::ranges::all_of(kept_, [&](const auto& places) {
            const auto [from, to] = places;
            if (same_entry(before_[from], after_[to])) return same_tree(written_[from], now[to]);
            const auto [was, is] = tables(from, to);
            return same_but(written_[from], now[to], field_names_of<Entry>()) &&
                   kept_in_place(written_[from], now[to], was, is);
        });
    }

private:
    /// What an entry that is kept is written as before and after.
    std::pair<boost::json::object, boost::json::object> tables(std::size_t from, std::size_t to) const {
        const auto idle = idle_fields(before_[from], written_[from]);
        return {entry_table(before_[from], idle), entry_table(after_[to], idle)};
    }

    std::string_view key_;
    const std::vector<Entry>& before_;
    const std::vector<Entry>& after_;
    const std::vector<toml_node>& written_;                  ///< before
    std::vector<std::pair<std::size_t, std::size_t>> kept_;  ///< places before and after
    std::vector<std::size_t> removed_;
    std::vector<std::size_t> added_;
};

/// `[llm_tools]`; a text that is empty is written all the same where one stands in the file already.
boost::json::object default_table(const config& values, const toml_node& written) {
    boost::json::object table;
    for (const auto& [key, text] : {std::pair("default_tool", values.llm_tools.default_tool),
                                    std::pair("default_model", values.llm_tools.default_model)}) {
        const toml_node* found = written.find(key);
        if (!text.empty() || (found != nullptr && found->text.empty())) table[key] = text;
    }
    return table;
}

change_refusal too_large(const std::string& file, std::size_t bytes) {
    return {.why = change_refusal::reason::too_large,
            .message = fmt::format("{} would have {} bytes, more than {}; remove what is no longer needed first", file,
                                   bytes, max_config_bytes)};
}

}  // namespace

changed<edited_config> edit_config(const std::string& text, const std::string& file, const config& before,
                                   const config& after, toml_memory& memory) {
    const source_text old_text(file, text);
    const auto old_root = parse_toml(old_text, memory);
    if (!old_root) return refused(old_root.error());
    text_edit edit(old_text, file);
    const list_change servers("model_servers", before.model_servers, after.model_servers, *old_root);
    const list_change delegators("delegators", before.delegators, after.delegators, *old_root);
    if (!servers.is_whole() || !delegators.is_whole()) return edit.misfit();

    servers.make(edit);
    delegators.make(edit);
    const toml_node& defaults = old_root->find_or_empty("llm_tools");
    if (before.llm_tools != after.llm_tools) {
        edit.step(old_root->find("llm_tools"), [&](const source_text& now) {
            return update_table(now, "llm_tools", default_table(before, defaults), default_table(after, defaults));
        });
    }
    if (edit.refusal()) return *edit.refusal();
    if (edit.text().size() > max_config_bytes) return too_large(file, edit.text().size());

    const source_text new_text(file, edit.text());
    const auto new_root = parse_toml(new_text, memory);
    if (!new_root) return edit.misfit();
    auto loaded = read_config(new_text, *new_root);
    if (!loaded) return edit.misfit();
    const config& read = loaded->values;
    const bool is_made = servers.is_made(read.model_servers, *new_root) &&
                         delegators.is_made(read.delegators, *new_root) && read.llm_tools == after.llm_tools &&
                         same_but(*old_root, *new_root, our_tables) &&
                         same_but(defaults, new_root->find_or_empty("llm_tools"), default_keys);
    if (!is_made) return edit.misfit();
    return edited_config{.text = edit.text(), .loaded = *std::move(loaded)};
}

}  // namespace opd
