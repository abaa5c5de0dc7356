#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// Dice that fall in the same way for the same seed on every machine.
class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }

    bool one_in(std::size_t chances) { return below(chances) == 0; }

    template <class Container>
    const auto& any_of(const Container& choices) {
        return choices[below(std::size(choices))];
    }

    template <class T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

private:
    std::mt19937_64 engine_;
};

/// Values as a client may send them.
class random_json {
public:
    explicit random_json(dice& luck) : luck_(luck) {}

    std::string key() {
        static constexpr std::array<std::string_view, 14> keys{
            "name", "kind", "base_url", "env", "flags", "props", "n", "on", "a key", "größe", "a.b", "", "0", "#c"};
        return std::string(luck_.any_of(keys));
    }

    std::string text() {
        static constexpr std::array<std::string_view, 12> texts{"",
                                                                "plain",
                                                                "it's",
                                                                "say \"hi\"",
                                                                "C:\\dir\\",
                                                                "two\nlines\n",
                                                                "tab\there",
                                                                "[[header]]",
                                                                "# no comment",
                                                                "東京 \xF0\x9F\x98\x80",
                                                                "a\r\nb\x01\x7f",
                                                                "{x = 1, y = [2]}"};
        return std::string(luck_.any_of(texts));
    }

    boost::json::value scalar() {
        static constexpr std::array<double, 6> reals{0.5, -3.25, 1e300, 5e-324, 100.0, 0.1};
        switch (luck_.below(6)) {
            case 0: return luck_.one_in(2);
            case 1: return static_cast<std::int64_t>(luck_.below(2000)) - 1000;
            case 2: return luck_.any_of(reals);
            default: return boost::json::string(text());
        }
    }

    boost::json::value value(int depth = 0) {
        const std::size_t choice = luck_.below(depth > 2 ? 6 : 10);
        if (choice < 6) return scalar();
        if (choice < 8) return array(depth);
        return object(depth);
    }

    boost::json::array array(int depth) {
        boost::json::array made;
        for (std::size_t i = luck_.below(4); i > 0; --i) made.push_back(value(depth + 1));
        return made;
    }

    boost::json::object object(int depth = 0) {
        boost::json::object made;
        for (std::size_t i = luck_.below(5); i > 0; --i) made[key()] = value(depth + 1);
        return made;
    }

    /// Another object that has much in common with this one.
    boost::json::object changed(const boost::json::object& before) {
        std::vector<std::pair<std::string, boost::json::value>> members;
        for (const auto& member : before) {
            const std::size_t choice = luck_.below(8);
            if (choice == 0) continue;
            members.emplace_back(member.key(), choice < 4 ? changed(member.value()) : member.value());
        }
        if (luck_.one_in(12)) members.clear();
        for (std::size_t i = luck_.below(3); i > 0; --i) {
            const auto place = static_cast<std::ptrdiff_t>(luck_.below(members.size() + 1));
            members.insert(members.begin() + place, {key(), value()});
        }
        if (luck_.one_in(8)) luck_.shuffle(members);
        boost::json::object after;
        for (auto& [name, value] : members) after[name] = std::move(value);
        return after;
    }

    boost::json::value changed(const boost::json::value& before) {
        if (luck_.one_in(8)) return value();
        if (before.is_object()) return changed(before.get_object());
        if (before.is_array()) return changed(before.get_array());
        return scalar();
    }

    boost::json::array changed(const boost::json::array& before) {
        boost::json::array after;
        for (const auto& element : before) {
            const std::size_t choice = luck_.below(8);
            if (choice == 0) after.push_back(value(2));
            if (choice != 1) after.push_back(choice == 2 ? changed(element) : element);
        }
        if (luck_.one_in(3)) after.push_back(value(2));
        return after;
    }

private:
    dice& luck_;
};

/// Texts as people and programs write them, in a random style. `model_servers` and `delegators` are arrays of tables,
/// `llm_tools` is a table, and there is more. Each comment starts with another `#cN`.
class random_toml {
public:
    explicit random_toml(dice& luck) : luck_(luck), data_(luck) {}

    std::string write() {
        line_break_ = luck_.one_in(4) ? "\r\n" : "\n";
        equals_ = luck_.any_of(std::array<std::string_view, 5>{" = ", "=", "  =  ", "\t= ", " = "});
        literal_ = luck_.one_in(3);
        comments_ = 2 + luck_.below(8);
        blank_lines_ = luck_.below(3);
        size_ = 1 + luck_.below(4);
        std::string root;
        std::vector<std::string> blocks;
        write_array("model_servers", root, blocks);
        write_array("delegators", root, blocks);
        write_tools(root, blocks);
        for (std::size_t i = luck_.below(size_ + 1); i > 0; --i) insert_anywhere(blocks, foreign_table());
        std::string text = luck_.one_in(8) ? "\xEF\xBB\xBF" : "";
        text += between() + "f0" + std::string(equals_) + value(2) + end() + root;
        if (luck_.one_in(6)) text = text.starts_with('\xEF') ? "\xEF\xBB\xBF" : "";  // nothing before the first header
        for (const std::string& block : blocks) text += blank_lines() + block;
        text += between();
        if (luck_.one_in(4) && text.ends_with('\n')) text.resize(text.size() - line_break_.size());
        return text;
    }

private:
    using strings = std::vector<std::string>;

