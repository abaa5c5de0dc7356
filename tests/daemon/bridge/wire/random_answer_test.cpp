#include "tests/daemon/bridge/wire/grammar.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

using namespace opd::bridge;
namespace json = boost::json;

namespace {

answer_context context() {
    static const tool_names names = [] {
        turn asked;
        asked.tools = {{.space = "agents_v1", .name = "close", .description = {}, .schema = {}},
                       {.space = {}, .name = "patch", .description = {}, .schema = {}, .custom = true}};
        return *tool_names::of(asked);
    }();
    return {.model = "m", .id = "a1", .names = &names, .maker = "0123"};
}

class random_answer {
public:
    explicit random_answer(unsigned seed) : random_(seed) {}

    deltas make() {
        deltas all;
        if (below(8) != 0) all.emplace_back(delta_of::start{.id = "i", .model = text()});
        for (std::size_t left = below(12); left != 0; --left) add_item(all);
        if (below(4) == 0)
            all.emplace_back(fault{.what = static_cast<fault::kind>(below(7)), .message = "why " + text()});
        else
            all.emplace_back(delta_of::stop{.why = static_cast<stop_reason>(below(6)), .stop_string = {}});
        return all;
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    std::string text() {
        constexpr const char* pieces[] = {"a",
                                          "\"",
                                          "\\",
                                          "\n\n",
                                          "\r\n\r\n",
                                          "\xE2\x80\xA8",
                                          "\xE2\x80\xA9",
                                          "\xE2\x82\xAC",
                                          "\xF0\x9F\x98\x80",
                                          "data: ",
                                          "{\"error\"",
                                          "\x01",
                                          "</think>",
                                          " "};
        std::string out;
        for (std::size_t left = 1 + below(5); left != 0; --left) out += pieces[below(std::size(pieces))];
        if (below(9) == 0) out += '\0';
        return out;
    }

    void add_item(deltas& all) {
        switch (below(6)) {
            case 0: return all.push_back(delta_of::thought{text()});
            case 1:
                return all.push_back(
                    delta_of::thought_state{.kind = below(2) == 0 ? "details" : "content", .state = text()});
            case 2: return all.push_back(usage{.input = below(99), .output = below(99)});
            case 3: return add_call(all);
            default: return all.push_back(delta_of::words{text()});
        }
    }

    void add_call(deltas& all) {
        constexpr const char* names[] = {"Bash", "patch", "agents_v1__close", "other"};
        const std::size_t key = all.size();
        all.emplace_back(delta_of::call_open{.key = key, .id = fmt::format("c{}", key), .name = names[below(4)]});
        std::string whole =
            fmt::format("{{{}\"input\":{}}}", below(2) == 0 ? "\n" : "", json::serialize(json::value(text())));
        while (!whole.empty()) {
            std::size_t size = 1 + below(whole.size());
            while (size != whole.size() && (static_cast<unsigned char>(whole[size]) & 0xC0U) == 0x80U) ++size;
            all.emplace_back(delta_of::call_arguments{.key = key, .text = whole.substr(0, size)});
            whole.erase(0, size);
        }
        all.emplace_back(delta_of::call_close{.key = key});
    }

    std::mt19937 random_;
};

json::array events_in(std::string_view stream) {
    json::array all;
    while (!stream.empty()) {
        std::string_view line = stream.substr(0, stream.find('\n'));
        stream.remove_prefix(std::min(line.size() + 1, stream.size()));
        if (!line.starts_with("data: ")) continue;
        line.remove_prefix(6);
        all.push_back(json::parse(json::string_view(line.data(), line.size())));
    }
    return all;
}

void append(json::value& to, const json::value& text) { to.as_string() += text.as_string(); }

/// The content as an agent puts it together from the events.
json::array content_in_anthropic(std::string_view stream) {
    json::array content;
    std::string arguments;
    for (const json::value& event : events_in(stream)) {
        const json::string& type = event.at("type").as_string();
        if (type == "content_block_start") content.push_back(event.at("content_block"));
        if (type == "content_block_start") arguments.clear();
        if (type == "content_block_stop" && content.back().at("type") == "tool_use")
            content.back().at("input") = json::parse(arguments);
        if (type != "content_block_delta") continue;
        for (const json::key_value_pair& member : event.at("delta").as_object()) {
            if (member.key() == "partial_json") arguments += member.value().as_string();
            if (member.key() != "partial_json" && member.key() != "type")
                append(content.back().at(member.key()), member.value());
        }
    }
    return content;
}

/// Parts of text in a row are one, and the empty one at the end is none.
json::array joined(const json::array& parts) {
    json::array out;
    for (const json::value& part : parts) {
        const bool is_text = part.as_object().contains("text");
        const auto is_thought = [](const json::value& one) { return one.as_object().contains("thought"); };
        if (is_text && part.at("text").as_string().empty()) continue;
        const bool goes_on = is_text && !out.empty() && out.back().as_object().contains("text") &&
                             is_thought(out.back()) == is_thought(part);
        if (goes_on)
            append(out.back().at("text"), part.at("text"));
        else
            out.push_back(part);
    }
    return out;
}

json::array content_in_gemini(std::string_view stream) {
    json::array parts;
    for (const json::value& event : events_in(stream))
        for (const json::value& part : event.at("candidates").at(0).at("content").at("parts").as_array())
            parts.push_back(part);
    return joined(parts);
}

}  // namespace

TEST_CASE("any answer is a stream that keeps to its grammar, and a document of the same content") {
    for (unsigned seed = 0; seed != 2'000; ++seed) {
        const deltas all = random_answer(seed).make();
        for (const agent_protocol& as : agent_protocols) {
            CAPTURE(seed);
            CAPTURE(std::string(as.name));
            REQUIRE(as.fault_in(written(as, all, context())) == "");
        }
        const auto document = [&](const agent_protocol& as) { return json::parse(as.document(all, context())); };
        REQUIRE(document(anthropic).at("content") == content_in_anthropic(written(anthropic, all, context())));
        REQUIRE(joined(document(gemini).at("candidates").at(0).at("content").at("parts").as_array()) ==
                content_in_gemini(written(gemini, all, context())));
        if (const auto* const stop = std::get_if<delta_of::stop>(&all.back());
            stop != nullptr && stop->why != stop_reason::context_full)
            REQUIRE(document(responses) == events_in(written(responses, all, context())).back().at("response"));
    }
}
