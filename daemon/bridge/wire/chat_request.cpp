#include "daemon/bridge/wire/chat_request.hpp"

#include "daemon/bridge/wire/history.hpp"
#include "daemon/bridge/wire/json_view.hpp"
#include "daemon/bridge/wire/json_write.hpp"
#include "daemon/bridge/wire/token_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::bridge {
namespace {

using flavour = chat_server::flavour;

bool is_image(const media_part& media) { return media.type.starts_with("image/"); }

void add_words(std::string& to, std::string_view text) {
    if (text.empty()) return;
    if (!to.empty()) to += "\n\n";
    to += text;
}

class writer {
public:
    writer(const turn& asked, const chat_server& server) : asked_(asked), server_(server), losses_(asked.losses) {}

    encoded write() {
        json_.open('{').member("model", server_.model);
        json_.key("messages").open('[');
        if (!asked_.system.empty())
            json_.open('{').member("role", "system").member("content", asked_.system).close('}');
        for (const message& one : arranged(with_reminders()))
            if (one.who == message::role::assistant)
                write_answer(one);
            else
                write_question(one);
        json_.close(']');
        write_tools();
        write_settings();
        json_.close('}');
        return {.body = std::move(body_), .losses = std::move(losses_)};
    }

private:
    /// Most templates of models know a system text at the very beginning alone; moved there it would change what the
    /// server has in its cache.
    std::vector<message> with_reminders() const {
        std::vector<message> all = asked_.messages;
        for (message& one : all) {
            if (one.who != message::role::system) continue;
            one.who = message::role::user;
            for (part& piece : one.parts)
                if (auto* const text = std::get_if<text_part>(&piece); text != nullptr && !text->text.empty())
                    text->text = as_reminder(text->text);
        }
        return all;
    }

    void lose(std::string what) {
        if (std::ranges::find(losses_, what) == losses_.end()) losses_.push_back(std::move(what));
    }

    void write_answer(const message& one) {
        std::string words, thoughts, field, details;
        bool calls = false;
        for (const part& piece : one.parts) {
            if (const auto* const text = std::get_if<text_part>(&piece)) add_words(words, text->text);
            if (std::holds_alternative<call_part>(piece)) calls = true;
            const auto* const thought = std::get_if<reasoning_part>(&piece);
            if (thought == nullptr) continue;
            add_words(thoughts, thought->text);
            if (thought->kind == "details") details = thought->state;
            if (thought->kind == "content") field = "reasoning_content";
            if (thought->kind == "plain") field = "reasoning";
        }
        if (words.empty() && !calls) return;
        json_.open('{').member("role", "assistant").member("content", words);
        if (!field.empty() && !thoughts.empty()) json_.member(field, thoughts);
        write_details(std::move(details));
        if (calls) {
            json_.key("tool_calls").open('[');
            for (const part& piece : one.parts)
                if (const auto* const call = std::get_if<call_part>(&piece)) write_call(*call);
            json_.close(']');
        }
        json_.close('}');
    }

    /// What has travelled through the agent is foreign input again.
    void write_details(std::string details) {
        if (details.empty()) return;
        const auto checked = json_view::of(details);
        if (checked && checked->is_array()) json_.key("reasoning_details").raw(checked->raw());
    }

    void write_call(const call_part& call) {
        std::string arguments = call.arguments;
        if (call.custom) {
            arguments.clear();
            json_text(arguments).open('{').member("input", call.arguments).close('}');
        }
        json_.open('{').member("id", id_on_wire(call.id)).member("type", "function").key("function").open('{');
        json_.member("name", tool_names::on_wire(call.space, call.name)).member("arguments", arguments);
        json_.close('}').close('}');
    }

    void write_question(const message& one) {
        std::vector<const media_part*> shown;
        for (const part& piece : one.parts)
            if (const auto* const result = std::get_if<result_part>(&piece)) write_result(*result, shown);
        std::string words;
        bool media = !shown.empty();
        for (const part& piece : one.parts) {
            if (const auto* const text = std::get_if<text_part>(&piece)) add_words(words, text->text);
            if (std::holds_alternative<media_part>(piece)) media = true;
        }
        if (!media) {
            if (!words.empty()) json_.open('{').member("role", "user").member("content", words).close('}');
            return;
        }
        json_.open('{').member("role", "user").key("content").open('[');
        for (const media_part* const picture : shown) write_media(*picture);
        for (const part& piece : one.parts) {
            if (const auto* const text = std::get_if<text_part>(&piece)) write_text(text->text);
            if (const auto* const content = std::get_if<media_part>(&piece)) write_media(*content);
        }
        json_.close(']').close('}');
    }

    /// Servers take nothing but text in a result: its pictures follow behind the last one, in a message of the user.
    void write_result(const result_part& result, std::vector<const media_part*>& shown) {
        std::string words;
        for (const auto& content : result.content) {
            const auto* const media = std::get_if<media_part>(&content);
            if (media == nullptr) {
                add_words(words, std::get<text_part>(content).text);
            } else if (is_image(*media) && server_.what != flavour::mistral) {
                shown.push_back(media);
                add_words(words, fmt::format("[image {} below]", shown.size()));
            } else if (can_show(*media) && server_.what != flavour::mistral) {
                shown.push_back(media);
                add_words(words, fmt::format("[document {} below]", shown.size()));
            } else {
                add_words(words, not_shown(*media));
            }
        }
        if (result.failed && !words.starts_with("Error") && !words.starts_with("error")) words.insert(0, "Error: ");
        json_.open('{').member("role", "tool").member("tool_call_id", id_on_wire(result.id)).member("content", words);
        json_.close('}');
    }

    bool can_show(const media_part& media) const {
        return is_image(media) || server_.what == flavour::openrouter || server_.what == flavour::openai;
    }

