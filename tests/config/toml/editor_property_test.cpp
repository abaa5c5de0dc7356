#include "config/toml/editor.hpp"
#include "config/toml/layout.hpp"
#include "config/toml/parse.hpp"
#include "tests/config/toml/random_toml.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {
namespace {

namespace json = boost::json;

std::size_t rounds() {
    const char* wanted = std::getenv("OPD_PROPERTY_ROUNDS");
    return wanted == nullptr ? 25 : static_cast<std::size_t>(std::strtoull(wanted, nullptr, 10));
}

std::uint64_t first_seed() {
    const char* wanted = std::getenv("OPD_PROPERTY_SEED");
    return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
}

std::optional<json::object> read(std::string_view text) {
    const auto root = parse_toml(source_text("operator.toml", text));
    return root ? std::optional(to_json_object(*root)) : std::nullopt;
}

std::optional<json::object> read(std::string_view text, toml_memory& memory) {
    const auto root = parse_toml(source_text("operator.toml", text), memory);
    return root ? std::optional(to_json_object(*root)) : std::nullopt;
}

bool starts_with(const toml_path& path, const toml_path& start) {
    return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

/// A member that differs, and is not a table before and after.
struct difference {
    toml_path path;
    const json::value* before;  ///< null: it was not there
    const json::value* after;   ///< null: it is not there any more
};

void find_differences(const toml_path& path, const json::object& before, const json::object& after,
                      std::vector<difference>& found) {
    const auto compare = [&](std::string_view key) {
        const json::value* old = before.if_contains(key);
        const json::value* now = after.if_contains(key);
        toml_path inner = path;
        inner.emplace_back(std::string(key));
        if (old != nullptr && now != nullptr && old->is_object() && now->is_object() &&
            (!now->get_object().empty() || old->get_object().empty())) {
            find_differences(inner, old->get_object(), now->get_object(), found);
        } else if (old == nullptr || now == nullptr || !same_value(*old, *now)) {
            found.push_back({inner, old, now});
        }
    };
    for (const auto& member : before) compare(member.key());
    for (const auto& member : after)
        if (!before.contains(member.key())) compare(member.key());
}

/// A text as the tests see it.
struct seen_text {
    explicit seen_text(std::string_view whole) : text(whole), layout(layout_of_text(whole)) {
        for (const toml_statement& statement : layout.statements) paths.push_back(statement.path);
    }

    std::string_view part(std::size_t begin, std::size_t end) const {
        std::string_view found = text.substr(begin, end - begin);
        while (found.ends_with('\n') || found.ends_with('\r')) found.remove_suffix(1);  // the last line may have none
        return found;
    }

    std::string_view text;
    toml_layout layout;
    std::vector<toml_path> paths;
};

/// What is not blank of the text between the statements for which `own` holds, line by line; with the place of each.
template <class Own>
std::vector<std::pair<std::string_view, std::size_t>> other_lines(const seen_text& seen, Own own) {
    std::vector<std::pair<std::string_view, std::size_t>> lines;
    const auto add = [&](std::size_t begin, std::size_t end) {
        while (begin < end) {
            const std::size_t next = std::min(seen.text.find('\n', begin), end - 1) + 1;
            const std::string_view line = seen.part(begin, next);
            if (line.find_first_not_of(" \t\r\n") != line.npos) lines.emplace_back(line, begin);
            begin = next;
        }
    };
    std::size_t at = seen.layout.start;
    for (std::size_t i = 0; i < seen.paths.size(); ++i) {
        if (!own(seen.paths[i])) continue;
        add(at, seen.layout.statements[i].lines.begin);
        at = seen.layout.statements[i].lines.end;
    }
    add(at, seen.text.size());
    return lines;
}

/// Checks that a change of one text into another kept to what it is about. A complaint, or nothing.
class keeper {
public:
    keeper(std::string_view before, std::string_view after) : before_(before), after_(after) {}

    /// Lines that do not belong to `own` are the same, but for comments that `may_go` allows.
    template <class Own, class MayGo>
    std::string lines(Own own, MayGo may_go) const {
        const auto old = other_lines(before_, own);
        const auto now = other_lines(after_, own);
        std::size_t at = 0;
        for (const auto& [line, place] : old)
            if (at < now.size() && now[at].first == line)
                ++at;
            else if (line.find("#c") == line.npos || !may_go(place))
                return "a line is gone: " + std::string(line);
        return at == now.size() ? "" : "there is a new line: " + std::string(now[at].first);
    }

    std::string update(const toml_path& table, const std::vector<difference>& differences) const {
        for (std::size_t i = 0; i < before_.paths.size(); ++i) {
            if (!starts_with(before_.paths[i], table)) continue;
            if (std::string complaint = statement(i, differences); !complaint.empty()) return complaint;
        }
        const auto own = [&](const toml_path& path) { return starts_with(path, table) || starts_with(table, path); };
        return lines(own, [&](std::size_t place) { return is_between_gone(place, differences); });
    }

private:
    static bool is_within(const toml_path& path, const std::vector<difference>& differences) {
        return std::ranges::any_of(differences, [&](const difference& each) { return starts_with(path, each.path); });
    }

    /// The place is between two statements of one member that changes.
    bool is_between_gone(std::size_t place, const std::vector<difference>& differences) const {
        const std::vector<toml_statement>& statements = before_.layout.statements;
        for (std::size_t i = 0; i + 1 < statements.size(); ++i) {
            if (place < statements[i].lines.end || place >= statements[i + 1].lines.begin) continue;
            return std::ranges::any_of(differences, [&](const difference& each) {
                return starts_with(before_.paths[i], each.path) && starts_with(before_.paths[i + 1], each.path);
            });
        }
        return false;
    }

    std::string statement(std::size_t i, const std::vector<difference>& differences) const {
        const toml_statement& old = before_.layout.statements[i];
        const toml_path& path = before_.paths[i];
        const bool is_pair = old.what == toml_statement::type::pair;
        const difference* own = nullptr;
        bool inner = false;
        for (const difference& each : differences) {
            if (each.path == path) own = &each;
            inner = inner || (starts_with(each.path, path) && each.path != path);
            if (starts_with(path, each.path) && (path != each.path || each.after == nullptr || !is_pair)) return "";
        }
        const auto found = std::ranges::find(after_.paths, path);
        if (found == after_.paths.end()) return "gone: " + std::string(before_.part(old.lines.begin, old.lines.end));
        const toml_statement& now = after_.layout.statements[static_cast<std::size_t>(found - after_.paths.begin())];
        const std::string_view old_line = before_.part(old.lines.begin, old.lines.end);
        const std::string_view new_line = after_.part(now.lines.begin, now.lines.end);
        if (!is_pair || (own == nullptr && !inner))
            return old_line == new_line ? "" : "changed: " + std::string(old_line);
        const bool kept =
            before_.part(old.lines.begin, old.value.begin) == after_.part(now.lines.begin, now.value.begin) &&
            before_.part(old.value.end, old.lines.end) == after_.part(now.value.end, now.lines.end);
        if (!kept) return "changed beside the value: " + std::string(old_line);
        if (own != nullptr && own->before->is_array() && own->after->is_array()) return array(*own, old, now);
        return "";
    }

    /// Comments in lines of their own stay, and where no element goes or changes, all do.
    std::string array(const difference& of, const toml_statement& old, const toml_statement& now) const {
        const json::array& before = of.before->get_array();
        const auto [head, tail] = common_ends(before, of.after->get_array());
        const bool all_stay = head + tail == before.size();
        const bool flat = std::ranges::none_of(
            before, [](const json::value& value) { return value.is_array() || value.is_object(); });
        std::size_t at = now.value.begin;
        for (std::size_t i = before_.text.find("#c", old.value.begin); i < old.value.end;
             i = before_.text.find("#c", i + 1)) {
            const std::size_t end = std::min(before_.text.find_first_of(" \"'\n", i), old.value.end);
            const std::size_t first = before_.text.find_first_not_of(" \t", before_.text.rfind('\n', i) + 1);
            if (end == i + 2 || !(all_stay || (flat && first == i))) continue;
            at = after_.text.find(before_.text.substr(i, end - i), at);
            if (at >= now.value.end) return "a comment is gone: " + std::string(before_.text.substr(i, end - i));
        }
        return "";
    }

    seen_text before_;
    seen_text after_;
};

/// One random text, and random changes of it.
class round {
public:
    explicit round(std::uint64_t seed) : luck_(seed), data_(luck_), text_(random_toml(luck_).write()) { run(); }

    std::string complaint;

private:
    void run() {
        auto root = read(text_, memory_);
        if (!root) return complain("the random text is no TOML");
        model_ = std::move(*root);
        for (int i = 0; i < 5 && complaint.empty(); ++i) step();
        // The memory makes it faster, but is not what is tested here.
        if (complaint.empty() && read(text_) != read(text_, memory_)) complain("a part was remembered wrongly");
    }

    void complain(const std::string& what) {
        complaint = what + "\n--- " + done_ + "\n" + old_ + "\n--- is now\n" + text_ + "---";
    }

    void step() {
        static constexpr std::array<std::string_view, 2> arrays{"model_servers", "delegators"};
        const std::string array(luck_.any_of(arrays));
        const std::size_t count = model_.contains(array) ? model_[array].as_array().size() : 0;
        switch (luck_.below(8)) {
            case 0: return append(array, count);
            case 1: return append_and_remove(array, count);
            case 2:
                if (count > 0) remove(array, luck_.below(count));
                return;
            case 3: return update({"llm_tools"}, model_.contains("llm_tools") ? model_["llm_tools"] : json::object());
            default:
                if (count == 0) return;
                const std::size_t index = luck_.below(count);
                return update({array, index}, model_[array].as_array()[index]);
        }
    }

    /// Takes over a new text that has to mean the model.
    void adopt(const result<std::string, diagnostic>& edited) {
        old_ = text_;
        if (!edited) return complain("refused: " + edited.error().text());
        text_ = *edited;
        const auto root = read(text_, memory_);
        if (!root) return complain("the result is no TOML");
        if (!same_value(*root, model_)) {
            std::vector<difference> wrong;
            find_differences({}, model_, *root, wrong);
            const auto in_words = [](const json::value* value) { return value ? json::serialize(*value) : "nothing"; };
            const std::string name = wrong.empty() ? "" : std::get<std::string>(wrong.front().path.back());
            return complain("wrong: " + name + " is " + in_words(wrong.front().after) + "\nand not " +
                            in_words(wrong.front().before));
        }
    }

    void update(const toml_path& table, json::value old) {
        json::object before = old.as_object();
        json::object after = data_.changed(before);
        json::object whole = after;
        if (luck_.one_in(3)) {
            // Somebody else's members.
            const json::object all = before;
            for (const auto& member : all) {
                if (!luck_.one_in(4)) continue;
                whole[member.key()] = member.value();
                before.erase(member.key());
                after.erase(member.key());
            }
        }
        done_ = "update " + json::serialize(before) + "\n    to " + json::serialize(after);
        if (table.size() == 1) {
            if (!before.empty() || !after.empty() || model_.contains("llm_tools")) model_["llm_tools"] = whole;
        } else {
            model_[std::get<std::string>(table[0])].as_array()[std::get<std::size_t>(table[1])] = whole;
        }
        const std::string name = std::get<std::string>(table[0]);
        adopt(table.size() == 1 ? update_table(source(), name, before, after)
                                : update_element(source(), name, std::get<std::size_t>(table[1]), before, after));
        if (!complaint.empty()) return;
        std::vector<difference> differences;
        find_differences(table, before, after, differences);
        if (table.size() == 1 && after.empty() && !before.empty()) differences.push_back({table, nullptr, nullptr});
        if (const std::string said = keeper(old_, text_).update(table, differences); !said.empty()) complain(said);
    }

    void append(const std::string& array, std::size_t count) {
        const json::object element = data_.object();
        done_ = "append " + json::serialize(element);
        if (count == 0) model_[array] = json::array();
        model_[array].as_array().push_back(element);
        adopt(append_element(source(), array, element));
        if (!complaint.empty()) return;
        const toml_path path{array, count};
        const auto own = [&](const toml_path& of) { return starts_with(of, path) || of == toml_path{array}; };
        const std::string said = keeper(old_, text_).lines(own, [](std::size_t) { return false; });
        if (!said.empty()) complain(said);
    }

    void remove(const std::string& array, std::size_t index) {
        done_ = "remove " + std::to_string(index) + " of " + array;
        json::array& elements = model_[array].as_array();
        elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(index));
        // Without headers there is no array; written as one value it is [].
        const toml_layout layout = layout_of_text(text_);
        const auto is_value = [&](const toml_statement& statement) { return statement.path == toml_path{array}; };
        if (elements.empty() && std::ranges::none_of(layout.statements, is_value)) model_.erase(array);
        adopt(remove_element(source(), array, index));
        if (!complaint.empty()) return;
        check_removal(array, index);
    }

    void check_removal(const std::string& array, std::size_t index) {
        const toml_path path{array, index};
        const seen_text old(old_);
        std::vector<text_range> gone;
        std::string expected;
        for (std::size_t i = 0; i < old.paths.size(); ++i) {
            const text_range& lines = old.layout.statements[i].lines;
            if (old.paths[i] == toml_path{array}) return;  // within one value
            if (!starts_with(old.paths[i], path)) continue;
            const bool goes_on = i > 0 && starts_with(old.paths[i - 1], path);
            if (goes_on) gone.back().end = lines.end;
            if (!goes_on) gone.push_back(lines);
        }
        std::size_t at = 0;
        for (const text_range& range : gone) {
            expected += old.text.substr(at, range.begin - at);
            at = range.end;
        }
        expected += old.text.substr(at);
        const auto nothing = [](const toml_path&) { return false; };
        const seen_text wanted(expected);
        const seen_text is(text_);
        const auto a = other_lines(wanted, nothing);
        const auto b = other_lines(is, nothing);
        const bool same = std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.first == y.first; });
        if (!same) complain("something else was removed");
    }

    void append_and_remove(const std::string& array, std::size_t count) {
        const json::object element = data_.object();
        done_ = "append and remove " + json::serialize(element);
        const auto more = append_element(source(), array, element);
        if (!more) return complain("refused: " + more.error().text());
        const auto same = remove_element(source_text("operator.toml", *more), array, count);
        if (!same) return complain("refused: " + same.error().text());
        if (*same == text_) return;
        old_ = text_;
        text_ = *same;
        complain("not the same; between them\n" + *more + "---");
    }

    source_text source() const { return {"operator.toml", text_}; }

    dice luck_;
    random_json data_;
    std::string text_;
    std::string old_;
    std::string done_;
    json::object model_;
    toml_memory memory_;
};

}  // namespace

TEST_CASE("random changes of random texts mean what they should, and change nothing else") {
    const std::uint64_t first = first_seed();
    for (std::uint64_t seed = first; seed < first + rounds(); ++seed) {
        const round done(seed);
        if (done.complaint.empty()) continue;
        FAIL("OPD_PROPERTY_SEED=", seed, ": ", done.complaint);
    }
}

}  // namespace opd
