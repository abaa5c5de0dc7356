#include "daemon/http/listener.hpp"

#include "config/exit_codes.hpp"
#include "daemon/http/port_owner.hpp"
#include "daemon/log.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using local_protocol = asio::local::stream_protocol;
using boost::system::error_code;

namespace opd {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};

std::string show(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, endpoint.port());
}

listen_error tcp_error(const tcp::endpoint& endpoint, const error_code& error) {
    const std::string where = show(endpoint);
    if (error == asio::error::address_in_use) {
        const std::string owner = describe_port_owner(endpoint.port(), endpoint.address().is_v6());
        return {
            exit_unavailable,
            {fmt::format("cannot listen on {}: {}", where,
                         owner.empty() ? "another program uses this port" : fmt::format("{} uses this port", owner)),
             "stop it, or choose another port: port = ... below [rest_api] in operator.toml, or --listen HOST:PORT"}};
    }
    if (error == asio::error::access_denied) {
        return {exit_permission,
                {fmt::format("cannot listen on {}: permission denied", where), "choose a port of 1024 or above"}};
    }
    const bool missing = error == boost::system::errc::address_not_available ||
                         error == boost::system::errc::address_family_not_supported;
    return {missing ? exit_unavailable : exit_internal,
            {fmt::format("cannot listen on {}: {}", where, error.message()),
             missing ? "give an address that this machine has" : ""},
            missing};
}

listen_error local_error(const std::string& path, const error_code& error) {
    const bool denied = error == asio::error::access_denied || error == boost::system::errc::read_only_file_system;
    return {denied ? exit_permission : exit_internal,
            {fmt::format("cannot listen on the unix socket {}: {}", path, error.message()),
             "give a path that you may write to with --socket PATH, or --socket none"}};
}

/// Makes place for our socket file: its folder, and away with what a dead daemon left there.
result<void, listen_error> prepare_socket_path(const asio::any_io_executor& executor, const std::string& path) {
    std::error_code failed;
    const fs::path folder = fs::path(path).parent_path();
    if (!folder.empty() && fs::create_directories(folder, failed)) {
        fs::permissions(folder, fs::perms::owner_all, failed);
    }
    if (failed) return local_error(path, failed);
    const fs::file_status there = fs::symlink_status(path, failed);
    if (there.type() == fs::file_type::not_found) return {};
    if (there.type() != fs::file_type::socket) {
        return listen_error{
            exit_unavailable,
            {fmt::format("cannot listen on the unix socket {}: this is not a socket, and it is not replaced", path),
             "move it away, or give another path with --socket PATH"}};
    }
    local_protocol::socket probe(executor);
    error_code error;
    probe.connect(local_protocol::endpoint(path), error);
    if (!error) {
        return listen_error{
            exit_unavailable,
            {fmt::format("another operatord{} already serves {}", describe_peer(probe.native_handle()), path),
             "use that one (operatorctl status), or give this one a socket of its own with --socket PATH"}};
    }
    if (error == asio::error::connection_refused)
        ::unlink(path.c_str());
    else if (error != boost::system::errc::no_such_file_or_directory)
        return local_error(path, error);
    return {};
}

}  // namespace

listener::listener(asio::any_io_executor executor, request_handler& handler, spdlog::logger& log)
    : executor_(executor),
      handler_(handler),
      log_(log),
      accepting_(executor, [this](const std::exception_ptr& error) { log_bug(log_, "a connection", error); }),
      serving_(executor, [this](const std::exception_ptr& error) { log_bug(log_, "a connection", error); }) {}

result<tcp::endpoint, listen_error> listener::listen(tcp::endpoint endpoint) {
    error_code error;
    tcp::acceptor acceptor(executor_);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return tcp_error(endpoint, error);
    endpoint.port(acceptor.local_endpoint(error).port());
    tcp_.push_back(std::move(acceptor));
    log_.info("listening on http://{}", show(endpoint));
    return endpoint;
}

result<void, listen_error> listener::listen(const std::string& socket_path) {
    if (socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
        return listen_error{exit_unavailable,
                            {fmt::format("the path of the unix socket is too long ({} bytes, at most {}): {}",
                                         socket_path.size(), sizeof(sockaddr_un::sun_path) - 1, socket_path),
                             "give a shorter one with --socket PATH"}};
    }
    if (auto prepared = prepare_socket_path(executor_, socket_path); !prepared) return prepared;
    error_code error;
    local_protocol::acceptor acceptor(executor_);
    acceptor.open(local_protocol(), error);
    // The file must never be open to others, not even for a moment.
    const mode_t before = ::umask(0177);
    if (!error) acceptor.bind(local_protocol::endpoint(socket_path), error);
    ::umask(before);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return local_error(socket_path, error);
    local_.push_back(std::move(acceptor));
    socket_files_.push_back(socket_path);
    log_.info("listening on unix socket {}", socket_path);
    return {};
}

void listener::start() {
    for (auto& acceptor : tcp_)
        accepting_.spawn(accept_on(acceptor));
    for (auto& acceptor : local_)
        accepting_.spawn(accept_on(acceptor));
}

template <class Acceptor>
asio::awaitable<void> listener::accept_on(Acceptor& acceptor) {
    constexpr bool over_unix_socket = std::is_same_v<Acceptor, local_protocol::acceptor>;
    asio::steady_timer pause(executor_);
    bool in_trouble = false;
    while (acceptor.is_open()) {
        stream_protocol::socket client(executor_);
        auto [error] = co_await acceptor.async_accept(client, await);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Out of descriptors or memory: the clients wait in the backlog until something is free again.
            if (!in_trouble) log_.warn("cannot accept connections: {}; trying again", error.message());
            in_trouble = true;
            pause.expires_after(accept_pause);
            co_await pause.async_wait(await);
            continue;
        }
        if (in_trouble) log_.info("accepting connections again");
        in_trouble = false;
        if (!over_unix_socket) client.set_option(tcp::no_delay(true), error);
        serving_.spawn(serve(std::move(client), over_unix_socket));
    }
}

asio::awaitable<void> listener::serve(stream_protocol::socket client, bool over_unix_socket) {
    const std::shared_ptr<session> mine = make_session(std::move(client), handler_, over_unix_socket);
    const auto self = sessions_.insert(sessions_.end(), mine);
    if (shutting_down_) mine->shut_down();  // accepted just before the acceptor was closed
    std::exception_ptr bug;
    try {
        co_await mine->run();
    } catch (...) {
        bug = std::current_exception();
    }
    sessions_.erase(self);
    if (bug) std::rethrow_exception(bug);
}

void listener::shut_down() {
    shutting_down_ = true;
    error_code ignored;
    for (auto& acceptor : tcp_)
        acceptor.close(ignored);
    for (auto& acceptor : local_)
        acceptor.close(ignored);
    for (const std::string& file : socket_files_)
        ::unlink(file.c_str());
    socket_files_.clear();
    for (const auto& one : sessions_)
        one->shut_down();
}

asio::awaitable<void> listener::join() {
    co_await accepting_.join();
    co_await serving_.join();
}

void listener::cancel() {
    accepting_.cancel();
    serving_.cancel();
}

}  // namespace opd
