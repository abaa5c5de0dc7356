#include "daemon/state/config_store.hpp"

#include "daemon/loop/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace asio = boost::asio;

namespace opd::state {
namespace {

template <class Named>
config_revisions::by_name revise(const std::vector<Named>& now, const std::vector<Named>& before,
                                 const config_revisions::by_name& revisions, std::uint64_t generation) {
    std::unordered_map<std::string_view, const Named*> known;
    for (const Named& one : before) known.emplace(one.name, &one);
    config_revisions::by_name revised;
    for (const Named& one : now) {
        const auto found = known.find(one.name);
        const bool same = found != known.end() && *found->second == one;
        revised.emplace(one.name, same ? revisions.at(one.name) : generation);
    }
    return revised;
}

constexpr auto for_ever = std::chrono::steady_clock::time_point::max();

// An attempt fails only because another program has written in between: that ends some time.
constexpr std::chrono::seconds patience{5};

std::string today() {
    const std::time_t now = std::time(nullptr);
    return fmt::format("{:%Y-%m-%d}", fmt::localtime(now));
}

change_refusal cannot_write(std::string message) {
    return {.why = change_refusal::reason::cannot_write, .message = std::move(message)};
}

constexpr const char* bug_in_change = "operatord failed to make this change; its log has the details";

/// The same snapshot where nothing changes.
changed<config_snapshot_ptr> changed_snapshot(const config_store::change& wanted, const config_snapshot_ptr& before,
                                              const std::string& file, toml_memory& memory) {
    const changed<config> values = wanted(*before);
    if (!values) return values.error();
    auto edited = edit_config(before->file.text, file, before->loaded.values, *values, memory);
    if (!edited) return edited.error();
    if (edited->text == before->file.text) return before;
    return next_snapshot(*before, {.text = std::move(edited->text), .exists = true}, std::move(edited->loaded));
}

}  // namespace

config_snapshot_ptr first_snapshot(config_text file, loaded_config loaded) {
    return next_snapshot({.generation = 0}, std::move(file), std::move(loaded));
}

config_snapshot_ptr next_snapshot(const config_snapshot& before, config_text file, loaded_config loaded) {
    auto next = std::make_shared<config_snapshot>();
    next->file = std::move(file);
    next->loaded = std::move(loaded);
    next->generation = before.generation + 1;
    const config& now = next->loaded.values;
    const config& then = before.loaded.values;
    next->revisions.servers = revise(now.model_servers, then.model_servers, before.revisions.servers, next->generation);
    next->revisions.delegators = revise(now.delegators, then.delegators, before.revisions.delegators, next->generation);
    next->revisions.llm_tools = now.llm_tools == then.llm_tools ? before.revisions.llm_tools : next->generation;
    return next;
}

/// A client's request. Its outcome is decided first, and told when it is on disk.
struct config_store::request {
    explicit request(change wanted) : decide(std::move(wanted)) {}

    void tell() {
        told = true;
        ended.notify_all();
    }

    void refuse(const change_refusal& why) {
        outcome = why;
        tell();
    }

    change decide;
    // The workers' as long as they decide.
    changed<config_snapshot_ptr> outcome{config_snapshot_ptr()};
    std::exception_ptr bug;

    bool told = false;
    loop::event ended;
};

config_store::config_store(asio::any_io_executor executor, loop::worker_threads& workers, places where,
                           config_snapshot_ptr first, std::function<void(const config_snapshot&)> adopt,
                           spdlog::logger& log)
    : places_(std::move(where)),
      current_(std::move(first)),
      adopt_(std::move(adopt)),
      log_(log),
      workers_(workers),
      tasks_(std::move(executor), [this](const std::exception_ptr& error) { loop::log_bug(log_, "a write", error); }) {}

void config_store::tell_reloads(std::function<void()> begins, std::function<void()> settled) {
    reload_begins_ = std::move(begins);
    settled_ = std::move(settled);
}

void config_store::start() { tasks_.spawn(run()); }

void config_store::stop() {
    stopped_ = true;
    work_.notify_all();
}

asio::awaitable<void> config_store::join() { co_await tasks_.join(); }

void config_store::reload() {
    look_at_file_ = true;
    work_.notify_all();
}

asio::awaitable<changed<config_snapshot_ptr>> config_store::write(change wanted) {
    if (stopped_) {
        co_return change_refusal{.why = change_refusal::reason::shutting_down,
                                 .message = "operatord is stopping; nothing was changed"};
    }
    const auto mine = std::make_shared<request>(std::move(wanted));
    waiting_.push_back(mine);
    work_.notify_all();
    while (!mine->told) co_await mine->ended.wait_until(for_ever);
    co_return mine->outcome;
}

asio::awaitable<void> config_store::run() {
    while (!stopped_ || !waiting_.empty()) {
        const bool asked_to_look = std::exchange(look_at_file_, false);
        if (!waiting_.empty()) {
            co_await serve(std::exchange(waiting_, {}));
        } else if (asked_to_look) {
            co_await look();
        } else {
            settled_();
            co_await work_.wait_until(for_ever);
        }
    }
}

asio::awaitable<void> config_store::look() {
    try {
        co_await catch_up();
    } catch (const std::exception&) {
        loop::log_bug(log_, "reading the configuration", std::current_exception());
    }
}

asio::awaitable<void> config_store::serve(batch requests) {
    change_refusal failure = cannot_write(bug_in_change);
    try {
        failure = co_await make(requests);
    } catch (const std::exception&) {
        loop::log_bug(log_, "a write of the configuration", std::current_exception());
    }
    for (const auto& one : requests)
        if (!one->told) one->refuse(failure);
}

asio::awaitable<change_refusal> config_store::make(const batch& requests) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        const bool sound = co_await catch_up();
        if (!sound) {
            co_return change_refusal{
                .why = change_refusal::reason::conflict,
                .message = fmt::format("the configuration file is broken, and was left alone: {}", error_)};
        }
        const config_snapshot_ptr wanted = co_await decide(requests);
        result<replaced> saved = replaced::done;
        if (wanted->file != current_->file) saved = co_await save(wanted);
        if (saved && *saved == replaced::changed_meanwhile) continue;
        if (!saved) {
            log_.error("{}", saved.error().sentence());
            co_await tell_refusals(requests);
            co_return cannot_write(saved.error().sentence());
        }
        if (wanted != current_) take_over(wanted);
        for (const auto& one : requests) one->tell();
        co_return change_refusal();
    }
    co_return cannot_write(
        fmt::format("another program writes into {} all the time; try again", places_.file.string()));
}

