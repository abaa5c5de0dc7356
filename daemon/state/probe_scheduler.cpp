#include "daemon/state/probe_scheduler.hpp"

#include "daemon/loop/log.hpp"
#include "daemon/state/server_state.hpp"
#include "probes/http/await.hpp"
#include "probes/key_policy.hpp"
#include "probes/prober.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include <malloc.h>

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace opd::state {
namespace {

bool on_schedule(const server_state& state) { return state.listed && state.server.probe == probe_mode::automatic; }

/// The end of a probe is noticed a moment after its deadline; who waits for it waits that much longer.
constexpr milliseconds grace{250};

}  // namespace

probe_scheduler::probe_scheduler(asio::any_io_executor executor, registry& servers, http_transport& transport,
                                 keys::find_key find, probe_settings settings, spdlog::logger& log)
    : registry_(servers),
      transport_(transport),
      find_key_(std::move(find)),
      settings_(settings),
      log_(log),
      tasks_(executor, [this](const std::exception_ptr& error) { loop::log_bug(log_, "a probe", error); }),
      wake_(executor) {}

void probe_scheduler::start() {
    started_ = true;
    follow_registry(settings_);
    tasks_.spawn(run());
}

void probe_scheduler::follow_registry(probe_settings settings) {
    if (stopped_) return;
    settings_ = settings;
    if (!started_) return;
    for (auto one = slots_.begin(); one != slots_.end();) {
        slot& known = one->second;
        if (known.entry->removed) dequeue(known);
        one = known.entry->removed ? slots_.erase(one) : std::next(one);
    }
    const auto now = steady_clock::now();
    std::size_t number = 0;
    for (const server_entry_ptr& entry : registry_.entries())
        if (slot* known = slot_of(*entry))
            follow(*known, number++, now);
        else
            add(entry, number++, now);
    wake_.cancel();
}

void probe_scheduler::follow_keys(std::span<const std::string> names) {
    if (!started_ || stopped_) return;
    for (auto& [entry, known] : slots_) {
        const server_state& state = entry->state;
        const bool uses_one = std::ranges::find(names, key_variable(state.server, state.root)) != names.end();
        const bool was_asked = state.status != probe_status::pending || known.in_flight;
        if (!uses_one || !(on_schedule(state) || was_asked) || state.server.probe == probe_mode::never) continue;
        known.again = known.in_flight;
        if (!known.in_flight) probe_anew(known);
    }
    wake_.cancel();
}

/// What another key has met with says nothing of the one that is found now.
void probe_scheduler::probe_anew(slot& known) {
    known.again = false;
    known.history = {};
    dequeue(known);
    if (on_schedule(known.entry->state))
        enqueue(known, steady_clock::now());
    else
        launch(known);
}

void probe_scheduler::add(const server_entry_ptr& entry, std::size_t number, time_point now) {
    slot& added = slots_[entry.get()];
    added.entry = entry;
    added.number = number;
    added.interval = interval_of(entry->state);
    // `never` ends in `disabled` without a packet, so that it too has a status from the start.
    if (on_schedule(entry->state) || entry->state.server.probe == probe_mode::never) enqueue(added, now);
}

void probe_scheduler::follow(slot& known, std::size_t number, time_point now) {
    time_point due = known.due;
    dequeue(known);  // a queue is ordered by number, too
    known.number = number;
    if (due == time_point::max()) return;
    const milliseconds interval = interval_of(known.entry->state);
    if (interval < known.interval) {
        known.interval = interval;
        const milliseconds delay = delay_of(known, known.entry->state);
        if (now + delay < due) {
            due = now + delay;
            if (on_schedule(known.entry->state)) announce(known, delay);
        }
    }
    enqueue(known, due);
}

probe_scheduler::slot* probe_scheduler::slot_of(const server_entry& entry) {
    const auto found = slots_.find(&entry);
    return found == slots_.end() || entry.removed ? nullptr : &found->second;
}

void probe_scheduler::stop() {
    stopped_ = true;
    tasks_.cancel();
    // What a cancelled probe would have found never comes: who waits for it answers with what is known.
    for (const server_entry_ptr& entry : registry_.entries()) entry->changed.notify_all();
}

asio::awaitable<void> probe_scheduler::join() { co_await tasks_.join(); }

asio::awaitable<void> probe_scheduler::run() {
    while (!stopped_) {
        start_due(steady_clock::now());
        time_point next = time_point::max();
        for (const bool failing : {false, true})
            if (!queues_[failing].empty() && may_start(failing))
                next = std::min(next, std::get<time_point>(*queues_[failing].begin()));
        wake_.expires_at(next);
        co_await wake_.async_wait(await);
    }
}

/// Servers that fail may not take every place: the good ones always find one free.
bool probe_scheduler::may_start(bool failing) const {
    if (in_flight_ >= settings_.concurrency) return false;
    const unsigned kept_free = std::max(1U, settings_.concurrency / 4);
    return !failing || failing_in_flight_ < std::max(1U, settings_.concurrency - kept_free);
}

void probe_scheduler::start_due(time_point now) {
    for (const bool failing : {false, true}) {
        queue& waiting = queues_[failing];
        while (!waiting.empty() && std::get<time_point>(*waiting.begin()) <= now && may_start(failing))
            come_due(*std::get<slot*>(*waiting.begin()));
    }
}

void probe_scheduler::come_due(slot& next) {
    dequeue(next);
    const server_state& state = next.entry->state;
    if (on_schedule(state) || state.server.probe == probe_mode::never) {
        launch(next);
        return;
    }
    // A lazy server is not probed by the clock; its list is only marked as old.
    server_state old = state;
    old.stale = old.last_success_at.has_value();
    registry_.update(*next.entry, std::move(old));
}

void probe_scheduler::launch(slot& next) {
    next.in_flight = true;
    const bool failing = next.history.failures != 0;
    ++in_flight_;
    failing_in_flight_ += failing ? 1U : 0U;
    tasks_.spawn(run_one(next.entry, next.route, failing));
}

/// Not a coroutine itself: thousands may be under way, and each order is in memory once.
asio::awaitable<report> probe_scheduler::ask(const server_entry& entry, std::size_t first_route) {
    const server_state& state = entry.state;
    const std::string_view variable = key_variable(state.server, state.root);
    return probe(transport_, {.server = state.server,
                              .root = state.root,
                              .key = variable.empty() ? std::nullopt : find_key_(variable),
                              .timeout = timeout_of(state),
                              .first_route = first_route,
                              .limits = settings_.limits});
}

asio::awaitable<void> probe_scheduler::run_one(server_entry_ptr entry, std::size_t first_route,
                                               bool counted_as_failing) {
    report found;
    std::exception_ptr bug;
    try {
        found = co_await ask(*entry, first_route);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        bug = std::current_exception();
    } catch (...) {
        bug = std::current_exception();
    }
    if (bug) {
        loop::log_bug(log_, "a probe", bug);
        found.status = probe_status::bad_response;
        found.error = "operatord failed while it read the answer";
        found.hint = "this is a bug of operatord; its log has the details";
    }
    --in_flight_;
    failing_in_flight_ -= counted_as_failing ? 1U : 0U;
    // The answer of a server that was removed or replaced meanwhile is dropped.
    if (slot* done = slot_of(*entry)) finish(*done, std::move(found));
    wake_.cancel();
    // Reading lists takes much more memory than keeping them; between two sweeps it goes back to the system.
    if (in_flight_ == 0) ::malloc_trim(0);
}

void probe_scheduler::finish(slot& done, report&& found) {
    done.in_flight = false;
    ++done.probes;
    done.route = found.route;
    done.history.last = found.status;
    done.history.failures = found.status == probe_status::ok ? 0 : done.history.failures + 1;
    done.history.retry_after = found.retry_after;
    const probe_status before = done.entry->state.status;
    const probe_times times{.phases = found.phases, .total = found.total};
    server_state next = after_probe(std::move(done.entry->state), std::move(found), std::chrono::system_clock::now());
    const auto delay = done.again ? std::nullopt : delay_after(done, next);
    if (delay && on_schedule(next)) next.next_probe_at = std::chrono::system_clock::now() + *delay;
    registry_.update(*done.entry, std::move(next));
    log_probe(log_, done.entry->state, before, times);
    if (done.again && !stopped_)
        probe_anew(done);
    else if (delay)
        enqueue(done, steady_clock::now() + *delay);
}

std::optional<milliseconds> probe_scheduler::delay_after(slot& done, const server_state& state) {
    if (stopped_ || is_settled(state.status)) return std::nullopt;
    if (!on_schedule(state) && !state.reachable()) return std::nullopt;
    done.interval = interval_of(state);
    return delay_of(done, state);
}

void probe_scheduler::announce(const slot& waiting, milliseconds delay) {
    server_state planned = waiting.entry->state;
    planned.next_probe_at = std::chrono::system_clock::now() + delay;
    registry_.update(*waiting.entry, std::move(planned));
}

milliseconds probe_scheduler::delay_of(const slot& waiting, const server_state& state) {
    if (!on_schedule(state)) return waiting.interval;
    std::uniform_real_distribution<double> spread(0.0, 1.0);
    return next_delay(waiting.interval, waiting.history, spread(random_));
}

void probe_scheduler::enqueue(slot& waiting, time_point due) {
    dequeue(waiting);
    waiting.due = due;
    queues_[waiting.history.failures != 0].emplace(due, waiting.number, &waiting);
}

void probe_scheduler::dequeue(slot& waiting) {
    if (waiting.due == time_point::max()) return;
    for (queue& one : queues_) one.erase({waiting.due, waiting.number, &waiting});
    waiting.due = time_point::max();
}

milliseconds probe_scheduler::interval_of(const server_state& state) const {
    if (state.server.interval) return *state.server.interval;
    return scope_of(state.root.host) == network_scope::internet ? settings_.cloud_interval : settings_.interval;
}

milliseconds probe_scheduler::timeout_of(const server_state& state) const {
    return state.server.timeout.value_or(settings_.timeout);
}

void probe_scheduler::look_at(server_entry& entry) {
    slot* looked_at = slot_of(entry);
    const server_state& state = entry.state;
    const bool lazy = !on_schedule(state) && state.server.probe != probe_mode::never;
    if (!looked_at || !lazy || looked_at->in_flight || stopped_) return;
    const bool old = state.stale || !state.reachable();
    const bool just_checked =
        state.checked_at && std::chrono::system_clock::now() - *state.checked_at < timeout_of(state);
    if (old && !just_checked) {
        dequeue(*looked_at);
        launch(*looked_at);
    }
}

asio::awaitable<void> probe_scheduler::wait_for_first_result(server_entry_ptr entry) {
    const auto deadline = steady_clock::now() + timeout_of(entry->state) + grace;
    while (entry->state.status == probe_status::pending && !entry->removed && !stopped_) {
        const bool changed = co_await entry->changed.wait_until(deadline);
        if (!changed) co_return;
    }
}

asio::awaitable<void> probe_scheduler::refresh(server_entry_ptr entry) {
    slot* asked = slot_of(*entry);
    if (!asked || entry->state.server.probe == probe_mode::never || stopped_) co_return;
    // A probe that needs no packet ends within launch().
    const unsigned rounds = asked->again ? 2 : 1;
    const std::uint64_t awaited = asked->probes + rounds;
    if (!asked->in_flight) {
        dequeue(*asked);
        launch(*asked);
    }
    const auto deadline = steady_clock::now() + rounds * (timeout_of(entry->state) + grace);
    for (; asked && asked->probes < awaited && !stopped_; asked = slot_of(*entry)) {
        const bool changed = co_await entry->changed.wait_until(deadline);
        if (!changed) co_return;
    }
}

}  // namespace opd::state
