#pragma once

#include "config/base/file_handle.hpp"
#include "config/base/result.hpp"
#include "daemon/http/connection_table.hpp"
#include "daemon/http/rate_limited_log.hpp"
#include "daemon/http/session.hpp"
#include "daemon/listen/bind.hpp"
#include "daemon/listen/unix_socket.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/peers/peer.hpp"
#include "daemon/wire/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <string>
#include <vector>

#include <unistd.h>

namespace spdlog {
class logger;
}

namespace opd::http {

struct listener_settings {
    session_limits each;
    connection_limits all;
    uid_t user = ::geteuid();                               ///< whom it serves, besides root
    std::function<peers::peer(int accepted)> look_at = {};  ///< tells who a client is; empty: a peer_lookup
};

/// Accepts clients on any number of addresses and serves each in a session. Processes of other users are turned away
/// before they are read from. A failed accept never ends it.
class listener {
public:
    /// The handler and the log must outlive the listener.
    listener(boost::asio::any_io_executor, wire::request_handler&, spdlog::logger&, listener_settings = {});

    /// Binds and listens. Returns where: port 0 has become a free one.
    result<boost::asio::ip::tcp::endpoint, listen::listen_error> listen(const boost::asio::ip::tcp::endpoint&);
    /// A socket file of mode 0600; a missing folder is made with mode 0700. A file that a dead daemon left behind is
    /// replaced; where a daemon answers, it is an error.
    result<void, listen::listen_error> listen(const std::string& socket_path,
                                              listen::folder_kind = listen::folder_kind::the_users);
    /// Serves on a socket that somebody else has bound and listens on, of TCP or a unix socket, and owns the descriptor
    /// from now on. The file of a unix socket stays when the daemon ends.
    result<void, listen::listen_error> adopt(int descriptor);

    /// Begins to accept.
    void start();
    /// Accepts no more, ends idle sessions, and lets those inside a request finish; join() waits for that.
    void shut_down();
    boost::asio::awaitable<void> join();
    /// Cuts off what is still open.
    void cancel();

private:
    using client_socket = boost::asio::generic::stream_protocol::socket;

    template <class Acceptor>
    boost::asio::awaitable<void> accept_on(Acceptor&);
    template <class Acceptor>
    boost::asio::awaitable<void> find_descriptor(Acceptor&, boost::asio::steady_timer& pause);
    template <class Acceptor>
    void take_in(const Acceptor&, client_socket);
    void receive(client_socket, wire::connection);
    void refuse(client_socket, std::string answer);
    boost::asio::awaitable<void> serve(connection_table::place);

    boost::asio::any_io_executor executor_;
    wire::request_handler& handler_;
    spdlog::logger& log_;
    listener_settings settings_;
    std::list<boost::asio::ip::tcp::acceptor> tcp_;
    std::list<boost::asio::local::stream_protocol::acceptor> local_;
    std::vector<std::string> socket_files_;
    std::list<listen::socket_lock> socket_locks_;
    session_totals totals_;
    connection_table sessions_;
    file_handle spare_;  ///< given up to tell a client that there are no descriptors
    rate_limited_log refusals_;
    rate_limited_log crowds_;
    rate_limited_log troubles_;
    bool shutting_down_ = false;
    loop::task_group accepting_;
    loop::task_group serving_;
    loop::task_group rejecting_;
};

}  // namespace opd::http
