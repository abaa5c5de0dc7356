#include "daemon/bridge/wire/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace opd::bridge {
namespace {

class arranging {
public:
    std::vector<message> arrange(std::vector<message> all) {
        for (message& one : all)
            if (one.who == message::role::assistant)
                take_answer(std::move(one.parts));
            else
                take_others(std::move(one));
        answer_calls();
        return std::move(out_);
    }

private:
    void take_answer(std::vector<part> parts) {
        if (!waiting_.empty() || !results_.empty()) answer_calls();
        if (out_.empty() || out_.back().who != message::role::assistant)
            out_.push_back({.who = message::role::assistant});
        std::ranges::move(parts, std::back_inserter(out_.back().parts));
    }

    /// What comes between two answers waits until all of it is known.
    void take_others(message from) {
        message* into = waiting_.empty() || waiting_.back().who != from.who ? nullptr : &waiting_.back();
        for (part& one : from.parts) {
            if (auto* const result = std::get_if<result_part>(&one)) {
                results_.push_back(std::move(*result));
                continue;
            }
            if (into == nullptr) into = &waiting_.emplace_back(message{.who = from.who});
            into->parts.push_back(std::move(one));
        }
    }

    /// Ends what came since the last answer: its calls get their results.
    void answer_calls() {
        message results{.who = message::role::user};
        if (!out_.empty() && out_.back().who == message::role::assistant) {
            std::vector<part>& parts = out_.back().parts;
            std::multimap<std::string, result_part*> by_id;
            for (result_part& one : results_) by_id.emplace(one.id, &one);
            std::erase_if(parts, [&](part& one) {
                auto* const call = std::get_if<call_part>(&one);
                if (call == nullptr) return is_empty(one);
                const auto found = by_id.find(call->id);
                if (found == by_id.end()) return true;
                result_part& result = *found->second;
                by_id.erase(found);
                result.id = call->id = unique(call->id);
                result.name = call->name;
                results.parts.emplace_back(std::move(result));
                result.id.clear();
                return false;
            });
            std::erase_if(results_, [&](const result_part& one) { return one.id.empty() && one.content.empty(); });
            if (parts.empty()) out_.pop_back();
        }
        for (result_part& orphan : results_) add_as_words(std::move(orphan), results);
        results_.clear();
        append(std::move(results));
        for (message& one : waiting_) append(std::move(one));
        waiting_.clear();
    }

    static bool is_empty(const part& one) {
        const auto* const text = std::get_if<text_part>(&one);
        return text != nullptr && text->text.empty();
    }

    static void add_as_words(result_part result, message& into) {
        for (auto& one : result.content)
            std::visit([&](auto& content) { into.parts.emplace_back(std::move(content)); }, one);
    }

    void append(message one) {
        std::erase_if(one.parts, is_empty);
        if (one.parts.empty()) return;
        if (out_.empty() || out_.back().who != one.who) return out_.push_back(std::move(one));
        std::ranges::move(one.parts, std::back_inserter(out_.back().parts));
    }

    /// Agents have given two calls one id.
    std::string unique(const std::string& id) {
        const std::size_t times = ++seen_[id];
        return times == 1 ? id : fmt::format("{}_{}", id, times);
    }

    std::vector<message> out_;
    std::vector<message> waiting_;
    std::vector<result_part> results_;
    std::map<std::string, std::size_t> seen_;
};

}  // namespace

std::vector<message> arranged(std::vector<message> all) { return arranging().arrange(std::move(all)); }

std::string as_reminder(std::string_view system_text) {
    return fmt::format("<system-reminder>\n{}\n</system-reminder>", system_text);
}

}  // namespace opd::bridge
