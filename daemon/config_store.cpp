#include "daemon/config_store.hpp"

#include "config/config_edit.hpp"
#include "daemon/log.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <type_traits>
#include <utility>

namespace asio = boost::asio;

namespace opd {
namespace {

constexpr auto for_ever = std::chrono::steady_clock::time_point::max();

// An attempt fails only because another program has written in between: that ends some time.
constexpr std::chrono::seconds patience{5};

/// Does blocking work on the pool's thread. The pool must be joined before the event loop goes.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> on_thread_of(asio::thread_pool& pool, Work work) {
    const auto loop = co_await asio::this_coro::executor;
    std::optional<std::invoke_result_t<Work&>> outcome;
    std::exception_ptr bug;
    bool ended = false;
    event end;
    asio::post(pool, [&, loop] {
        try {
            outcome.emplace(work());
        } catch (...) {
            bug = std::current_exception();
        }
        asio::post(loop, [&] {
            ended = true;
            end.notify_all();
        });
    });
    while (!ended)
        co_await end.wait_until(for_ever);
    if (bug) std::rethrow_exception(bug);
    co_return std::move(*outcome);
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    return fmt::format("{:%Y-%m-%d}", fmt::localtime(now));
}

change_refusal cannot_write(std::string message) {
    return {.why = change_refusal::reason::cannot_write, .message = std::move(message), .details = {}};
}

}  // namespace

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
    changed<config_snapshot_ptr> outcome{config_snapshot_ptr()};
    bool told = false;
    event ended;
};

config_store::config_store(asio::any_io_executor executor, places where, config_snapshot_ptr first,
                           std::function<void(const config_snapshot&)> adopt, spdlog::logger& log)
    : places_(std::move(where)),
      current_(std::move(first)),
      adopt_(std::move(adopt)),
      log_(log),
      tasks_(std::move(executor), [this](const std::exception_ptr& error) { log_bug(log_, "a write", error); }) {}

config_store::~config_store() {
    disk_.join();
}

void config_store::tell_reloads(std::function<void()> begins, std::function<void()> settled) {
    reload_begins_ = std::move(begins);
    settled_ = std::move(settled);
}

void config_store::start() {
    tasks_.spawn(run());
}

void config_store::stop() {
    stopped_ = true;
    work_.notify_all();
}

asio::awaitable<void> config_store::join() {
    co_await tasks_.join();
}

void config_store::reload() {
    look_at_file_ = true;
    work_.notify_all();
}

asio::awaitable<changed<config_snapshot_ptr>> config_store::write(change wanted) {
    if (stopped_) {
        co_return change_refusal{.why = change_refusal::reason::shutting_down,
                                 .message = "operatord is stopping; nothing was changed",
                                 .details = {}};
    }
    const auto mine = std::make_shared<request>(std::move(wanted));
    waiting_.push_back(mine);
    work_.notify_all();
    while (!mine->told)
        co_await mine->ended.wait_until(for_ever);
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
        log_bug(log_, "reading the configuration", std::current_exception());
    }
}

asio::awaitable<void> config_store::serve(batch requests) {
    change_refusal failure = cannot_write("operatord failed to make this change; its log has the details");
    try {
        failure = co_await make(requests);
    } catch (const std::exception&) {
        log_bug(log_, "a write of the configuration", std::current_exception());
    }
    for (const auto& one : requests) {
        if (!one->told) one->refuse(failure);
    }
}

asio::awaitable<change_refusal> config_store::make(const batch& requests) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        const bool sound = co_await catch_up();
        if (!sound) {
            co_return change_refusal{
                .why = change_refusal::reason::conflict,
                .message = fmt::format("the configuration file is broken, and was left alone: {}", error_),
                .details = {}};
        }
        const config_snapshot_ptr wanted = decide(requests);
        result<replaced> saved = replaced::done;
        if (wanted->file != current_->file) saved = co_await save(wanted);
        if (saved && *saved == replaced::changed_meanwhile) continue;
        if (!saved) {
            log_.error("{}", saved.error().sentence());
            co_return cannot_write(saved.error().sentence());
        }
        if (wanted != current_) take_over(wanted);
        for (const auto& one : requests)
            one->tell();
        co_return change_refusal();
    }
    co_return cannot_write(
        fmt::format("another program writes into {} all the time; try again", places_.file.string()));
}

asio::awaitable<bool> config_store::catch_up() {
    const auto read_file = [this] { return read_config_file(places_.file, current_->file.exists); };
    auto read = co_await on_thread_of(disk_, read_file);
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
    auto loaded = parse_config(read->text, places_.file.string(), memory_);
    if (!loaded) {
        note_error(loaded.error());
        co_return false;
    }
    take_over(next_snapshot(*current_, std::move(*read), std::move(*loaded)));
    co_return true;
}

config_snapshot_ptr config_store::decide(const batch& requests) {
    config_snapshot_ptr wanted = current_;
    for (const auto& one : requests) {
        try {
            one->outcome = decide(one->decide, wanted);
        } catch (const std::exception&) {
            log_bug(log_, "a change of the configuration", std::current_exception());
            one->outcome = cannot_write("operatord failed to make this change; its log has the details");
        }
        if (one->outcome) wanted = *one->outcome;
    }
    return wanted;
}

changed<config_snapshot_ptr> config_store::decide(const change& wanted, const config_snapshot_ptr& before) {
    const changed<config> values = wanted(*before);
    if (!values) return values.error();
    auto edited = edit_config(before->file.text, places_.file.string(), before->loaded.values, *values, memory_);
    if (!edited) return edited.error();
    if (edited->text == before->file.text) return before;
    return next_snapshot(*before, {.text = std::move(edited->text), .exists = true}, std::move(edited->loaded));
}

asio::awaitable<result<replaced>> config_store::save(config_snapshot_ptr wanted) {
    co_await back_up();
    const auto replace_file = [this, wanted] {
        return replace_config_file(places_.file, current_->file, wanted->file.text);
    };
    co_return co_await on_thread_of(disk_, replace_file);
}

asio::awaitable<void> config_store::back_up() {
    const std::string day = today();
    if (!places_.state_folder || !current_->file.exists || day == backed_up_on_) co_return;
    backed_up_on_ = day;
    const auto copy = [this, day] {
        return back_up_config(*places_.state_folder, places_.file, day, current_->file.text);
    };
    const result<std::filesystem::path> kept = co_await on_thread_of(disk_, copy);
    if (!kept) log_.warn("no backup of the configuration was made: {}", kept.error().sentence());
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

}  // namespace opd