asio::awaitable<bool> config_store::catch_up() {
    const auto read_file = [file = places_.file, was_there = current_->file.exists] {
        return read_config_file(file, was_there);
    };
    auto read = co_await workers_.run(read_file);
    if (!read) {
        note_error(read.error());
        co_return false;
    }
    if (*read == current_->file) {
        if (!error_.empty()) log_.info("{}: as it was before, and in force", places_.file.string());
        error_.clear();
        co_return true;
    }
    reload_begins_();
    auto parse = [file = places_.file.string(), text = std::move(*read), before = current_,
                  memory = memory_]() mutable -> result<config_snapshot_ptr, diagnostic> {
        auto loaded = parse_config(text.text, file, *memory);
        if (!loaded) return loaded.error();
        return next_snapshot(*before, std::move(text), std::move(*loaded));
    };
    const auto next = co_await workers_.run(std::move(parse));
    if (!next) {
        note_error(next.error());
        co_return false;
    }
    take_over(*next);
    co_return true;
}

asio::awaitable<config_snapshot_ptr> config_store::decide(batch requests) {
    const auto decide_all = [requests, wanted = current_, file = places_.file.string(), memory = memory_]() mutable {
        for (const auto& one : requests) {
            try {
                one->outcome = changed_snapshot(one->decide, wanted, file, *memory);
            } catch (const std::exception&) {
                one->bug = std::current_exception();
                one->outcome = cannot_write(bug_in_change);
            }
            if (one->outcome) wanted = *one->outcome;
        }
        return wanted;
    };
    const config_snapshot_ptr wanted = co_await workers_.run(decide_all);
    for (const auto& one : requests)
        if (one->bug) loop::log_bug(log_, "a change of the configuration", std::exchange(one->bug, nullptr));
    co_return wanted;
}

asio::awaitable<void> config_store::tell_refusals(batch requests) {
    const auto refuse_again = [requests, now = current_] {
        std::vector<bool> refused;
        for (const auto& one : requests) {
            const bool decided = !one->outcome && one->outcome.error().why != change_refusal::reason::cannot_write;
            const changed<config> alone = decided ? one->decide(*now) : changed<config>(config());
            if (!alone) one->outcome = alone.error();
            refused.push_back(alone.has_error());
        }
        return refused;
    };
    const std::vector<bool> refused = co_await workers_.run(refuse_again);
    for (std::size_t i = 0; i != requests.size(); ++i)
        if (refused[i]) requests[i]->tell();
}

asio::awaitable<result<replaced>> config_store::save(config_snapshot_ptr wanted) {
    co_await back_up();
    const auto replace_file = [file = places_.file, before = current_, wanted] {
        return replace_config_file(file, before->file, wanted->file.text);
    };
    co_return co_await workers_.run(replace_file);
}

asio::awaitable<void> config_store::back_up() {
    const std::string day = today();
    if (!places_.state_folder || !current_->file.exists || day == backed_up_on_) co_return;
    const auto copy = [folder = *places_.state_folder, file = places_.file, day, now = current_] {
        return back_up_config(folder, file, day, now->file.text);
    };
    const result<std::filesystem::path> kept = co_await workers_.run(copy);
    std::string failure = kept ? std::string() : kept.error().sentence();
    if (kept) backed_up_on_ = day;
    if (!kept && failure != backup_error_) log_.warn("no backup of the configuration was made: {}", failure);
    backup_error_ = std::move(failure);
}

void config_store::take_over(config_snapshot_ptr next) {
    const config_snapshot_ptr before = std::exchange(current_, std::move(next));
    error_.clear();
    for (const diagnostic& warning : current_->loaded.warnings) {
        const auto& known = before->loaded.warnings;
        if (std::ranges::find(known, warning.message, &diagnostic::message) == known.end())
            log_.warn("{}", warning.sentence());
    }
    adopt_(*current_);
}

void config_store::note_error(const diagnostic& about) {
    std::string said = about.sentence();
    if (said != error_) log_.error("the configuration in force stays, for the file is broken: {}", said);
    error_ = std::move(said);
}

}  // namespace opd::state
