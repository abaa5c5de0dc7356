#include "config/model/field_rules.hpp"

#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/model/base_url.hpp"
#include "config/model/kinds.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace opd {
namespace {

problem unknown(std::string_view what, std::string_view plural, std::string_view name,
                const std::vector<std::string_view>& known) {
    return {fmt::format("unknown {} {}", what, in_quotes(name)),
            did_you_mean(closest_or_part(name, known), fmt::format("the {} are {}", plural, enumeration(known)))};
}

result<void> check_line(std::string_view field, std::string_view line) {
    if (has_control(line)) return problem(fmt::format("{} holds a control character", field), "take it out");
    return {};
}

result<void> check_word(std::string_view field, std::string_view word, std::string_view if_empty) {
    if (word.empty()) return problem(fmt::format("{} is empty", field), std::string(if_empty));
    return check_line(field, word);
}

result<void> check_ca_file(std::string_view path) {
    const bool is_absolute = path.starts_with('/') || path.starts_with("~/");
    if (is_absolute && path.find('\0') == path.npos) return {};
    return problem{fmt::format("ca_file {} is not an absolute path", in_quotes(path)),
                   "write a path that starts with \"/\" or \"~/\""};
}

std::string shown_key(std::string_view key) {
    const auto is_bare = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
    const bool bare = !key.empty() && key.size() <= 40 && std::ranges::all_of(key, is_bare);
    return bare ? std::string(key) : in_quotes(key);
}

result<void> check_table(const boost::json::object& table, const std::string& path);

result<void> check_value(const boost::json::value& checked, const std::string& path) {
    if (const auto* text = checked.if_string(); text != nullptr && text->find('\0') != text->npos)
        return problem{path + " holds a NUL character", "take it out"};
    if (const auto* number = checked.if_uint64();
        number != nullptr && std::cmp_greater(*number, std::numeric_limits<std::int64_t>::max()))
        return problem{path + " is larger than any whole number of TOML", "write it as a text"};
    if (const auto* number = checked.if_double(); number != nullptr && !std::isfinite(*number))
        return problem{path + " is larger than any number", "write it as a text"};
    if (const auto* table = checked.if_object()) return check_table(*table, path);
    if (!checked.is_array()) return {};
    const boost::json::array& elements = checked.get_array();
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const std::string inner = fmt::format("{}[{}]", path, i);
        if (elements[i].is_null()) return problem{inner + " is null, which TOML does not know", "leave it out"};
        if (auto fits = check_value(elements[i], inner); !fits) return fits;
    }
    return {};
}

/// Of a table and all that is in it, the first fault.
result<void> check_table(const boost::json::object& table, const std::string& path) {
    for (const auto& member : table) {
        const std::string_view key(member.key().data(), member.key().size());
        if (key.find('\0') != key.npos) {
            return problem{
                path.empty() ? "a key holds a NUL character" : fmt::format("a key in {} holds a NUL character", path),
                "take it out"};
        }
        if (member.value().is_null()) continue;
        const std::string inner = path.empty() ? shown_key(key) : fmt::format("{}.{}", path, shown_key(key));
        if (auto fits = check_value(member.value(), inner); !fits) return fits;
    }
    return {};
}

/// Where the kind is not known, any one will do: how a URL must be formed does not depend on it.
const kind& judge_of(const kind* of) { return of == nullptr ? kinds().front() : *of; }

constexpr std::size_t longest_name = 128;

