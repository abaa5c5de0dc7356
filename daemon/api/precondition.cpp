#include "daemon/api/precondition.hpp"

#include "config/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

constexpr std::string_view blanks = " \t";

const problem malformed{"the If-Match header is not a list of tags",
                        "send one as an ETag header told it, with its quotes, or *"};

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

/// Takes a tag (RFC 9110 8.8.3) off the text, with its quotes and without its `W/`; empty where there is none.
std::string_view take_tag(std::string_view& text, bool& weak) {
    weak = text.starts_with("W/");
    if (weak) text.remove_prefix(2);
    const std::size_t end = text.starts_with('"') ? text.find('"', 1) : text.npos;
    if (end == text.npos) return {};
    const std::string_view tag = text.substr(0, end + 1);
    text.remove_prefix(tag.size());
    const bool printable = std::ranges::all_of(tag, [](unsigned char c) { return c > 0x20 && c != 0x7F; });
    return printable ? tag : std::string_view();
}

}  // namespace

result<precondition> parse_if_match(std::optional<std::string_view> header) {
    precondition asked;
    if (!header || *header == "*") return asked;
    asked.any = false;
    bool some = false;
    std::string_view rest = *header;
    for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
        if (!rest.starts_with(',')) {
            bool weak = false;
            const std::string_view tag = take_tag(rest, weak);
            if (tag.empty()) return malformed;
            if (!weak) asked.tags.emplace_back(tag);
            some = true;
            skip_blanks(rest);
        }
        if (rest.empty()) break;
        if (!rest.starts_with(',')) return malformed;
        rest.remove_prefix(1);
    }
    if (!some) return malformed;
    return asked;
}

changed<void> check_precondition(const precondition& asked, const std::optional<std::string>& tag) {
    if (asked.any || !tag || std::ranges::find(asked.tags, *tag) != asked.tags.end()) return {};
    return change_refusal{.why = change_refusal::reason::precondition,
                          .message = "If-Match names another state than the one there is",
                          .details = {},
                          .next = {.verb = "reread", .noun = {}}};
}

std::string config_tag(std::string_view instance, std::uint64_t revision) {
    return fmt::format("\"{}-{}\"", instance, revision);
}

std::optional<std::string> server_tag(std::string_view instance, const config_revisions& revisions,
                                      std::string_view name) {
    const auto found = revisions.servers.find(name);
    if (found != revisions.servers.end()) return config_tag(instance, found->second);
    const kind* const known = find_kind(name);
    if (known == nullptr || !known->builtin) return std::nullopt;
    return config_tag(instance, 0);
}

std::optional<std::string> delegator_tag(std::string_view instance, const config_revisions& revisions,
                                         std::string_view name) {
    const auto found = revisions.delegators.find(name);
    if (found == revisions.delegators.end()) return std::nullopt;
    return config_tag(instance, found->second);
}

}  // namespace opd