    std::string comment() { return fmt::format("#c{} [x] ={}", ++comment_, luck_.one_in(2) ? " \"'" : ""); }

    /// The rest of a line behind a value or a header.
    std::string end() {
        return std::string(luck_.any_of(std::array<std::string_view, 4>{"", "", " ", "\t"})) +
               (luck_.one_in(comments_) ? comment() : "") + line_break_;
    }

    /// Comments and blank lines between statements.
    std::string between() {
        std::string lines;
        while (luck_.one_in(comments_)) {
            lines += luck_.one_in(3) ? "" : indent() + comment();
            lines += line_break_;
        }
        return lines;
    }

    std::string blank_lines() {
        std::string lines;
        for (std::size_t i = luck_.one_in(5) ? luck_.below(4) : blank_lines_; i > 0; --i) lines += line_break_;
        return lines;
    }

    std::string indent() { return luck_.one_in(6) ? "  " : ""; }

    std::string key_written(std::string_view key) {
        const bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
        if (bare && !luck_.one_in(8)) return std::string(key);
        return luck_.one_in(2) ? fmt::format("\"{}\"", key) : fmt::format("'{}'", key);
    }

    std::string dot() { return luck_.one_in(8) ? " . " : "."; }

    std::string text() {
        static constexpr std::array<std::string_view, 8> plain{"",    "plain", "a b",        "[[model_servers]]",
                                                               "# x", "{}",    "a, b = [c]", "東京"};
        const std::string written(luck_.any_of(plain));
        if (luck_.one_in(10)) {
            const std::string_view quotes = luck_.one_in(2) ? "\"\"\"" : "'''";
            return fmt::format("{0}{1}[[model_servers]]{1}name = 1 # x{1}{2}{0}", quotes, line_break_, written);
        }
        if (luck_.one_in(8)) return "\"\\u0041\\\"\\t#\"";
        return literal_ != luck_.one_in(8) ? "'" + written + "'" : "\"" + written + "\"";
    }

    std::string scalar() {
        static constexpr std::array<std::string_view, 12> others{
            "1",    "-17",   "0xFF", "1_000", "1.5",        "6.02e23",
            "true", "false", "inf",  "0b101", "2024-01-02", "2024-01-02 03:04:05Z"};
        return luck_.one_in(2) ? text() : std::string(luck_.any_of(others));
    }

    std::string value(int depth) {
        const std::size_t choice = luck_.below(depth > 3 ? 5 : 8);
        if (choice < 5) return scalar();
        return choice == 5 ? inline_table(depth) : array(depth);
    }

    std::string array(int depth) {
        const bool in_lines = luck_.one_in(2);
        std::string written = "[";
        if (in_lines && luck_.one_in(4)) written += " " + comment();
        const std::string blank = luck_.one_in(2) ? " " : "";
        const std::size_t count = luck_.below(size_ + 2);
        for (std::size_t i = 0; i < count; ++i) {
            const bool breaks = in_lines && (i == 0 || !luck_.one_in(4));
            if (breaks)
                written += line_break_ + (luck_.one_in(6) ? "  " + comment() + line_break_ : "") + "  ";
            else
                written += i == 0 ? blank : " ";
            written += value(depth + 1) + (luck_.one_in(8) ? " " : "");
            if (i + 1 < count || luck_.one_in(3)) written += ",";
            // A comment must be followed by a new line, which the next element may not begin.
            if (in_lines && luck_.one_in(6)) written += " " + comment() + line_break_;
        }
        if (in_lines && luck_.one_in(6)) written += line_break_ + "  " + comment();
        return written + (in_lines ? line_break_ : blank) + "]";
    }

    strings keys(std::size_t most) {
        strings made;
        for (std::size_t i = luck_.below(most + 1); i > 0; --i) {
            const std::string key = data_.key();
            if (std::ranges::find(made, key) == made.end()) made.push_back(key);
        }
        return made;
    }

    std::string inline_table(int depth) {
        const std::string blank = luck_.one_in(3) ? "" : " ";
        std::string written;
        for (const std::string& key : keys(size_)) {
            written += written.empty() ? "" : luck_.one_in(6) ? " ," : ", ";
            const bool dotted = depth < 3 && luck_.one_in(6);
            if (dotted) {
                const std::string name = key_written(key);
                written += name + ".x" + std::string(equals_) + value(depth + 1) + ", ";
                written += name + dot() + "y" + std::string(equals_) + value(depth + 1);
            } else {
                written += key_written(key) + std::string(equals_) + value(depth + 1);
            }
        }
        return "{" + (written.empty() ? "" : blank + written + blank) + "}";
    }

