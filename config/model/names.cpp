#include "config/model/names.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"
#include "config/model/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd {
namespace {

constexpr std::size_t longest_name = 128;

/// A valid name of a variable may still be a key that was pasted into the wrong place.
bool looks_like_a_key(std::string_view text) {
    static constexpr std::array<std::string_view, 8> starts{"sk-", "sk_",  "AIza", "gsk_",
                                                            "hf_", "xai-", "xai_", "ghp_"};
    return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

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
