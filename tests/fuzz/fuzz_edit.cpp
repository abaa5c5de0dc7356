// Changes of any configuration that can be read: the new text says what was meant, and everything else stays. The last
// bytes of an input choose the changes, the rest is the document.

#include "config/config_change.hpp"
#include "config/model/field_rules.hpp"
#include "config/toml/parse.hpp"
#include "tests/fuzz/finding.hpp"
#include "tests/support/toml_edit_check.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <fuzzer/FuzzedDataProvider.h>

using namespace opd;
using namespace opd::test;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> own_tables{"model_servers", "delegators", "llm_tools"};
constexpr std::array<std::string_view, 12> texts{
    "x", "", "a b", "ü", "\"", "'''", "\"\"\"", "\\", "#", "\n[[delegators]]\n", "\r\n\t\x01", "{ a = 1 }"};
constexpr std::string_view names = "abcdefgh";
constexpr std::size_t bytes_for_changes = 48;

// What documents consist of.
constexpr auto pieces = std::to_array<std::string_view>({
    "[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\n",
    "[[model_servers]]   # c\n\nname='b'\n# c\nkind='ollama' # c\n",
    "[[ \"model_servers\" ]]\nname = 'c'\nkind = 'ollama'\nextra_env = { A = \"1\", B = '2' } # c\n",
    "[[model_servers]]\r\nname = \"e\"\r\nkind = \"ollama\"\r\n",
    "[model_servers.extra_env]\nA = \"1\" # c\n",
    "  [ model_servers . extra_env ]\n  b   = 'x'\n",
    "extra_env.a = \"1\"\n",
    "extra_env = {}\n",
    "display_name   =   \"x\"   # c\n",
    "base_url = \"http://127.0.0.1:1\"\n",
    "[[delegators]]\nname = \"a\"\nllm_tool = \"claude\"\nmodel = \"m\"\n",
    "[[delegators]]\nmodel = \"m\"\nname = \"b\" # c\nllm_tool = \"claude\"\n# c\n",
    "[delegators.launch_config]\nflags = [ \"a\", # c\n  # c\n  \"b\",\n]\n",
    "[delegators.model_properties]\na = { b = [ 1, 2 ] }\n",
    "[delegators.model_properties.c]\nx = 1979-05-27\n",
    "[[delegators.model_properties.d]]\nx = 1\n",
    "model_properties = { a = 1, \"b c\" = inf }\n",
    "model_properties.a.b = 1\n",
    "launch_config.yolo = true\n",
    "remote_agent = { platform = \"p\", id = \"i\" }\n",
    "model_server = \"a\"\n",
    "[llm_tools]\ndefault_tool = \"claude\" # c\n",
    "default_model = \"m\"\n",
    "[git]\nx = '''\n[[model_servers]]\n# c\n'''\n",
    "[git.hooks]\n",
    "[[queue]]\na = 1\n",
    "# c\n",
    "\n",
    "\n\n",
    "x.y = [ [ 1 ], { a = '#' } ]\n",
    "llm_tools = { default_tool = \"x\" }\n",
    "model_servers = [ { name = \"a\", kind = \"ollama\" }, # c\n  { name = \"b\", kind = \"ollama\" } ]\n",
    "delegators = []\n",
    "\r\n",
});

/// Everything but what we edit: names and values, in order.
std::string foreign_content(const toml_node& node, bool is_root = true) {
    std::string shown =
        fmt::format("{}:{}{}{}{}", static_cast<int>(node.what), node.text, node.integer, node.real, node.flag);
    for (const toml_node& child : node.children) {
        if (is_root && std::ranges::find(own_tables, child.key) != own_tables.end()) continue;
        shown += fmt::format("({}={})", child.key, foreign_content(child, false));
    }
    return shown;
}

std::string foreign_content(const std::string& text) {
    const source_text source("f", text);
    const auto parsed = parse_toml(source);
    return parsed ? foreign_content(*parsed) : "broken: " + parsed.error().text();
}

class editing {
public:
    editing(FuzzedDataProvider& input, std::string text, loaded_config loaded)
        : input_(input), text_(std::move(text)), loaded_(std::move(loaded)), foreign_(foreign_content(text_)) {}

