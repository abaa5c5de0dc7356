#include "daemon/http/held_sessions.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace opd {

held_sessions::place::place(std::shared_ptr<std::list<entry>> all, std::shared_ptr<session> served,
                            std::optional<uid_t> user)
    : all_(std::move(all)),
      self_(all_->insert(all_->end(), entry{.served = std::move(served), .user = user, .leaving = false})) {}

held_sessions::place::place(place&& other) noexcept : all_(std::move(other.all_)), self_(other.self_) {}

held_sessions::place::~place() {
    if (all_) all_->erase(self_);
}

held_sessions::place held_sessions::hold(std::shared_ptr<session> served, std::optional<uid_t> user) {
    return {all_, std::move(served), user};
}

room held_sessions::make_room_for(std::optional<uid_t> user, const connection_limits& limits) {
    const view now = look();
    const admission decided = admit(now.held, user, limits);
    if (!decided.granted) return room::none;
    if (!decided.instead_of) return room::there_was;
    cut_off(*now.entries[*decided.instead_of]);
    return room::made;
}

bool held_sessions::free_one() {
    if (std::ranges::any_of(*all_, &entry::leaving)) return true;
    const view now = look();
    const auto found = longest_waiting(now.held);
    if (found) cut_off(*now.entries[*found]);
    return found.has_value();
}

void held_sessions::shut_down() {
    for (entry& one : *all_) {
        one.leaving = true;
        one.served->shut_down();
    }
}

void held_sessions::cut_off(entry& one) {
    one.leaving = true;
    one.served->cut_off();
}

held_sessions::view held_sessions::look() {
    view out;
    for (entry& one : *all_) {
        if (one.leaving) continue;
        out.held.push_back({.user = one.user, .waiting_since = one.served->waiting_since()});
        out.entries.push_back(&one);
    }
    return out;
}

}  // namespace opd
