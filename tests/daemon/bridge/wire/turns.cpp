#include "tests/daemon/bridge/wire/turns.hpp"

#include "daemon/bridge/wire/anthropic_request.hpp"
#include "daemon/bridge/wire/gemini_request.hpp"
#include "daemon/bridge/wire/responses_request.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>

namespace opd::bridge {
namespace {

class shower {
public:
    std::string show(const turn& one) {
        line({one.model, one.stream ? "stream" : ""});
        if (!one.system.empty()) line({"system", one.system});
        for (const message& said : one.messages) show(said);
        for (const tool& offered : one.tools)
            line({offered.custom ? "custom tool" : "tool", offered.space, offered.name, offered.description,
                  offered.schema});
        show(one.choice);
        show(one.how);
        if (!one.cache_key.empty()) line({"cache", one.cache_key});
        for (const std::string& loss : one.losses) line({"loss", loss});
        return std::move(out_);
    }

    void operator()(const text_part& one) { line({"text", one.text}); }
    void operator()(const media_part& one) { line({"media", one.type, one.base64, one.url, one.name}); }
    void operator()(const reasoning_part& one) { line({"reasoning", one.kind, one.state, one.text}); }
    void operator()(const call_part& one) {
        line({one.custom ? "custom call" : "call", one.id, one.space, one.name, one.arguments});
    }
    void operator()(const result_part& one) {
        line({one.failed ? "failed" : "result", one.id, one.name});
        indent_ += "  ";
        for (const auto& content : one.content) std::visit(*this, content);
        indent_.resize(indent_.size() - 2);
    }

private:
    void show(const message& said) {
        constexpr std::array names{"user", "assistant", "system message"};
        line({names.at(static_cast<std::size_t>(said.who))});
        indent_ = "  ";
        for (const part& one : said.parts) std::visit(*this, one);
        indent_.clear();
    }

    void show(const tool_choice& choice) {
        constexpr std::array names{"automatic", "none", "any", "one"};
        if (choice == tool_choice()) return;
        line({"choice", names.at(static_cast<std::size_t>(choice.how)), choice.space, choice.name,
              choice.parallel ? "" : "one at a time"});
    }

    void show(const sampling& how) {
        constexpr std::array names{"", "off", "on"};
        if (how.output_limit) line({"limit", fmt::to_string(*how.output_limit)});
        if (how.think != sampling::thinking::unsaid || !how.effort.empty())
            line({"thinking", names.at(static_cast<std::size_t>(how.think)), how.effort});
        if (!how.temperature.empty()) line({"temperature", how.temperature});
        if (!how.top_p.empty()) line({"top_p", how.top_p});
        if (!how.top_k.empty()) line({"top_k", how.top_k});
        for (const std::string& stop : how.stop) line({"stop", stop});
        if (how.json_only) line({"json", how.format_name, how.format});
    }

    void line(std::initializer_list<std::string_view> words) {
        std::string text = indent_;
        for (const std::string_view word : words) {
            if (word.empty()) continue;
            if (text.size() > indent_.size()) text += ' ';
            for (const char c : word)
                if (c == '\n')
                    text += "\\n";
                else
                    text += c;
        }
        out_ += text + '\n';
    }

    std::string out_, indent_;
};

}  // namespace

std::string shown(const turn& one) { return shower().show(one); }

decoded<turn> read_as(agent who, std::string& body) {
    if (who == agent::claude) return read_anthropic_request(body, test_maker);
    if (who == agent::codex) return read_responses_request(body, test_maker);
    return read_gemini_request(body, "m", true, test_maker);
}

std::string read_and_shown(agent who, std::string body) {
    const auto read = read_as(who, body);
    return read ? shown(*read) : "refused: " + read.error().message + '\n';
}

}  // namespace opd::bridge
