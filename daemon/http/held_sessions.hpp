#pragma once

#include "daemon/http/admission.hpp"
#include "daemon/http/session.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace opd {

enum class room : std::uint8_t {
    there_was,
    made,  ///< by ending another session
    none
};

/// The sessions that are served at the moment.
class held_sessions {
    struct entry {
        std::shared_ptr<session> served;
        std::optional<uid_t> user;
        bool leaving = false;
    };

public:
    /// A session's place among them: it is given up when the object goes.
    class place {
    public:
        place(std::shared_ptr<std::list<entry>>, std::shared_ptr<session>, std::optional<uid_t> user);
        place(place&&) noexcept;
        place& operator=(place&&) = delete;
        ~place();

        session& operator*() const { return *self_->served; }

    private:
        std::shared_ptr<std::list<entry>> all_;
        std::list<entry>::iterator self_;
    };

    place hold(std::shared_ptr<session>, std::optional<uid_t> user);

    /// Makes room for one more session of this user.
    room make_room_for(std::optional<uid_t> user, const connection_limits&);
    /// Ends the session that has waited the longest for its client, so that its descriptor becomes free; false: there
    /// is none. One that is about to end is enough.
    bool free_one();
    /// Ends all of them; those inside a request finish it.
    void shut_down();

private:
    /// Those that are not about to end.
    struct view {
        std::vector<held_connection> held;
        std::vector<entry*> entries;
    };

    view look();
    static void cut_off(entry&);

    std::shared_ptr<std::list<entry>> all_ = std::make_shared<std::list<entry>>();
};

}  // namespace opd
