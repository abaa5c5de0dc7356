#include "config/suggest.hpp"
#include "config/utf8.hpp"
#include "daemon/api/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd {
namespace {

struct refusal_code {
    unsigned status;
    std::string_view code;
};

refusal_code code_of(change_refusal::reason why) {
    switch (why) {
        case change_refusal::reason::invalid:
            return {400, "validation_error"};
        case change_refusal::reason::not_found:
            return {404, "not_found"};
        case change_refusal::reason::conflict:
            return {409, "conflict"};
        case change_refusal::reason::precondition:
            return {412, "precondition_failed"};
        case change_refusal::reason::too_large:
            return {413, "payload_too_large"};
        case change_refusal::reason::cannot_write:
            return {500, "internal_error"};
        case change_refusal::reason::shutting_down:
            return {503, "unavailable"};
    }
    return {500, "internal_error"};
}

}  // namespace

answer ok(document_ptr body, bool with_etag) {
    return {.body = std::move(body), .tagged = with_etag};
}

answer ok(std::string body, std::string etag) {
    return {.body = make_document(std::move(body)), .etag = std::move(etag)};
}

answer created(std::string body, std::string etag, std::string location) {
    return {.status = 201,
            .body = make_document(std::move(body)),
            .etag = std::move(etag),
            .location = std::move(location)};
}

answer failed(unsigned status, std::string_view code, std::string_view message, std::span<const field_fault> details) {
    return {.status = status, .body = make_document(encode_error(code, message, details))};
}

answer failed(unsigned status, std::string_view code, const problem& why) {
    return failed(status, code, why.sentence());
}

answer refused(const change_refusal& why) {
    const auto [status, code] = code_of(why.why);
    return {.status = status, .body = make_document(encode_error(code, why.message, why.details, why.next))};
}

std::optional<bool> flag(const parsed_target& target, std::string_view name) {
    const auto found =
        std::ranges::find(target.query, name, [](const auto& one) -> std::string_view { return one.first; });
    if (found == target.query.end()) return false;
    if (found->second == "true" || found->second == "1" || found->second.empty()) return true;
    if (found->second == "false" || found->second == "0") return false;
    return std::nullopt;
}

answer wrong_flag(std::string_view name) {
    const std::array wrong{field_fault{.field = std::string(name), .message = "must be true or false"}};
    return failed(400, "validation_error", fmt::format("the query parameter {} must be true or false", name), wrong);
}

}  // namespace opd