    void change_something() {
        const bool servers = input_.ConsumeBool();
        array_ = servers ? "model_servers" : "delegators";
        const std::size_t size = servers ? loaded_.values.model_servers.size() : loaded_.values.delegators.size();
        index_ = size == 0 ? 0 : input_.ConsumeIntegralInRange<std::size_t>(0, size - 1);
        switch (size == 0 ? 0 : input_.ConsumeIntegralInRange(0, 3)) {
            case 0:
                what_ = change::append;
                apply(servers ? with_new_server(loaded_.values, some_server())
                              : with_new_delegator(loaded_.values, some_delegator()));
                break;
            case 1:
                what_ = change::update;
                apply(servers ? with_replaced_server(loaded_.values,
                                                     changed_server(loaded_.values.model_servers[index_]), {})
                              : with_replaced_delegator(loaded_.values,
                                                        changed_delegator(loaded_.values.delegators[index_])));
                break;
            case 2:
                what_ = change::removal;
                apply(servers ? without_server(loaded_.values, loaded_.values.model_servers[index_].name, true)
                              : without_delegator(loaded_.values, loaded_.values.delegators[index_].name));
                break;
            default: {
                what_ = change::defaults;
                config after = loaded_.values;
                after.llm_tools = {line(), line()};
                apply(after);
            }
        }
    }

private:
    enum class change : std::uint8_t { append, update, removal, defaults };

    std::string text() { return std::string(input_.PickValueInArray(texts)); }

    /// Without control characters.
    std::string line() { return std::string(texts[input_.ConsumeIntegralInRange<std::size_t>(0, 8)]); }

    std::string name() {
        return std::string(1, names[input_.ConsumeIntegralInRange<std::size_t>(0, names.size() - 1)]);
    }

    model_server changed_server(model_server server) {
        if (input_.ConsumeBool())
            server.base_url = "http://127.0.0.1:" + std::to_string(input_.ConsumeIntegralInRange(1, 999));
        if (input_.ConsumeBool()) server.display_name = input_.ConsumeBool() ? std::optional(line()) : std::nullopt;
        if (input_.ConsumeBool())
            server.api_key_env = input_.ConsumeBool() ? std::optional("KEY_" + name()) : std::nullopt;
        if (input_.ConsumeBool() && !server.extra_env.empty()) server.extra_env.erase(server.extra_env.begin());
        if (input_.ConsumeBool()) {
            const std::string variable = name();
            const auto known =
                std::ranges::find(server.extra_env, variable, &std::pair<std::string, std::string>::first);
            if (known == server.extra_env.end())
                server.extra_env.emplace_back(variable, text());
            else
                known->second = text();
        }
        return server;
    }

    model_server some_server() {
        model_server made;
        made.name = name();
        made.kind = find_kind("ollama");
        return changed_server(made);
    }

    json::value value(int depth) {
        switch (input_.ConsumeIntegralInRange(0, depth > 0 ? 5 : 3)) {
            case 0: return json::value(text());
            case 1: return json::value(input_.ConsumeIntegral<std::int64_t>());
            case 2: return json::value(input_.ConsumeBool());
            case 3: return json::value(input_.ConsumeFloatingPointInRange(-1e9, 1e9));
            case 4: return json::array{value(depth - 1), value(depth - 1)};
            default: return json::object{{name(), value(depth - 1)}};
        }
    }

    void change_table(std::optional<json::object>& table) {
        if (!input_.ConsumeBool()) return;
        if (input_.ConsumeBool()) {
            table.reset();
            return;
        }
        if (!table) table.emplace();
        if (!table->empty() && input_.ConsumeBool()) table->erase(table->begin());
        if (input_.ConsumeBool()) (*table)[input_.ConsumeBool() ? name() : line()] = value(2);
    }

    delegator changed_delegator(delegator made) {
        if (input_.ConsumeBool()) made.model = "m" + line();
        if (input_.ConsumeBool()) made.model_server = input_.ConsumeBool() ? std::optional(name()) : std::nullopt;
        if (input_.ConsumeBool()) made.display_name = input_.ConsumeBool() ? std::optional(line()) : std::nullopt;
        change_table(made.model_properties);
        change_table(made.launch_config);
        change_table(made.remote_agent);
        return made;
    }

