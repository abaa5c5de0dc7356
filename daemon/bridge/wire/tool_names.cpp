#include "daemon/bridge/wire/tool_names.hpp"

#include "daemon/bridge/wire/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

constexpr std::size_t longest = 64;
constexpr std::size_t kept = 55;

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_allowed(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

std::string shown(std::string_view space, std::string_view name) {
    return space.empty() ? std::string(name) : fmt::format("{}.{}", space, name);
}

}  // namespace

std::string tool_names::on_wire(std::string_view space, std::string_view name) {
    std::string whole = space.empty() ? std::string(name) : fmt::format("{}__{}", space, name);
    const bool begins = !whole.empty() && (is_letter(whole.front()) || whole.front() == '_');
    if (begins && whole.size() <= longest && std::ranges::all_of(whole, is_allowed)) return whole;
    const auto hash = static_cast<std::uint32_t>(stable_hash(whole));
    whole.resize(std::min(whole.size(), kept));
    std::ranges::replace_if(whole, [](char c) { return !is_allowed(c); }, '_');
    if (!begins && !whole.empty()) whole.front() = '_';
    return fmt::format("{}_{:08x}", whole, hash);
}

decoded<tool_names> tool_names::of(const turn& asked) {
    tool_names out;
    for (const tool& one : asked.tools) {
        std::string name = on_wire(one.space, one.name);
        const auto [there, added] = out.tools_.try_emplace(
            std::move(name), original{.space = one.space, .name = one.name, .custom = one.custom});
        if (added) continue;
        const original& other = there->second;
        return bad_request{fmt::format("the tools {} and {} would both be called {} by the model; rename one of them",
                                       shown(other.space, other.name), shown(one.space, one.name), there->first)};
    }
    return out;
}

const tool_names::original* tool_names::find(std::string_view wire_name) const {
    const auto found = tools_.find(wire_name);
    return found == tools_.end() ? nullptr : &found->second;
}

std::string id_on_wire(std::string_view id) {
    if (!id.empty() && id.size() <= longest && std::ranges::all_of(id, is_allowed)) return std::string(id);
    return fmt::format("call_{:016x}", stable_hash(id));
}

}  // namespace opd::bridge
