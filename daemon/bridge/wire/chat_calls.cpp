#include "daemon/bridge/wire/chat_calls.hpp"

#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

constexpr std::size_t most_calls = 1'000;
constexpr std::size_t most_bytes = std::size_t{16} * 1024 * 1024;

bool is_object(std::string text) {
    const auto read = json_view::of(text);
    return read && read->is_object();
}

/// Some models write Python's quotes.
std::string with_double_quotes(std::string text) {
    std::ranges::replace(text, '\'', '"');
    return text;
}

/// The object that the text begins with, whatever stands behind it.
std::optional<std::string> object_in(const std::string& text) {
    if (is_object(text)) return text;
    for (std::size_t at = text.rfind('}'), tries = 0; at != text.npos && tries != 8; ++tries) {
        if (std::string head = text.substr(0, at + 1); is_object(head)) return head;
        at = at == 0 ? text.npos : text.rfind('}', at - 1);
    }
    return std::nullopt;
}

/// The arguments as one object; nullopt: they were cut, or are none.
std::optional<std::string> whole_object(const std::string& joined, const std::string& last, bool grows) {
    if (joined.find_first_not_of(" \t\r\n") == joined.npos) return "{}";
    if (is_object(joined)) return joined;
    if (grows && is_object(last)) return last;
    if (auto found = object_in(joined)) return found;
    return object_in(with_double_quotes(joined));
}

}  // namespace

bool chat_calls::take(json_view list) {
    list.elements([this](json_view one) {
        if (calls_.size() > most_calls || bytes_ > most_bytes) return;
        call& to = call_of(one);
        const std::string id = one["id"].text();
        if (to.id.empty()) to.id = id;
        const json_view function = one["function"];
        if (to.name.empty()) to.name = function["name"].text();
        add_arguments(to, function["arguments"]);
    });
    return calls_.size() <= most_calls && bytes_ <= most_bytes;
}

/// The call that a piece belongs to: that of its id, or else of its index, or else the last one. Servers give one index
/// to several calls, or none: an id that is another one begins another call.
chat_calls::call& chat_calls::call_of(json_view one) {
    const auto index = one["index"].number();
    const std::string id = one["id"].text();
    const std::string name = one["function"]["name"].text();
    auto found = id.empty() ? calls_.end() : std::ranges::find(calls_, id, &call::id);
    if (found != calls_.end()) return *found;
    for (auto it = calls_.begin(); it != calls_.end(); ++it)
        if (!index || it->index == index) found = it;
    const bool other_id = found != calls_.end() && !id.empty() && !found->id.empty() && found->id != id;
    const bool next_nameless = found != calls_.end() && !index && id.empty() && !name.empty() && !found->name.empty();
    if (found == calls_.end() || other_id || next_nameless) return calls_.emplace_back(call{.index = index});
    return *found;
}

void chat_calls::add_arguments(call& to, json_view piece) {
    std::string text = piece.is_object() ? std::string(piece.raw()) : piece.text();
    if (text.empty()) return;
    bytes_ += text.size();
    to.grows = to.grows && text.starts_with(to.last);
    to.joined += text;
    to.last = std::move(text);
}

std::size_t chat_calls::tell(bool cut, deltas& out) {
    std::size_t told = 0;
    for (call& one : calls_) {
        auto arguments = whole_object(one.joined, one.last, one.grows);
        if (one.name.empty() || (!arguments && cut)) continue;
        if (cut && &one == &calls_.back() && one.joined.empty()) continue;
        if (!arguments) {
            arguments.emplace();
            json_text(*arguments).open('{').member("_unparsed", one.joined).close('}');
        }
        // Some count from the start in each answer; an agent that meets an id again takes it for the earlier call.
        if (one.id.empty() || !used_.insert(one.id).second) one.id = fmt::format("call_{}_{}", seed_, told);
        out.emplace_back(delta_of::call_open{.key = told, .id = one.id, .name = one.name});
        out.emplace_back(delta_of::call_arguments{.key = told, .text = *std::move(arguments)});
        out.emplace_back(delta_of::call_close{.key = told});
        ++told;
    }
    calls_.clear();
    return told;
}

}  // namespace opd::bridge