    /// The members of a table: pairs, and what has headers of its own.
    void write_members(const std::string& path, int depth, std::string& pairs, strings& sections) {
        const std::string inside = indent();
        const std::size_t column = luck_.one_in(4) ? 12 : 0;
        for (const std::string& key : keys(size_ + 1)) {
            pairs += between();
            const std::size_t choice = luck_.below(8);
            if (choice == 0 && depth < 3) {
                sections.push_back(section(path + dot() + key_written(key), depth + 1));
            } else if (choice == 1 && depth < 2) {
                const std::string array = path + dot() + key_written(key);
                for (std::size_t i = 1 + luck_.below(3); i > 0; --i)
                    sections.push_back(section(array, depth + 1, true));
            } else if (choice == 2) {
                for (const std::string_view part : {"x", "y z", "w"}) {
                    if (luck_.one_in(3)) continue;
                    pairs +=
                        inside + key_written(key) + dot() + key_written(part) + std::string(equals_) + value(2) + end();
                }
            } else {
                std::string written = key_written(key);
                if (written.size() < column) written.resize(column, ' ');
                pairs += inside + written + std::string(equals_) + value(1) + end();
            }
        }
    }

    /// A section with those below it.
    std::string section(const std::string& path, int depth, bool element = false) {
        strings below;
        std::string pairs;
        write_members(path, depth, pairs, below);
        const bool implied =
            !element && pairs.empty() && !below.empty() && below.front().find("[[") == std::string::npos;
        std::string written = between();
        if (!implied || !luck_.one_in(2)) {
            const std::string blank = luck_.one_in(8) ? " " : "";
            written +=
                indent() + (element ? "[[" : "[") + blank + path + blank + (element ? "]]" : "]") + end() + pairs;
        }
        for (const std::string& each : below) written += blank_lines() + each;
        return written;
    }

    void write_array(const std::string& name, std::string& root, strings& blocks) {
        const std::size_t choice = luck_.below(10);
        if (choice == 0) return;
        if (choice == 1) {
            const std::string inside = array_of_tables();
            root += between() + key_written(name) + std::string(equals_) + inside + end();
            return;
        }
        for (std::size_t i = 1 + luck_.below(size_); i > 0; --i) {
            strings below;
            std::string pairs;
            const std::string path = key_written(name);
            write_members(path, 0, pairs, below);
            std::string block = between() + indent() + "[[" + path + "]]" + end() + pairs;
            // What belongs to the last element may stand behind other tables.
            const bool apart = i == 1 && luck_.one_in(3);
            for (const std::string& each : below)
                if (!apart) block += blank_lines() + each;
            blocks.push_back(block);
            if (apart && !below.empty()) {
                blocks.push_back(foreign_table());
                blocks.insert(blocks.end(), below.begin(), below.end());
            }
        }
    }

    std::string array_of_tables() {
        std::string written = "[";
        const std::string lead = luck_.one_in(2) ? line_break_ + "  " : luck_.one_in(2) ? " " : "";
        for (std::size_t i = luck_.below(4); i > 0; --i)
            written += (written.size() > 1 ? "," : "") + lead + inline_table(1);
        return written + (lead.size() > 1 ? line_break_ : lead) + "]";
    }

    void write_tools(std::string& root, strings& blocks) {
        const std::size_t choice = luck_.below(6);
        if (choice == 0) {
            root += between() + "llm_tools" + std::string(equals_) + inline_table(1) + end();
        } else if (choice == 1) {
            root += "llm_tools.default_tool" + std::string(equals_) + text() + end();
            root += between() + "llm_tools" + dot() + "kind" + std::string(equals_) + value(1) + end();
        } else if (choice < 5) {
            insert_anywhere(blocks, section("llm_tools", 1));
        }
    }

    std::string foreign_table() {
        const std::string name = fmt::format("f{}", ++foreign_tables_);
        std::string written = between() + (luck_.one_in(2) ? "[" + name + "]" : "[[" + name + "]]") + end();
        for (std::size_t i = luck_.below(4); i > 0; --i)
            written += between() + indent() + fmt::format("k{}", i) + std::string(equals_) + value(1) + end();
        return written;
    }

    void insert_anywhere(strings& blocks, std::string block) {
        const auto place = static_cast<std::ptrdiff_t>(luck_.below(blocks.size() + 1));
        blocks.insert(blocks.begin() + place, std::move(block));
    }

    dice& luck_;
    random_json data_;
    std::string line_break_ = "\n";
    std::string_view equals_ = " = ";
    bool literal_ = false;
    std::size_t comments_ = 4;
    std::size_t blank_lines_ = 1;
    std::size_t size_ = 1;  ///< of tables, arrays and the whole
    std::size_t comment_ = 0;
    std::size_t foreign_tables_ = 0;
};

}  // namespace opd