    delegator some_delegator() {
        delegator made;
        made.name = name();
        made.llm_tool = "claude";
        made.model = "m";
        return changed_delegator(made);
    }

    void apply(const changed<config>& wanted) {
        if (!wanted) return;  // the name is taken
        const auto edited = edit_config(text_, "f", loaded_.values, *wanted, memory_);
        if (!edited) {
            const change_refusal& refusal = edited.error();
            if (refusal.why == change_refusal::reason::too_large) return;
            if (refusal.why != change_refusal::reason::conflict || refusal.message.find("f:") == std::string::npos)
                report_finding("refused without a line: " + refusal.message);
            return;
        }
        check(*wanted, *edited);
        text_ = edited->text;
        loaded_ = edited->loaded;
    }

    void check(const config& wanted, const edited_config& edited) const {
        const auto again = parse_config(edited.text, "f");
        if (!again) complain("the new text is broken: " + again.error().text(), edited.text);
        for (const config* one : {&again->values, &edited.loaded.values}) {
            if (one->model_servers != wanted.model_servers || one->delegators != wanted.delegators ||
                one->llm_tools.default_tool != wanted.llm_tools.default_tool ||
                one->llm_tools.default_model != wanted.llm_tools.default_model) {
                complain("the new text says something else", edited.text);
            }
        }
        if (foreign_content(edited.text) != foreign_) complain("foreign content changed", edited.text);
        const std::string beyond = beyond_order(edited.text);
        if (!beyond.empty()) complain(beyond, edited.text);
    }

    std::string beyond_order(const std::string& after) const {
        const auto lines = lines_of(text_);
        // Where the arrays are not written as [[...]], lines tell nothing.
        const auto count = [this](const std::vector<std::string>& among) { return count_elements(among, array_); };
        const std::size_t size =
            array_ == "delegators" ? loaded_.values.delegators.size() : loaded_.values.model_servers.size();
        if (count(lines) != size || (what_ == change::append && count(lines_of(after)) != size + 1)) return {};
        switch (what_) {
            case change::append: return beyond_append(text_, after, array_);
            case change::update: return beyond_update(text_, after, lines_of_element(lines, array_, index_));
            case change::removal: return beyond_removal(text_, after, array_, index_);
            default: return {};
        }
    }

    [[noreturn]] void complain(std::string_view what, const std::string& after) const {
        report_finding(fmt::format("{} ({} {} of {}):{}--- before\n{}", what, static_cast<int>(what_), index_, array_,
                                   shown_difference(text_, after), text_));
    }

    FuzzedDataProvider& input_;
    std::string text_;
    loaded_config loaded_;
    std::string foreign_;
    toml_memory memory_;
    change what_ = change::append;
    std::string array_;
    std::size_t index_ = 0;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Half of the new inputs differ in whole lines, so that many of them are documents.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    std::minstd_rand random(seed);
    if (random() % 2 == 0 || size < bytes_for_changes) return LLVMFuzzerMutate(data, size, max_size);
    auto lines = lines_of({reinterpret_cast<const char*>(data), size - bytes_for_changes});
    const std::string changes(reinterpret_cast<const char*>(data) + size - bytes_for_changes, bytes_for_changes);
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(random() % (lines.size() + 1));
    if (random() % 3 == 0) {
        lines.erase(begin,
                    begin + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(random() % 4), lines.end() - begin));
    } else {
        lines.emplace(begin, pieces[random() % pieces.size()]);
    }
    std::string made;
    for (const std::string& line : lines) made += line;
    made += changes;
    if (made.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::ranges::copy(made, data);
    return made.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < bytes_for_changes) return -1;
    std::string text(reinterpret_cast<const char*>(data), size - bytes_for_changes);
    auto loaded = parse_config(text, "f");
    if (!loaded) return 0;
    FuzzedDataProvider input(data + text.size(), bytes_for_changes);
    editing one(input, std::move(text), std::move(*loaded));
    for (int i = 0; i != 2; ++i) one.change_something();
    return 0;
}
