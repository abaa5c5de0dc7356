#include "daemon/bridge/wire/decoding.hpp"

#include "daemon/bridge/wire/carrier.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {

void decoding::lose(std::string what) {
    if (std::ranges::find(out.losses, what) == out.losses.end() && out.losses.size() < 20)
        out.losses.push_back(std::move(what));
}

void decoding::add(std::vector<part>& into, part one) {
    if (++parts_ > most_parts) return refuse(fmt::format("the conversation has more than {} parts", most_parts));
    into.push_back(std::move(one));
}

void decoding::add_reasoning(std::vector<part>& into, std::string text, std::string_view sealed) {
    auto state = unseal(maker, sealed);
    if (state)
        add(into, reasoning_part{.text = std::move(text), .kind = state->kind, .state = std::move(state->state)});
}

bool decoding::is_server_tool(std::string_view type) {
    if (type.empty() || type == "function" || type == "custom") return false;
    server_tools_ = true;
    lose(fmt::format("{} tool", type));
    return true;
}

void decoding::read_common(json_view body) {
    if (!body.is_object()) return refuse("the body is not a JSON object");
    out.model = body["model"].text();
    out.stream = body["stream"].is_true();
}

decoded<turn> decoding::finish() {
    if (fault_.empty() && server_tools_ && out.tools.empty())
        fault_ = fmt::format(
            "this model server has no {}, so nothing was searched; use a server of the vendor for that, or go on "
            "without",
            out.losses.front());
    if (fault_.empty() && out.model.empty()) fault_ = "the request names no model";
    if (!fault_.empty()) return bad_request{fault_};
    return std::move(out);
}

media_part media_of_url(json_view url) {
    const std::string_view quoted = url.quoted();
    const std::size_t comma = quoted.find(',');
    constexpr std::string_view scheme = "data:";
    if (!quoted.starts_with(scheme) || comma == quoted.npos)
        return {.type = "image/*", .base64 = {}, .url = url.text(), .name = {}};
    // `data:image\/png;base64` is a way to write it, too.
    std::string head(quoted.substr(scheme.size(), comma - scheme.size()));
    std::erase(head, '\\');
    return {.type = head.substr(0, head.find(';')), .base64 = quoted.substr(comma + 1), .url = {}, .name = {}};
}

}  // namespace opd::bridge
