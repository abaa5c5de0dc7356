#pragma once

#include "daemon/http/session.hpp"
#include "probes/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

namespace opd::http {

/// How many connections are held at once. Those that are turned away are none of them.
struct connection_limits {
    std::size_t total = 512;
    std::size_t of_one_user = 256;                     ///< of this machine
    std::size_t of_elsewhere = 128;                    ///< from all other machines together
    std::size_t streams = 64;                          ///< beside them: those that are sent an answer as it comes
    std::size_t body_bytes = std::size_t{256} << 20U;  ///< of the requests of all of them
    std::size_t being_rejected = 32;              ///< more than these are cut off without time to take their answer
    std::chrono::milliseconds reject_time{1000};  ///< for a client that is turned away to take its answer
};

/// A connection that is held.
struct held_connection {
    std::optional<uid_t> user;  ///< nullopt: from another machine
    /// Since when it has been waited for its next request, whole or in part; nullopt: one is being answered.
    std::optional<std::chrono::steady_clock::time_point> waiting_since;
    bool in_stream = false;
};

struct admission {
    bool granted = false;
    std::optional<std::size_t> instead_of;  ///< the held connection that has to go for it
};

/// Whether one more connection of this user is taken. Where there are too many, the one goes that has been waited for
/// the longest, of the same user if those are too many; a slow client is as good as an idle one. Without such a one the
/// newcomer is not taken. Streams have a limit of their own, and keep nobody out.
admission admit(std::span<const held_connection>, std::optional<uid_t> user, const connection_limits&);

/// The connection that has been waited for the longest.
std::optional<std::size_t> longest_waiting(std::span<const held_connection>);

enum class room : std::uint8_t {
    there_was,
    made,  ///< by ending another session
    none
};

/// The sessions that are served at the moment.
class connection_table {
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

// What others may cost this process.

session_limits limits_of_each_client();

/// At most half of the descriptors that this process may have are for clients: probes and files need some, too.
connection_limits limits_of_clients();

probe_limits limits_of_probes();

}  // namespace opd::http
