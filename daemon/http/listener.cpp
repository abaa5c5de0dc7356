#include "daemon/http/listener.hpp"

#include "config/base/exit_codes.hpp"
#include "daemon/http/answer_head.hpp"
#include "daemon/loop/log.hpp"
#include "daemon/peers/peer.hpp"
#include "daemon/peers/tcp_sockets.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using local_protocol = asio::local::stream_protocol;
using boost::system::error_code;

namespace opd::http {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};
constexpr int accepted_at_once = 16;
constexpr std::chrono::milliseconds session_end_pause{5};  ///< a session that is told to end has done so by then

file_handle spare_descriptor() { return file_handle(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

wire::connection connection_on(const tcp::acceptor&, const stream_protocol::socket& client) {
    error_code error;
    const stream_protocol::endpoint end = client.local_endpoint(error);
    tcp::endpoint ours;
    if (!error && end.size() <= ours.capacity()) {
        ours.resize(end.size());
        std::memcpy(ours.data(), end.data(), end.size());
    }
    return {.over_unix_socket = false, .address = peers::plain(ours.address()).to_string(), .port = ours.port()};
}

wire::connection connection_on(const local_protocol::acceptor&, const stream_protocol::socket&) {
    return {.over_unix_socket = true, .address = {}, .port = 0};
}

int family_of(int descriptor) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

/// Whether it failed, and then why.
template <class Acceptor>
std::optional<listen::listen_error> adopt_acceptor(Acceptor& acceptor, const typename Acceptor::protocol_type& protocol,
                                                   file_handle descriptor) {
    error_code error;
    acceptor.assign(protocol, descriptor.get(), error);
    if (!error) {
        descriptor.release();
        acceptor.non_blocking(true, error);
    }
    if (!error) return std::nullopt;
    return listen::listen_error{
        exit_internal,
        {fmt::format("cannot serve on an inherited socket: {}", error.message()), "see what its unit hands over"}};
}

constexpr std::size_t read_size = 4096;
constexpr std::size_t max_dropped_bytes = std::size_t{2} << 20;

void send_rejection(stream_protocol::socket& client, std::string_view answer) {
    error_code ignored;
    client.non_blocking(true, ignored);
    // It always fits: nothing has been sent yet.
    client.write_some(asio::buffer(answer), ignored);
    client.shutdown(asio::socket_base::shutdown_send, ignored);
}

/// What has come is read, so that the end of the connection does not overtake the answer. False: the client has gone,
/// or has been heard enough.
bool drop_input(stream_protocol::socket& client, std::size_t& dropped) {
    std::array<char, read_size> unread;
    error_code error;
    while (!error && dropped < max_dropped_bytes) dropped += client.read_some(asio::buffer(unread), error);
    return error == asio::error::would_block;
}

/// A whole HTTP answer for a client that is not listened to: `{"error": code, "message": text}`, and the connection
/// ends.
std::string rejection(unsigned status, std::string_view code, std::string_view message) {
    const wire::answer given = refusal(status, code, message);
    std::string text;
    write_answer_head(given, {.over_unix_socket = false, .keep_alive = false}, text);
    return text.append(*given.body->pieces.front());
}

/// Gives a client this answer, whatever it may have to say, and closes. It has `time` to take the answer and to close
/// its side: closing earlier, with something unread, would take the answer from it.
asio::awaitable<void> reject(stream_protocol::socket client, std::string answer, std::chrono::milliseconds time) {
    error_code ignored;
    send_rejection(client, answer);
    const auto deadline = std::chrono::steady_clock::now() + time;
    const auto shared = std::make_shared<stream_protocol::socket>(std::move(client));
    asio::steady_timer patience(shared->get_executor(), deadline);
    patience.async_wait([shared](const error_code& stopped) {
        error_code none;
        if (!stopped) shared->cancel(none);
    });
    std::size_t dropped = 0;
    while (drop_input(*shared, dropped) && std::chrono::steady_clock::now() < deadline) {
        auto [error] = co_await shared->async_wait(asio::socket_base::wait_read, await);
        if (error) break;
    }
    shared->close(ignored);
}

/// The same without any time: for crowds. Who has not sent the request yet may never see the answer.
void reject_now(stream_protocol::socket client, std::string_view answer) {
    std::size_t dropped = 0;
    send_rejection(client, answer);
    drop_input(client, dropped);
}

}  // namespace

listener::listener(asio::any_io_executor executor, wire::request_handler& handler, spdlog::logger& log,
                   listener_settings settings)
    : executor_(executor),
      handler_(handler),
      log_(log),
      settings_(std::move(settings)),
      totals_{.most_body_bytes = settings_.all.body_bytes, .most_streams = settings_.all.streams},
      spare_(spare_descriptor()),
      accepting_(executor, [this](const std::exception_ptr& error) { loop::log_bug(log_, "accepting", error); }),
      serving_(executor, [this](const std::exception_ptr& error) { loop::log_bug(log_, "a connection", error); }),
      rejecting_(executor, [this](const std::exception_ptr& error) { loop::log_bug(log_, "a refusal", error); }) {
    if (settings_.look_at) return;
    const auto kernel = std::make_shared<peers::peer_lookup>();
    settings_.look_at = [kernel](int accepted) { return kernel->look_at(accepted); };
}

result<tcp::endpoint, listen::listen_error> listener::listen(const tcp::endpoint& wanted) {
    auto acceptor = listen::bind_tcp(executor_, wanted);
    if (!acceptor) return acceptor.error();
    error_code ignored;
    const tcp::endpoint endpoint(wanted.address(), acceptor->local_endpoint(ignored).port());
    tcp_.push_back(std::move(*acceptor));
    log_.info("listening on http://{}", listen::show(endpoint));
    return endpoint;
}

result<void, listen::listen_error> listener::listen(const std::string& socket_path, listen::folder_kind kind) {
    std::filesystem::path folder = std::filesystem::path(socket_path).parent_path();
    if (folder.empty()) folder = ".";
    const auto was_open = listen::prepare_socket_folder(folder, kind);
    if (!was_open) return listen::local_error(socket_path, std::make_error_code(was_open.error()));
    if (*was_open) log_.warn("the folder {} was open to other users: it is closed now (mode 0700)", folder.string());
    if (const auto doubt = listen::doubt_about_folder(folder))
        log_.warn("{}: somebody else could put another socket in the place of {}", *doubt, socket_path);
    auto lock = listen::socket_lock::take(socket_path);
    if (!lock) return lock.error();
    auto acceptor = listen::bind_local(executor_, socket_path);
    if (!acceptor) return acceptor.error();
    socket_locks_.push_back(std::move(*lock));
    local_.push_back(std::move(*acceptor));
    socket_files_.push_back(socket_path);
    log_.info("listening on unix socket {}", socket_path);
    return {};
}

result<void, listen::listen_error> listener::adopt(int descriptor) {
    file_handle owned(descriptor);
    const int family = family_of(descriptor);
    error_code error;
    if (family == AF_UNIX) {
        local_protocol::acceptor acceptor(executor_);
        if (const auto failed = adopt_acceptor(acceptor, local_protocol(), std::move(owned))) return *failed;
        log_.info("listening on unix socket {}, inherited", acceptor.local_endpoint(error).path());
        local_.push_back(std::move(acceptor));
        return {};
    }
    tcp::acceptor acceptor(executor_);
    const tcp version = family == AF_INET6 ? tcp::v6() : tcp::v4();
    if (const auto failed = adopt_acceptor(acceptor, version, std::move(owned))) return *failed;
    log_.info("listening on http://{}, inherited", listen::show(acceptor.local_endpoint(error)));
    tcp_.push_back(std::move(acceptor));
    return {};
}

void listener::start() {
    for (auto& acceptor : tcp_) accepting_.spawn(accept_on(acceptor));
    for (auto& acceptor : local_) accepting_.spawn(accept_on(acceptor));
}

template <class Acceptor>
asio::awaitable<void> listener::accept_on(Acceptor& acceptor) {
    asio::steady_timer pause(executor_);
    bool in_trouble = false;
    bool told = false;  ///< the log says so
    while (acceptor.is_open()) {
        stream_protocol::socket client(executor_);
        auto [error] = co_await acceptor.async_accept(client, await);
        if (error == asio::error::operation_aborted) co_return;
        if (error == asio::error::connection_aborted) continue;  // the client's affair (accept(2))
        if (error) {
            if (!in_trouble) {
                const auto before = troubles_.happened(std::chrono::steady_clock::now());
                told = before.has_value();
                if (told) log_.warn("cannot accept connections: {}; trying again{}", error.message(), *before);
            }
            in_trouble = true;
            co_await find_descriptor(acceptor, pause);
            continue;
        }
        if (in_trouble && told) log_.info("accepting connections again");
        in_trouble = false;
        if (!spare_) spare_ = spare_descriptor();
        take_in(acceptor, std::move(client));
        // Those who wait for a connection are not to wait for every one who has had one before them: one turn of the
        // event loop takes in several.
        for (int more = 1; more != accepted_at_once; ++more) {
            stream_protocol::socket next(executor_);
            acceptor.accept(next, error);
            if (error) break;
            take_in(acceptor, std::move(next));
        }
    }
}

template <class Acceptor>
void listener::take_in(const Acceptor& acceptor, stream_protocol::socket client) {
    error_code ignored;
    wire::connection how = connection_on(acceptor, client);
    if (!how.over_unix_socket) client.set_option(tcp::no_delay(true), ignored);
    receive(std::move(client), std::move(how));
}

/// Out of descriptors, or of memory. An idle session is given up for the client that waits; where there is none, the
/// client is told, and the next ones wait for something to become free.
template <class Acceptor>
asio::awaitable<void> listener::find_descriptor(Acceptor& acceptor, asio::steady_timer& pause) {
    const bool freed = sessions_.free_one();
    if (!freed && spare_) {
        spare_ = file_handle();
        stream_protocol::socket client(executor_);
        error_code error;
        acceptor.accept(client, error);
        if (!error) {
            std::string answer = rejection(503, "unavailable", "operatord is out of file descriptors; try again later");
            co_await reject(std::move(client), std::move(answer), accept_pause);
        }
        spare_ = spare_descriptor();
    }
    pause.expires_after(freed ? session_end_pause : accept_pause);
    co_await pause.async_wait(await);
}

/// Serves a client, or turns it away.
void listener::receive(stream_protocol::socket client, wire::connection how) {
    const peers::peer who = settings_.look_at(client.native_handle());
    const peers::access allowed = peers::access_of(who, settings_.user);
    if (allowed == peers::access::refused) {
        const std::string why = peers::refusal_of(who);
        if (const auto before = refusals_.happened(std::chrono::steady_clock::now()))
            log_.warn("refused a connection: {}{}", why, *before);
        return refuse(std::move(client), rejection(403, "forbidden", why));
    }
    how.needs_token = allowed == peers::access::with_token;
    const room found = sessions_.make_room_for(who.uid, settings_.all);
    if (found != room::there_was) {
        if (const auto before = crowds_.happened(std::chrono::steady_clock::now()))
            log_.warn("too many connections: {}{}",
                      found == room::made ? "those that have waited the longest for their client are closed"
                                          : "all of them are busy, and further ones are refused",
                      *before);
    }
    if (found == room::none)
        return refuse(std::move(client),
                      rejection(503, "unavailable", "operatord has too many connections; try again later"));
    auto served = make_session(std::move(client), handler_, std::move(how), settings_.each, totals_);
    if (shutting_down_) served->shut_down();  // accepted just before the acceptor was closed
    serving_.spawn(serve(sessions_.hold(std::move(served), who.uid)));
}

void listener::refuse(stream_protocol::socket client, std::string answer) {
    if (rejecting_.size() >= settings_.all.being_rejected) return reject_now(std::move(client), answer);
    rejecting_.spawn(reject(std::move(client), std::move(answer), settings_.all.reject_time));
}

asio::awaitable<void> listener::serve(connection_table::place held) { co_await (*held).run(); }

void listener::shut_down() {
    shutting_down_ = true;
    error_code ignored;
    for (auto& acceptor : tcp_) acceptor.close(ignored);
    for (auto& acceptor : local_) acceptor.close(ignored);
    for (const std::string& file : socket_files_) ::unlink(file.c_str());
    socket_files_.clear();
    socket_locks_.clear();
    sessions_.shut_down();
    rejecting_.cancel();
}

asio::awaitable<void> listener::join() {
    co_await accepting_.join();
    co_await serving_.join();
    co_await rejecting_.join();
}

void listener::cancel() {
    accepting_.cancel();
    serving_.cancel();
    rejecting_.cancel();
}

}  // namespace opd::http
