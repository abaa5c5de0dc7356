#include "daemon/bridge/wire/fold.hpp"

#include "daemon/bridge/wire/json_view.hpp"

namespace opd::bridge {
namespace {

class folding {
public:
    explicit folding(folded& into) : into_(into) {}

    void operator()(const delta_of::start&) {}
    void operator()(const delta_of::thought& one) { last<folded_thought>(true).text += one.text; }

    void operator()(const delta_of::thought_state& one) {
        auto& thought = last<folded_thought>(false);
        thought.kind = one.kind;
        thought.state = one.state;
    }

    void operator()(const delta_of::words& one) { last<folded_words>(false).text += one.text; }
    void operator()(const delta_of::call_open& one) {
        into_.items.emplace_back(folded_call{.id = one.id, .name = one.name});
    }
    void operator()(const delta_of::call_arguments& one) { last<folded_call>(false).arguments += one.text; }
    void operator()(const delta_of::call_close&) {}
    void operator()(const usage& one) { into_.usage = one; }
    void operator()(const delta_of::stop& one) { into_.stop = one; }
    void operator()(const fault&) {}

private:
    /// The last item, if it is of this type; `closed`: and not if it has got its state.
    template <class Item>
    Item& last(bool closed) {
        auto* const item = into_.items.empty() ? nullptr : std::get_if<Item>(&into_.items.back());
        bool ended = false;
        if constexpr (std::is_same_v<Item, folded_thought>) ended = closed && item != nullptr && !item->kind.empty();
        if (item != nullptr && !ended) return *item;
        into_.items.emplace_back(Item());
        return std::get<Item>(into_.items.back());
    }

    folded& into_;
};

}  // namespace

void fold(const delta& one, folded& into) { std::visit(folding(into), one); }

folded fold(std::span<const delta> all) {
    folded out;
    for (const delta& one : all) fold(one, out);
    return out;
}

tool_names::original original_of(const answer_context& context, const std::string& wire_name) {
    const auto* const known = context.names == nullptr ? nullptr : context.names->find(wire_name);
    return known != nullptr ? *known : tool_names::original{.space = {}, .name = wire_name};
}

std::string custom_input(const std::string& arguments) {
    std::string text = arguments;
    const auto read = json_view::of(text);
    return read && (*read)["input"].is_text() ? (*read)["input"].text() : arguments;
}

}  // namespace opd::bridge
