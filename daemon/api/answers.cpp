#include "daemon/api/answers.hpp"

#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace opd::api {
namespace {

struct refusal_code {
    unsigned status;
    std::string_view code;
};

refusal_code code_of(change_refusal::reason why) {
    switch (why) {
        case change_refusal::reason::invalid: return {400, "validation_error"};
        case change_refusal::reason::not_found: return {404, "not_found"};
        case change_refusal::reason::conflict: return {409, "conflict"};
        case change_refusal::reason::precondition: return {412, "precondition_failed"};
        case change_refusal::reason::too_large: return {413, "payload_too_large"};
        case change_refusal::reason::cannot_write: return {500, "internal_error"};
        case change_refusal::reason::shutting_down: return {503, "unavailable"};
    }
    return {500, "internal_error"};
}

/// Percent-decoding (RFC 3986 2.1). nullopt: a `%` without two hexadecimal digits, or a NUL.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            unsigned char value = 0;
            if (i + 2 >= text.size()) return std::nullopt;
            const char* digits = text.data() + i + 1;
            if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2 || value == 0) return std::nullopt;
            c = static_cast<char>(value);
            i += 2;
        }
        out.push_back(c);
    }
    return out;
}

const problem malformed_path{"the request's path is not properly percent-encoded",
                             "write % as %25, and every other byte outside of letters, digits and -._~ as %XX"};

constexpr std::string_view blanks = " \t";

const problem malformed_tags{"the If-Match header is not a list of tags",
                             "send one as an ETag header told it, with its quotes, or *"};

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size())); }

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

wire::answer ok(wire::document_ptr body, bool with_etag) { return {.body = std::move(body), .tagged = with_etag}; }

wire::answer ok(std::string body, std::string etag) {
    return {.body = wire::make_document(std::move(body)), .etag = std::move(etag)};
}

wire::answer created(std::string body, std::string etag, std::string location) {
    return {.status = 201,
            .body = wire::make_document(std::move(body)),
            .etag = std::move(etag),
            .location = std::move(location)};
}

wire::answer failed(unsigned status, std::string_view code, std::string_view message,
                    std::span<const field_fault> details) {
    return {.status = status, .body = wire::make_document(wire::encode_error(code, message, details))};
}

wire::answer failed(unsigned status, std::string_view code, const problem& why) {
    return failed(status, code, why.sentence());
}

wire::answer refused(const change_refusal& why) {
    const auto [status, code] = code_of(why.why);
    return {.status = status,
            .body = wire::make_document(wire::encode_error(code, why.message, why.details, why.next))};
}

std::optional<bool> flag(const parsed_target& target, std::string_view name) {
    const auto found =
        std::ranges::find(target.query, name, [](const auto& one) -> std::string_view { return one.first; });
    if (found == target.query.end()) return false;
    if (found->second == "true" || found->second == "1" || found->second.empty()) return true;
    if (found->second == "false" || found->second == "0") return false;
    return std::nullopt;
}

wire::answer wrong_flag(std::string_view name) {
    const std::array wrong{field_fault{.field = std::string(name), .message = "must be true or false"}};
    return failed(400, "validation_error", fmt::format("the query parameter {} must be true or false", name), wrong);
}

result<parsed_target> parse_target(std::string_view target) {
    parsed_target out;
    if (!target.starts_with('/')) return problem{"the request's target is not a path", "ask for /api/v1/..."};
    std::string_view query = target;
    std::string_view path = next_part(query, '?');
    path.remove_prefix(1);
    out.path.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')) + 1);
    for (bool more = true; more;) {
        more = path.find('/') != std::string_view::npos;
        auto segment = decode(next_part(path, '/'), false);
        if (!segment) return malformed_path;
        out.path.push_back(std::move(*segment));
    }
    while (!query.empty()) {
        std::string_view value = next_part(query, '&');
        auto name = decode(next_part(value, '='), true);
        auto decoded = decode(value, true);
        if (!name || !decoded) return malformed_path;
        out.query.emplace_back(std::move(*name), std::move(*decoded));
    }
    return out;
}

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
            if (tag.empty()) return malformed_tags;
            if (!weak) asked.tags.emplace_back(tag);
            some = true;
            skip_blanks(rest);
        }
        if (rest.empty()) break;
        if (!rest.starts_with(',')) return malformed_tags;
        rest.remove_prefix(1);
    }
    if (!some) return malformed_tags;
    return asked;
}

changed<void> check_precondition(const precondition& asked, const std::optional<std::string>& tag) {
    if (asked.any || !tag || std::ranges::find(asked.tags, *tag) != asked.tags.end()) return {};
    return change_refusal{.why = change_refusal::reason::precondition,
                          .message = "If-Match names another state than the one there is",
                          .next = {.verb = "reread", .noun = {}}};
}

std::string config_tag(std::string_view instance, std::uint64_t revision) {
    return fmt::format("\"{}-{}\"", instance, revision);
}

std::optional<std::string> server_tag(std::string_view instance, const state::config_revisions& revisions,
                                      std::string_view name) {
    const auto found = revisions.servers.find(name);
    if (found != revisions.servers.end()) return config_tag(instance, found->second);
    const kind* const known = find_kind(name);
    if (known == nullptr || !known->builtin) return std::nullopt;
    return config_tag(instance, 0);
}

std::optional<std::string> delegator_tag(std::string_view instance, const state::config_revisions& revisions,
                                         std::string_view name) {
    const auto found = revisions.delegators.find(name);
    if (found == revisions.delegators.end()) return std::nullopt;
    return config_tag(instance, found->second);
}

result<precondition, wire::answer> read_condition(const wire::request& asked) {
    auto condition = parse_if_match(asked.if_match);
    if (!condition) return failed(400, "bad_request", condition.error());
    return std::move(*condition);
}

result<write_order, wire::answer> read_write(const wire::request& asked) {
    auto condition = read_condition(asked);
    if (!condition) return condition.error();
    auto members = decode_body(asked.body);
    if (!members) return failed(400, "bad_request", members.error());
    return write_order{.condition = std::move(*condition), .members = std::move(*members)};
}

}  // namespace opd::api