    std::string not_shown(const media_part& media) {
        const std::string what = is_image(media) ? "image in a tool's result" : "document";
        lose(what);
        return fmt::format("[{}{}{} not shown: this model server takes none]", is_image(media) ? "image" : "document",
                           media.name.empty() ? "" : " ", media.name);
    }

    void write_text(std::string_view text) { json_.open('{').member("type", "text").member("text", text).close('}'); }

    void write_media(const media_part& media) {
        if (!can_show(media)) return write_text(not_shown(media));
        const std::string head = media.base64.empty() ? std::string() : fmt::format("data:{};base64,", media.type);
        if (is_image(media)) {
            json_.open('{').member("type", "image_url").key("image_url").open('{').key("url");
            json_.quoted(media.base64.empty() ? media.url : head, media.base64);
        } else {
            json_.open('{').member("type", "file").key("file").open('{');
            json_.member("filename", media.name.empty() ? "document.pdf" : media.name).key("file_data");
            json_.quoted(media.base64.empty() ? media.url : head, media.base64);
        }
        json_.close('}').close('}');
    }

    void write_tools() {
        if (asked_.tools.empty()) return;
        json_.key("tools").open('[');
        for (const tool& one : asked_.tools) {
            json_.open('{').member("type", "function").key("function").open('{');
            json_.member("name", tool_names::on_wire(one.space, one.name)).member("description", one.description);
            json_.key("parameters");
            write_schema(one);
            json_.close('}').close('}');
        }
        json_.close(']');
        using mode = tool_choice::mode;
        const tool_choice& choice = asked_.choice;
        if (choice.how == mode::none) json_.member("tool_choice", "none");
        if (choice.how == mode::any) json_.member("tool_choice", "required");
        if (choice.how == mode::one) {
            json_.key("tool_choice").open('{').member("type", "function").key("function").open('{');
            json_.member("name", tool_names::on_wire(choice.space, choice.name)).close('}').close('}');
        }
        if (!choice.parallel) json_.key("parallel_tool_calls").flag(false);
    }

    /// As it is, but without `$schema`, and with the `properties` that strict servers want.
    void write_schema(const tool& one) {
        if (one.custom) {
            json_.raw(R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"]})");
            return;
        }
        std::string text(one.schema);
        const auto schema = json_view::of(text);
        if (!schema || !schema->is_object()) {
            json_.raw(R"({"type":"object","properties":{}})");
            return;
        }
        json_.open('{');
        if (!(*schema)["type"]) json_.member("type", "object");
        schema->members([this](const std::string& name, json_view value) {
            if (name != "$schema") json_.key(name).raw(value.raw());
        });
        if (!(*schema)["properties"]) json_.key("properties").open('{').close('}');
        json_.close('}');
    }

    void write_settings() {
        const sampling& how = asked_.how;
        if (const auto limit = output_limit())
            json_.key(server_.what == flavour::openai ? "max_completion_tokens" : "max_tokens").number(*limit);
        if (!how.temperature.empty()) json_.key("temperature").raw(how.temperature);
        if (!how.top_p.empty()) json_.key("top_p").raw(how.top_p);
        const bool knows_top_k =
            server_.what == flavour::ollama || server_.what == flavour::openrouter || server_.what == flavour::lmstudio;
        if (!how.top_k.empty() && knows_top_k) json_.key("top_k").raw(how.top_k);
        write_stop();
        if (server_.thinks && !how.effort.empty() && how.think != sampling::thinking::off)
            json_.member("reasoning_effort", effort());
        write_format();
        if (!asked_.cache_key.empty() && server_.what == flavour::openai)
            json_.member("prompt_cache_key", asked_.cache_key);
        json_.key("stream").flag(true);
        if (server_.usage_in_stream) json_.key("stream_options").open('{').key("include_usage").flag(true).close('}');
    }

    /// No more than the model can, and than is left of its context.
    std::optional<std::uint64_t> output_limit() const {
        auto limit = asked_.how.output_limit;
        if (!limit) return limit;
        if (server_.output_limit) limit = std::min(*limit, *server_.output_limit);
        if (!server_.context) return limit;
        const std::uint64_t used = estimate_tokens(asked_);
        const std::uint64_t least = std::min<std::uint64_t>(*server_.context / 4, 1024);
        return std::min(*limit, std::max(*server_.context - std::min(used, *server_.context), least));
    }

    void write_stop() {
        constexpr std::size_t most = 4;
        const std::vector<std::string>& stop = asked_.how.stop;
        if (stop.empty()) return;
        if (stop.size() > most) lose("stop sequences beyond the fourth");
        json_.key("stop").open('[');
        for (std::size_t i = 0; i != std::min(stop.size(), most); ++i) json_.text(stop[i]);
        json_.close(']');
    }

    std::string_view effort() const {
        const bool beyond = asked_.how.effort == "xhigh" || asked_.how.effort == "max";
        return beyond ? std::string_view("high") : std::string_view(asked_.how.effort);
    }

    void write_format() {
        const sampling& how = asked_.how;
        if (!how.json_only) return;
        json_.key("response_format").open('{');
        if (how.format.starts_with('{')) {
            json_.member("type", "json_schema").key("json_schema").open('{');
            json_.member("name", how.format_name.empty() ? "answer" : how.format_name).key("schema").raw(how.format);
            json_.close('}');
        } else {
            json_.member("type", "json_object");
        }
        json_.close('}');
    }

    const turn& asked_;
    const chat_server& server_;
    std::vector<std::string> losses_;
    std::string body_;
    json_text json_{body_};
};

}  // namespace

encoded write_chat_request(const turn& asked, const chat_server& server) { return writer(asked, server).write(); }

}  // namespace opd::bridge
