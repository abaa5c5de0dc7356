#pragma once

#include "config/result.hpp"
#include "daemon/http/message.hpp"
#include "daemon/http/session.hpp"
#include "daemon/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace opd {

/// Why the daemon cannot serve somewhere, with the exit code that says so (69: taken, 77: not permitted, 70: anything
/// else).
struct listen_error {
    int exit_code;
    problem what;
    bool no_such_address = false;  ///< the machine does not have this address, or its family
};

/// Accepts clients on any number of addresses and serves each in a session. A failed accept never ends it.
class listener {
public:
    /// The handler and the log must outlive the listener.
    listener(boost::asio::any_io_executor, request_handler&, spdlog::logger&);

    /// Binds and listens. Returns where: port 0 has become a free one.
    result<boost::asio::ip::tcp::endpoint, listen_error> listen(boost::asio::ip::tcp::endpoint);
    /// A socket file of mode 0600; a missing folder is made with mode 0700. A file that a dead daemon left behind is
    /// replaced; where a daemon answers, it is an error.
    result<void, listen_error> listen(const std::string& socket_path);

    /// Begins to accept.
    void start();
    /// Accepts no more, ends idle sessions, and lets those inside a request finish; join() waits for that.
    void shut_down();
    boost::asio::awaitable<void> join();
    /// Cuts off what is still open.
    void cancel();

private:
    template <class Acceptor>
    boost::asio::awaitable<void> accept_on(Acceptor&);
    boost::asio::awaitable<void> serve(boost::asio::generic::stream_protocol::socket, bool over_unix_socket);

    boost::asio::any_io_executor executor_;
    request_handler& handler_;
    spdlog::logger& log_;
    std::list<boost::asio::ip::tcp::acceptor> tcp_;
    std::list<boost::asio::local::stream_protocol::acceptor> local_;
    std::vector<std::string> socket_files_;
    std::list<std::shared_ptr<session>> sessions_;
    task_group accepting_;
    task_group serving_;
    bool shutting_down_ = false;
};

}  // namespace opd
