// Random edits of a hostile file, by REST and by hand, against a model of what must be there. OPD_EDIT_SEEDS says with
// how many seeds; the default is one.

#include "tests/e2e/config_model.hpp"
#include "tests/support/toml_edit_check.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <vector>

using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::size_t edits_between_checks = 20;
constexpr std::chrono::seconds patience{5};  // a second is the promise; sanitizers and a busy machine take their share

using milliseconds = std::chrono::duration<double, std::milli>;

/// A daemon on a hostile file, and everything that clients and editors do to it.
class edited_file {
public:
    edited_file(std::string_view text, unsigned seed)
        : daemon_(text), random_(seed), local_(daemon_.local()), tcp_(daemon_.tcp()) {}

    /// One edit, and what is wrong then; empty: nothing.
    std::string edit() {
        before_ = read_file(daemon_.config_file());
        const std::size_t what = random_.below(20);
        if (what >= 14) return edit_by_hand();
        std::string wrong = what < 4 ? create() : what < 8 ? replace() : what < 12 ? remove() : choose_defaults();
        if (wrong.empty()) wrong = differences(model_, local_);
        return wrong.empty() ? wrong : fmt::format("{}: {}{}", last_, wrong, shown_difference(before_, now()));
    }

    std::string differs() { return differences(model_, local_); }

    const std::filesystem::path& file() const { return daemon_.config_file(); }

    std::vector<double>& delays() { return delays_; }

private:
    std::string now() const { return read_file(daemon_.config_file()); }

    rest_client& client() { return random_.once_in(2) ? local_ : tcp_; }

    std::string expect(const rest_answer& answer, unsigned status) const {
        if (answer.status() == status) return {};
        return fmt::format("answered {} instead of {}: {}", answer.status(), status, answer.http.body);
    }

    // By REST.

    std::string create() {
        const bool server = random_.once_in(2);
        const std::string name = random_.name();
        const json::object entry = server ? random_.server(name) : random_.delegator(name, model_);
        last_ = "POST " + json::serialize(entry);
        const rest_answer answer = client().post(server ? "/model-servers" : "/delegators", entry);
        if (auto wrong = expect(answer, 201); !wrong.empty()) return wrong;
        (server ? model_.servers : model_.delegators).emplace_back(entry);
        return beyond_append(before_, now(), server ? "model_servers" : "delegators");
    }

    std::string replace() {
        const bool server = random_.once_in(2);
        json::array& all = server ? model_.servers : model_.delegators;
        if (all.empty()) return choose_defaults();
        const std::size_t index = random_.below(all.size());
        const std::string name = server ? model_.name_of_server(index) : model_.name_of_delegator(index);
        json::object entry = server ? random_.server(name) : random_.delegator(name, model_);
        if (random_.once_in(2)) {
            // Most edits of people change a field or two.
            const json::object fresh = std::exchange(entry, all[index].as_object());
            for (const auto& [key, value] : fresh)
                if (random_.once_in(4)) entry[key] = value;
        }
        if (server && entry.at("base_url").is_null() && entry.at("kind") != "ollama" &&
            entry.at("kind") != "anthropic-api") {
            entry["base_url"] = random_.base_url();
        }
        last_ = fmt::format("PUT {}", json::serialize(entry));
        const rest_answer answer = client().put(server ? server_path(name) : delegator_path(name), without_name(entry));
        if (auto wrong = expect(answer, 200); !wrong.empty()) return wrong;
        all[index] = entry;
        return beyond_update(before_, now(),
                             lines_of_element(lines_of(before_), server ? "model_servers" : "delegators", index));
    }

