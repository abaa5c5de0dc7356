#include "daemon/bridge/wire/decoding.hpp"

#include "daemon/bridge/wire/carrier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace opd::bridge {
namespace {

constexpr std::size_t most_losses = 20;
constexpr std::size_t most_of_type = 256;  ///< bytes of a data URL before its comma
constexpr std::string_view scheme = "data:";

/// `web_search_20250305` is a web_search.
std::string_view without_date(std::string_view type) {
    constexpr std::size_t length = std::string_view("_20250305").size();
    if (type.size() <= length) return type;
    const std::string_view date = type.substr(type.size() - length);
    const bool dated = date.front() == '_' && date.find_first_not_of("0123456789", 1) == date.npos;
    return dated ? type.substr(0, type.size() - length) : type;
}

}  // namespace

std::string as_word(std::string_view text) {
    constexpr std::string_view more = "_.-:";
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed) ? std::string(text) : "unknown";
}

void decoding::refuse_at(std::string_view name, std::string_view why) {
    const std::string_view dot = path_.empty() || name.empty() ? "" : ".";
    refuse(fmt::format("{}{}{} {}", path_, dot, name, why));
}

void decoding::enter(std::size_t length, std::string_view name, std::size_t index) {
    path_.resize(length);
    if (length != 0) path_ += '.';
    fmt::format_to(std::back_inserter(path_), "{}[{}]", name, index);
}

std::string decoding::text(json_view value, std::string_view name) {
    if (value && !value.is_text()) refuse_at(name, "is not a text");
    return value.text();
}

raw_json decoding::number(json_view value, std::string_view name) {
    if (value && value.number_text().empty()) refuse_at(name, "is not a number");
    return value.number_text();
}

std::optional<std::uint64_t> decoding::whole(json_view value, std::string_view name) {
    const auto read = value.number();
    if (value && !read) refuse_at(name, "is not a whole number");
    return read;
}

bool decoding::flag(json_view value, std::string_view name) {
    if (value && !value.is_true() && value.raw() != "false") refuse_at(name, "is neither true nor false");
    return value.is_true();
}

raw_json decoding::object(json_view value, std::string_view name) {
    if (!value) return {};
    if (!value.is_object()) refuse_at(name, "is not an object");
    return value.raw();
}

std::string decoding::needed(json_view value, std::string_view name) {
    std::string read = text(value, name);
    if (read.empty()) refuse_at(name, value ? "is empty" : "is missing");
    return read;
}

void decoding::lose(std::string_view word, std::string_view what) {
    if (out.losses.size() == most_losses) return;
    std::string loss = fmt::format("{} {}", as_word(word), what);
    if (std::ranges::find(out.losses, loss) == out.losses.end()) out.losses.push_back(std::move(loss));
}

bool decoding::count() {
    if (++counted_ > most_parts) refuse(fmt::format("the conversation has more than {} parts", most_parts));
    return counted_ <= most_parts;
}

void decoding::add(std::vector<part>& into, part one) {
    if (count()) into.push_back(std::move(one));
}

void decoding::add_message(message one) {
    if (count()) out.messages.push_back(std::move(one));
}

void decoding::add_tool(tool one) {
    if (count()) out.tools.push_back(std::move(one));
}

void decoding::add_stop(json_view texts, std::string_view name) {
    each(texts, name, [this](json_view one) {
        std::string stop = this->text(one, "");
        if (!stop.empty() && count()) out.how.stop.push_back(std::move(stop));
    });
}

void decoding::add_reasoning(std::vector<part>& into, std::string text, json_view sealed) {
    auto state = unseal(maker, sealed.text());
    if (state)
        add(into, reasoning_part{.text = std::move(text), .kind = state->kind, .state = std::move(state->state)});
}

bool decoding::is_server_tool(std::string_view type) {
    if (type.empty() || type == "function" || type == "custom") return false;
    if (server_tool_.empty()) server_tool_ = as_word(without_date(type));
    lose(without_date(type), "tool");
    return true;
}

void decoding::read_common(json_view body) {
    if (!body.is_object()) return refuse("the body is not a JSON object");
    out.model = text(body["model"], "model");
    out.stream = flag(body["stream"], "stream");
}

decoded<turn> decoding::finish() {
    if (fault_.empty() && !server_tool_.empty() && out.tools.empty()) {
        const bool search = server_tool_.find("earch") != std::string::npos;
        fault_ = fmt::format(
            "this model server has no {} tool, so nothing was {}; use a server of the vendor for that, or go on "
            "without",
            server_tool_, search ? "searched" : "done");
    }
    if (fault_.empty() && out.model.empty()) fault_ = "the request names no model";
    if (!fault_.empty()) return bad_request{fault_};
    return std::move(out);
}

media_part media_of_url(json_view url) {
    const std::string_view quoted = url.quoted();
    const std::size_t comma = quoted.find(',');
    // `data:image\/png;base64` is a way to write it, too.
    std::string head(quoted.substr(0, std::min(comma, most_of_type)));
    std::erase(head, '\\');
    if (comma == quoted.npos || !head.starts_with(scheme) || !head.ends_with(";base64"))
        return {.type = "image/*", .base64 = {}, .url = url.text(), .name = {}};
    const std::size_t end = head.find(';');
    return {.type = head.substr(scheme.size(), end - scheme.size()),
            .base64 = quoted.substr(comma + 1),
            .url = {},
            .name = {}};
}

}  // namespace opd::bridge
