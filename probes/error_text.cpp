#include "probes/error_text.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"
#include "probes/redact.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace opd {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t longest_message = 4096;
constexpr std::size_t most_codes = 16;
constexpr std::size_t longest_json = std::size_t{256} << 10;
constexpr std::size_t html_window = std::size_t{64} << 10;

/// The first member of one of these names, in any case, that is no empty text.
std::optional<element> member_of(const object& from, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        for (const auto& [key, value] : from) {
            std::string_view text;
            const bool is_empty = value.is_null() || (value.get(text) == simdjson::SUCCESS && text.empty());
            if (same_in_any_case(key, name) && !is_empty) return value;
        }
    return std::nullopt;
}

std::string_view text_at(const object& from, std::string_view name) {
    std::string_view text;
    const auto found = member_of(from, {name});
    return found && found->get(text) == simdjson::SUCCESS ? text : std::string_view();
}

void set_message(error_words& words, std::string_view text) {
    if (words.message.empty()) words.message = text.substr(0, longest_message);
}

void add_code(error_words& words, std::string_view code) {
    if (!code.empty() && words.codes.size() < most_codes) words.codes.emplace_back(code.substr(0, longest_message));
}

void add_codes(error_words& words, const object& from) {
    for (const std::string_view name :
         {"code", "type", "status", "reason", "error_type", "error_code", "errcode", "status_code"}) {
        std::int64_t number = 0;
        const auto found = member_of(from, {name});
        if (found && found->get(number) == simdjson::SUCCESS)
            add_code(words, std::to_string(number));
        else
            add_code(words, text_at(from, name));
    }
}

/// google.rpc's details: ErrorInfo has a reason, RetryInfo a delay.
void add_details(error_words& words, const object& error) {
    simdjson::dom::array details;
    if (error.at_key("details").get(details) != simdjson::SUCCESS) return;
    for (const element detail : details) {
        object fields;
        if (detail.get(fields) != simdjson::SUCCESS) continue;
        add_code(words, text_at(fields, "reason"));
        if (words.retry_delay.empty()) words.retry_delay = text_at(fields, "retryDelay").substr(0, longest_message);
    }
}

std::string_view message_of(const element& value, int depth = 2);

/// The words of an object, wherever common servers put them.
std::string_view message_in(const object& fields, int depth) {
    const auto found = member_of(fields, {"message", "msg", "error_message", "error_msg", "errmsg", "errorMessage",
                                          "status_msg", "detail", "error_description", "errors", "title", "reason"});
    return found ? message_of(*found, depth) : std::string_view();
}

/// A bare text, an object with the words, or a list of such.
std::string_view message_of(const element& value, int depth) {
    std::string_view text;
    object fields;
    simdjson::dom::array items;
    if (value.get(text) == simdjson::SUCCESS || depth == 0) return text;
    if (value.get(fields) == simdjson::SUCCESS) return message_in(fields, depth - 1);
    if (value.get(items) != simdjson::SUCCESS) return {};
    for (const element item : items)
        if (text = message_of(item, depth - 1); !text.empty()) return text;
    return {};
}

/// `{"error": ...}`, `{"base_resp": {"status_code", "status_msg"}}`, `{"code": ..., "msg": ...}` and their like.
void read_object(error_words& words, const object& body) {
    for (const std::string_view name : {"error", "base_resp", "fault"}) {
        const auto error = member_of(body, {name});
        object fields;
        if (!error) continue;
        set_message(words, message_of(*error));
        if (error->get(fields) != simdjson::SUCCESS) continue;
        set_message(words, text_at(fields, "faultstring"));
        add_codes(words, fields);
        add_details(words, fields);
    }
    set_message(words, message_in(body, 2));
    add_codes(words, body);
}

void read_json(error_words& words, const std::string& body) {
    simdjson::dom::parser parser;
    element root;
    object fields;
    simdjson::dom::array items;
    if (parser.parse(body).get(root) != simdjson::SUCCESS) return;
    if (root.get(items) == simdjson::SUCCESS && items.at(0).get(root) != simdjson::SUCCESS) return;
    if (root.get(fields) == simdjson::SUCCESS) read_object(words, fields);
}

/// The text of the first element with this name, without tags of its own.
std::string_view element_text(std::string_view html, std::string_view lowered, std::string_view name) {
    const std::size_t open = html.find('>', lowered.find(name));
    return open == html.npos ? std::string_view() : html.substr(open + 1, html.find('<', open) - open - 1);
}

std::string html_title(std::string_view html) {
    html = html.substr(0, html_window);
    const std::string lowered = lower_case(html);
    for (const std::string_view name : {"<title", "<h1"}) {
        std::string title = plain_text(element_text(html, lowered, name));
        if (!title.empty()) return title.substr(0, longest_message);
    }
    return {};
}

}  // namespace

error_words read_error(const http_reply& reply) {
    error_words words;
    if (!reply.is_plain()) return words;
    std::string_view body = reply.body;
    body.remove_prefix(byte_order_mark_of(body));
    body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
    if (body.empty()) return words;
    if (body.front() == '{' || body.front() == '[') {
        if (body.size() <= longest_json) read_json(words, std::string(body));
    } else if (body.front() == '<') {
        words.message = html_title(body);
    } else {
        words.message = body.substr(0, std::min(body.find_first_of("\r\n"), longest_message));
    }
    return words;
}

}  // namespace opd
