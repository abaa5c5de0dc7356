#include "daemon/http/connection_table.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <sys/resource.h>

namespace opd::http {
namespace {

template <class Predicate>
std::optional<std::size_t> longest_waiting_of(std::span<const held_connection> held, Predicate counts) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i != held.size(); ++i) {
        if (!held[i].waiting_since || !counts(held[i])) continue;
        if (!found || *held[i].waiting_since < *held[*found].waiting_since) found = i;
    }
    return found;
}

}  // namespace

std::optional<std::size_t> longest_waiting(std::span<const held_connection> held) {
    return longest_waiting_of(held, [](const held_connection&) { return true; });
}

admission admit(std::span<const held_connection> held, std::optional<uid_t> user, const connection_limits& limits) {
    const auto is_same = [user](const held_connection& one) { return one.user == user && !one.in_stream; };
    const auto streams = static_cast<std::size_t>(std::ranges::count_if(held, &held_connection::in_stream));
    const auto same = static_cast<std::size_t>(std::ranges::count_if(held, is_same));
    std::optional<std::size_t> leaves;
    if (same >= (user ? limits.of_one_user : limits.of_elsewhere))
        leaves = longest_waiting_of(held, is_same);
    else if (held.size() - streams >= limits.total)
        leaves = longest_waiting(held);
    else
        return {.granted = true, .instead_of = std::nullopt};
    return {.granted = leaves.has_value(), .instead_of = leaves};
}

connection_table::place::place(std::shared_ptr<std::list<entry>> all, std::shared_ptr<session> served,
                               std::optional<uid_t> user)
    : all_(std::move(all)),
      self_(all_->insert(all_->end(), entry{.served = std::move(served), .user = user, .leaving = false})) {}

connection_table::place::place(place&& other) noexcept : all_(std::move(other.all_)), self_(other.self_) {}

connection_table::place::~place() {
    if (all_) all_->erase(self_);
}

connection_table::place connection_table::hold(std::shared_ptr<session> served, std::optional<uid_t> user) {
    return {all_, std::move(served), user};
}

room connection_table::make_room_for(std::optional<uid_t> user, const connection_limits& limits) {
    const view now = look();
    const admission decided = admit(now.held, user, limits);
    if (!decided.granted) return room::none;
    if (!decided.instead_of) return room::there_was;
    cut_off(*now.entries[*decided.instead_of]);
    return room::made;
}

bool connection_table::free_one() {
    if (std::ranges::any_of(*all_, &entry::leaving)) return true;
    const view now = look();
    const auto found = longest_waiting(now.held);
    if (found) cut_off(*now.entries[*found]);
    return found.has_value();
}

void connection_table::shut_down() {
    for (entry& one : *all_) {
        one.leaving = true;
        one.served->shut_down();
    }
}

void connection_table::cut_off(entry& one) {
    one.leaving = true;
    one.served->cut_off();
}

connection_table::view connection_table::look() {
    view out;
    for (entry& one : *all_) {
        if (one.leaving) continue;
        out.held.push_back(
            {.user = one.user, .waiting_since = one.served->waiting_since(), .in_stream = one.served->in_stream()});
        out.entries.push_back(&one);
    }
    return out;
}

session_limits limits_of_each_client() { return {}; }

connection_limits limits_of_clients() {
    connection_limits limits;
    rlimit descriptors{};
    // A stream of the bridge needs two.
    limits.streams = 640;
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        limits.total = std::min<std::size_t>(limits.total, descriptors.rlim_cur / 2);
        limits.streams = std::min<std::size_t>(limits.streams, descriptors.rlim_cur / 8);
    }
    return limits;
}

probe_limits limits_of_probes() { return {}; }

}  // namespace opd::http
