#include "daemon/bridge/wire/fold.hpp"

#include "daemon/bridge/wire/json_view.hpp"

namespace opd::bridge {
namespace {

class folding {
public:
    explicit folding(folded& into) : into_(into) {}

    void operator()(const delta_of::start&) {}
    void operator()(const delta_of::thought& one) { last<folded_thought>().text += one.text; }

    void operator()(const delta_of::thought_state& one) {
        auto& thought = last<folded_thought>();
        thought.kind = one.kind;
        thought.state = one.state;
    }

    void operator()(const delta_of::words& one) { last<folded_words>().text += one.text; }
    void operator()(const delta_of::call_open& one) {
        into_.items.emplace_back(folded_call{.id = one.id, .name = one.name});
    }
    void operator()(const delta_of::call_arguments& one) { last<folded_call>().arguments += one.text; }
    void operator()(const delta_of::call_close&) {}
    void operator()(const usage& one) { merge(one, into_.usage); }
    void operator()(const delta_of::stop& one) { into_.stop = one; }
    void operator()(const fault&) {}

private:
    /// The last item, if it is of this type; a thought that has got its state has ended.
    template <class Item>
    Item& last() {
        auto* const item = into_.items.empty() ? nullptr : std::get_if<Item>(&into_.items.back());
        bool ended = false;
        if constexpr (std::is_same_v<Item, folded_thought>) ended = item != nullptr && !item->kind.empty();
        if (item != nullptr && !ended) return *item;
        into_.items.emplace_back(Item());
        return std::get<Item>(into_.items.back());
    }

    folded& into_;
};

}  // namespace

void merge(const usage& told, usage& into) {
    for (const auto number :
         {&usage::input, &usage::cached_read, &usage::cached_write, &usage::output, &usage::reasoning})
        if (told.*number) into.*number = told.*number;
}

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

std::string in_one_line(std::string_view json) {
    std::string out;
    for (std::size_t at = 0; at != json.size(); ++at) {
        // Outside of texts a line break is a blank, and within them it cannot be.
        const bool breaks = json[at] == '\n' || json[at] == '\r';
        const std::string_view next = json.substr(at, 3);
        if (next == "\xE2\x80\xA8" || next == "\xE2\x80\xA9") {
            out += next.back() == '\xA8' ? "\\u2028" : "\\u2029";
            at += 2;
        } else {
            out += breaks ? ' ' : json[at];
        }
    }
    return out;
}

}  // namespace opd::bridge