    std::string remove() {
        const bool server = random_.once_in(2);
        json::array& all = server ? model_.servers : model_.delegators;
        if (all.empty()) return choose_defaults();
        const std::size_t index = random_.below(all.size());
        const std::string name = server ? model_.name_of_server(index) : model_.name_of_delegator(index);
        const bool force = random_.once_in(2);
        last_ = fmt::format("DELETE {} (force: {})", name, force);
        const std::string path =
            (server ? server_path(name) : delegator_path(name)) + (force && server ? "?force=true" : "");
        const rest_answer answer = client().remove(path);
        if (server && !force && model_.is_in_use(name)) {
            const auto wrong = expect(answer, 409);
            return wrong.empty() && now() != before_ ? "a refused request changed the file" : wrong;
        }
        if (auto wrong = expect(answer, 200); !wrong.empty()) return wrong;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(index));
        return beyond_removal(before_, now(), server ? "model_servers" : "delegators", index);
    }

    std::string choose_defaults() {
        constexpr std::string_view tools[] = {"claude", "codex", "gemini"};
        model_.defaults = {{"tool", tools[random_.below(3)]}, {"model", fmt::format("model-{}", random_.below(9))}};
        last_ = "PUT default " + json::serialize(model_.defaults);
        const rest_answer answer = client().put("/llm-tools/default", model_.defaults);
        if (auto wrong = expect(answer, 200); !wrong.empty()) return wrong;
        return beyond_update(before_, now(), lines_of_table(lines_of(before_), "llm_tools"));
    }

    // By hand. Half of them are followed by the next edit at once, before the daemon can have noticed.

    std::string edit_by_hand() {
        switch (random_.below(4)) {
            case 0: append_server(); break;
            case 1: move_server(); break;
            case 2: insert_comment(); break;
            default: take_server_out();
        }
        if (random_.once_in(2)) return {};
        const auto begin = std::chrono::steady_clock::now();
        std::string wrong;
        const bool seen = comes_true(
            [&] {
                wrong = differences(model_, local_);
                return wrong.empty();
            },
            patience);
        delays_.push_back(milliseconds(std::chrono::steady_clock::now() - begin).count());
        return seen ? std::string() : fmt::format("not seen within 5 s: {}: {}\n{}", last_, wrong, now());
    }

    std::string line_end() const { return before_.find("\r\n") == before_.npos ? "\n" : "\r\n"; }

    void append_server() {
        const std::string url = random_.base_url();
        const std::string name = fmt::format("by hand {}", ++by_hand_);
        last_ = "by hand: append " + name;
        std::string block = fmt::format(
            "\n# {}\n[[model_servers]]\nname = '{}'\nkind = \"lmstudio\"\nbase_url = \"{}\"\n", name, name, url);
        boost::algorithm::replace_all(block, "\n", line_end());
        if (!before_.ends_with('\n')) block = line_end() + block;
        append_to(file(), block);
        json::object made = simple_server(name);
        made["kind"] = "lmstudio";
        made["base_url"] = url;
        made["api_key_env"] = made["display_name"] = nullptr;
        made["extra_env"] = json::object();
        add_defaults(made);
        model_.servers.push_back(made);
    }

    /// As `sed -i` does it.
    void move_server() {
        last_ = "by hand: another URL";
        for (json::value& server : model_.servers) {
            const json::value& url = server.at("base_url");
            if (!url.is_string() || !random_.once_in(3)) continue;
            const std::string old_url(url.as_string());
            const auto occurrences = [&](char quote) { return before_.find(old_url + quote) != before_.npos; };
            if (!occurrences('"') && !occurrences('\'')) continue;
            const std::string new_url = random_.base_url();
            std::string text = before_;
            for (const char quote : {'"', '\''})
                boost::algorithm::replace_first(text, old_url + quote, new_url + quote);
            rename_over(file(), text);
            server.as_object()["base_url"] = new_url;
            return;
        }
    }

    void insert_comment() {
        auto lines = lines_of(before_);
        const auto sections = sections_of(lines);
        const toml_section& section = sections[random_.below(sections.size())];
        const std::size_t place = std::max<std::size_t>(random_.once_in(2) ? section.core_end : section.lines.end, 1);
        last_ = fmt::format("by hand: a comment in line {}", place + 1);
        if (!lines[place - 1].ends_with('\n')) lines[place - 1] += line_end();
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place),
                     fmt::format("# by hand {}{}", ++by_hand_, line_end()));
        std::string text;
        for (const std::string& line : lines) text += line;
        write_in_place(file(), text);
    }

    void take_server_out() {
        if (model_.servers.size() < 3) return;
        const std::size_t index = random_.below(model_.servers.size());
        last_ = "by hand: without " + model_.name_of_server(index);
        auto lines = lines_of(before_);
        for (const line_range range : lines_of_element(lines, "model_servers", index))
            for (std::size_t number = range.begin; number != range.end; ++number) lines[number].clear();
        std::string text;
        for (const std::string& line : lines) text += line;
        rename_over(file(), text);
        model_.servers.erase(model_.servers.begin() + static_cast<std::ptrdiff_t>(index));
    }

    running_daemon daemon_;
    entry_maker random_;
    rest_client local_;
    rest_client tcp_;
    config_model model_ = config_model::expected_of("hostile");
    std::string before_;
    std::string last_;
    int by_hand_ = 0;
    std::vector<double> delays_;
};

void edit_with_seed(std::string_view text, std::size_t edits, unsigned seed) {
    CAPTURE(seed);
    edited_file edited(text, seed);
    REQUIRE(edited.differs() == "");
    for (std::size_t number = 1; number <= edits; ++number) {
        CAPTURE(number);
        REQUIRE(edited.edit() == "");
        if (number % edits_between_checks == 0) REQUIRE(check_config(edited.file()) == 0);
    }
    REQUIRE(comes_true([&] { return edited.differs().empty(); }, patience));
    auto& delays = edited.delays();
    REQUIRE_FALSE(delays.empty());
    std::ranges::sort(delays);
    MESSAGE(fmt::format("hand edits were seen after {:.0f} ms (median of {}), {:.0f} ms at most",
                        delays[delays.size() / 2], delays.size(), delays.back()));
}

void edit_many_times(std::string_view text, std::size_t edits) {
    const char* wanted = std::getenv("OPD_EDIT_SEEDS");
    unsigned seeds = 1;
    if (wanted != nullptr) std::from_chars(wanted, wanted + std::strlen(wanted), seeds);
    for (unsigned seed = 1; seed <= seeds; ++seed) edit_with_seed(text, edits, seed);
}

std::string hostile() { return read_file(OPD_TEST_DATA "/config/hostile.toml"); }

std::string with_crlf(std::string text) {
    boost::algorithm::replace_all(text, "\n", "\r\n");
    return text;
}

}  // namespace

TEST_CASE("200 random edits of a hostile file by REST and by hand change what they are about, and nothing else") {
    edit_many_times(hostile(), 200);
}

TEST_CASE("the same holds for a file with CRLF") { edit_many_times(with_crlf(hostile()), 40); }

TEST_CASE("the same holds for a file with a BOM") { edit_many_times("\xEF\xBB\xBF" + hostile(), 40); }

TEST_CASE("the same holds for a file with CRLF, a BOM, and no line end at its end") {
    std::string text = "\xEF\xBB\xBF" + with_crlf(hostile());
    text.resize(text.size() - 2);
    edit_many_times(text, 40);
}