/// A valid name of a variable may still be a key that was pasted into the wrong place.
bool looks_like_a_key(std::string_view text) {
    static constexpr std::array<std::string_view, 8> starts{"sk-", "sk_",  "AIza", "gsk_",
                                                            "hf_", "xai-", "xai_", "ghp_"};
    return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

result<const kind*> kind_named(std::string_view slug) {
    if (const kind* found = find_kind(slug)) return found;
    return unknown("kind", "kinds", slug, names_of(kinds(), &kind::slug));
}

result<const llm_tool*> llm_tool_named(std::string_view name) {
    if (const llm_tool* found = find_llm_tool(name)) return found;
    return unknown("llm tool", "tools", name, names_of(llm_tools(), &llm_tool::name));
}

template <class Mode>
result<Mode> mode_named(std::string_view word) {
    constexpr bool of_probes = std::is_same_v<Mode, probe_mode>;
    constexpr const auto& known = mode_words<Mode>;
    const auto* const found = std::ranges::find(known, word, &mode_word<Mode>::word);
    if (found != known.end()) return found->mode;
    return problem{fmt::format("unknown {} mode {}", of_probes ? "probe" : "bridge", in_quotes(word)),
                   did_you_mean(closest_or_part(word, names_of(known, &mode_word<Mode>::word)),
                                of_probes ? R"(write "auto", "lazy" (only when asked) or "never")"
                                          : R"(write "auto", "always" or "never")")};
}

template result<probe_mode> mode_named(std::string_view);
template result<bridge_mode> mode_named(std::string_view);

result<void> check_text(text_rule rule, std::string_view text, const kind* of) {
    switch (rule) {
        case text_rule::none: return {};
        case text_rule::name: return check_name(text);
        case text_rule::base_url: {
            const auto root = resolve_base_url(judge_of(of), text);
            return root ? result<void>() : root.error();
        }
        case text_rule::api_key_env: return check_api_key_env(text);
        case text_rule::ca_file: return check_ca_file(text);
        case text_rule::display_name: return check_line("display_name", text);
        case text_rule::llm_tool: return check_word("llm_tool", text, "name the tool, such as \"claude\"");
        case text_rule::model: return check_word("model", text, "name the model, such as \"sonnet\"");
        case text_rule::model_server: return check_word("model_server", text, "name a model server, or leave it out");
    }
    return {};
}

std::string why_needed(text_rule rule, const kind* of) {
    if (rule != text_rule::base_url || judge_of(of).connectable()) return {};
    return fmt::format("the kind {} has no default", in_quotes(judge_of(of).slug));
}

result<void> check_table_texts(const boost::json::object& table) { return check_table(table, {}); }

result<void> check_name(std::string_view name) {
    if (name.empty()) return problem{"the name is empty", "give it a name of 1 to 128 bytes"};
    if (name.size() > longest_name) {
        return problem{fmt::format("the name has {} bytes, more than {}", name.size(), longest_name),
                       "shorten it; display_name may be long"};
    }
    if (find_invalid_utf8(name) != name.npos) return problem{"the name is not UTF-8", "write it in UTF-8"};
    if (has_control(name)) {
        return problem{fmt::format("the name {} holds a control character", in_quotes(name)),
                       "use letters, digits and punctuation"};
    }
    if (name == "." || name == "..")
        return problem{fmt::format("the name {} means a folder in a URL", in_quotes(name)), "choose another name"};
    if (name == "kinds")
        return problem{"the name \"kinds\" is taken by a route of the REST interface", "choose another name"};
    return {};
}

result<void> check_declared_server_name(std::string_view name) {
    if (auto fits = check_name(name); !fits) return fits;
    if (const kind* taken = find_kind(name); taken != nullptr && taken->builtin) {
        return problem{fmt::format("the name {} belongs to a builtin model server", in_quotes(name)),
                       fmt::format("choose another name, such as \"my-{}\"", name)};
    }
    return {};
}

bool is_env_name(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

std::string_view referred_to(std::string_view value) {
    if (!value.starts_with("${") || !value.ends_with('}')) return {};
    const std::string_view name = value.substr(2, value.size() - 3);
    return is_env_name(name) ? name : std::string_view();
}

result<void> check_api_key_env(std::string_view name) {
    if (is_env_name(name) && !looks_like_a_key(name)) return {};
    const std::string hint =
        "write the NAME of an environment variable, as in api_key_env = \"MY_API_KEY\", and put the key itself into "
        "that variable";
    if (name.empty()) return problem{"api_key_env is empty", hint};
    if (name.starts_with('$') && is_env_name(name.substr(1)))
        return problem{"api_key_env holds a \"$\" before the name", "leave the \"$\" out: only the NAME is wanted"};
    return problem{looks_like_a_key(name) ? "api_key_env holds a key where the NAME of a variable is wanted"
                                          : "api_key_env is not the NAME of an environment variable",
                   hint};
}

result<void> check_env_name(std::string_view name) {
    if (is_env_name(name)) return {};
    return problem{fmt::format("{} cannot be the name of an environment variable", in_quotes(name)),
                   "use letters, digits and \"_\", and no digit at the start"};
}

result<void> check_env_value(std::string_view value) {
    if (value.find('\0') != value.npos)
        return problem{"the value holds a NUL character, which no environment variable can", "take it out"};
    if (find_invalid_utf8(value) != value.npos) return problem{"the value is not UTF-8", "write it in UTF-8"};
    return {};
}

}  // namespace opd
