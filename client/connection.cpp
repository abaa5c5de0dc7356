#include "client/connection.hpp"

#include "config/base/ascii.hpp"
#include "config/base/file_handle.hpp"
#include "config/base/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace opd {
namespace {

constexpr std::size_t max_head_bytes = std::size_t{64} << 10;
constexpr std::size_t max_body_bytes = std::size_t{64} << 20;
constexpr std::string_view line_break = "\r\n";

/// In the order of http_method.
constexpr std::array<std::string_view, 4> methods{"GET", "POST", "PUT", "DELETE"};

struct answer_head {
    unsigned status = 0;
    std::optional<std::size_t> length;  ///< nullopt: the body ends with the connection
    std::string etag;
};

daemon_reply broken(std::string detail) {
    return connection_failure{.why = connection_failure::reason::broken, .detail = std::move(detail)};
}

/// `HTTP/1.x STATUS ...` and the fields below it.
std::optional<answer_head> read_head(std::string_view text) {
    if (!text.starts_with("HTTP/1.") || text.size() < 12 || text[8] != ' ') return std::nullopt;
    const auto status = read_number<unsigned>(text.substr(9, 3));
    if (!status || *status < 200) return std::nullopt;
    answer_head out{.status = *status};
    for (std::size_t end = text.find(line_break); end != text.npos; end = text.find(line_break)) {
        text.remove_prefix(end + line_break.size());
        const std::string_view line = text.substr(0, text.find(line_break));
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
        if (same_in_any_case(name, "transfer-encoding")) return std::nullopt;
        if (same_in_any_case(name, "etag")) out.etag = value;
        if (!same_in_any_case(name, "content-length")) continue;
        out.length = read_number<std::size_t>(value);
        if (!out.length) return std::nullopt;
    }
    return out;
}

using clock = std::chrono::steady_clock;
using why = connection_failure::reason;

constexpr std::size_t most_connections = 16;
constexpr std::chrono::milliseconds retry_interval{10};
constexpr std::chrono::milliseconds restart_interval{50};

/// The address of a socket.
struct peer {
    sockaddr_storage address{};
    socklen_t size = 0;
};

using peers = std::vector<peer>;

peer peer_of(const sockaddr* address, std::size_t size) {
    peer out{.address = {}, .size = static_cast<socklen_t>(size)};
    std::memcpy(&out.address, address, size);
    return out;
}

result<peers, connection_failure> socket_peer(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return connection_failure{.why = why::not_there, .detail = "the path is too long for a socket"};
    path.copy(address.sun_path, path.size());
    return peers{peer_of(reinterpret_cast<const sockaddr*>(&address), sizeof(address))};
}

result<peers, connection_failure> host_peers(const std::string& host, std::uint16_t port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &wanted, &list);
    if (error != 0) return connection_failure{.why = why::unknown_host, .detail = ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
    peers out;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next)
        out.push_back(peer_of(one->ai_addr, one->ai_addrlen));
    return out;
}

/// `localhost` is both loopbacks, without a name service.
result<peers, connection_failure> find_peers(const daemon_address& address) {
    if (!address.socket_path.empty()) return socket_peer(address.socket_path);
    if (address.host != "localhost") return host_peers(address.host, address.port);
    auto out = host_peers("127.0.0.1", address.port);
    const auto other = host_peers("::1", address.port);
    if (out && other) out->push_back(other->front());
    return out;
}

connection_failure failed(int error) {
    why reason = why::broken;
    if (error == ECONNREFUSED || error == ENOENT) reason = why::not_there;
    if (error == ECONNRESET) reason = why::ended;
    if (error == EACCES || error == EPERM) reason = why::forbidden;
    return {.why = reason, .detail = std::generic_category().message(error)};
}

/// One request on its way to one of the peers, tried in their order, and its reply on the way back.
class exchange {
public:
    /// The peers and the place for the reply must outlive this.
    exchange(const peers& where, std::string request, daemon_reply& reply)
        : where_(&where), reply_(&reply), request_(std::move(request)) {}

    static bool is_over(const exchange& one) { return one.over_; }

    /// What to wait for; without a descriptor: retry_interval.
    pollfd wanted() const {
        const bool receiving = connected_ && sent_ == request_.size();
        return {.fd = socket_.get(), .events = static_cast<short>(receiving ? POLLIN : POLLOUT), .revents = 0};
    }

    /// Goes on as far as it can without waiting; the descriptor is ready, or there is none.
    void advance() {
        if (!socket_) return connect();
        if (!connected_ && !finish_connect()) return;
        if (sent_ < request_.size()) return send();
        receive();
    }

private:
    void connect() {
        while (next_ < where_->size()) {
            const peer& to = (*where_)[next_];
            socket_ = file_handle(::socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            if (!socket_) {
                error_ = errno;
                ++next_;
                continue;
            }
            if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) == 0) {
                connected_ = true;
                if (to.address.ss_family == AF_UNIX) refuse_strangers();
                return;
            }
            if (errno == EINPROGRESS || errno == EINTR) return;
            error_ = errno;
            socket_ = file_handle();
            if (error_ == EAGAIN) return;  // a unix socket with many waiting; tried again later
            ++next_;
        }
        give_up(error_);
    }

    void refuse_strangers() {
        if (const auto owner = foreign_owner(socket_.get()))
            finish(connection_failure{.why = why::foreign, .detail = fmt::format("uid {}", *owner)});
    }

    bool finish_connect() {
        int error = 0;
        socklen_t size = sizeof(error);
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0) {
            connected_ = true;
            return true;
        }
        error_ = error;
        ++next_;
        connect();
        return false;
    }

    void send() {
        const std::string_view rest = std::string_view(request_).substr(sent_);
        const ssize_t count = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count >= 0)
            sent_ += static_cast<std::size_t>(count);
        else if (errno == EPIPE)
            sent_ = request_.size();  // the answer to a request that is refused may be there already
        else if (!may_go_on())
            give_up(errno);
    }

    void receive() {
        std::array<char, 65536> piece;
        const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
        if (count < 0 && may_go_on()) return;
        if (count < 0) return give_up(errno);
        received_.append(piece.data(), static_cast<std::size_t>(count));
        if (auto reply = read_reply(received_, count == 0)) finish(std::move(*reply));
    }

    static bool may_go_on() { return errno == EAGAIN || errno == EINTR; }
    void give_up(int error) { finish(failed(error)); }

    void finish(daemon_reply reply) {
        *reply_ = std::move(reply);
        over_ = true;
    }

    const peers* where_;
    daemon_reply* reply_;
    std::string request_;
    std::size_t next_ = 0;  ///< the peer that is tried
    int error_ = ECONNREFUSED;
    file_handle socket_;
    bool connected_ = false;
    std::size_t sent_ = 0;
    std::string received_;
    bool over_ = false;
};

/// Those that can go on, once there are any; none: not before the deadline.
std::vector<bool> wait_for(const std::vector<exchange>& running, clock::time_point until) {
    std::vector<pollfd> wanted;
    for (const exchange& one : running) wanted.push_back(one.wanted());
    const bool retry = std::ranges::any_of(wanted, [](const pollfd& one) { return one.fd < 0; });
    while (true) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        if (left.count() <= 0) return {};
        if (retry) left = std::min(left, retry_interval);
        if (::poll(wanted.data(), wanted.size(), static_cast<int>(left.count())) > 0 || retry) break;
    }
    std::vector<bool> ready;
    for (const pollfd& one : wanted) ready.push_back(one.revents != 0 || one.fd < 0);
    return ready;
}

std::vector<daemon_reply> ask_once(const daemon_address& address, const peers& where,
                                   std::span<const daemon_request> requests, clock::time_point until,
                                   const secret& token) {
    std::vector<daemon_reply> replies(requests.size(), connection_failure{.why = why::timed_out});
    std::vector<exchange> running;
    const secret none;
    std::size_t next = 0;
    while (next < requests.size() || !running.empty()) {
        while (next < requests.size() && running.size() < most_connections) {
            const secret& sent = address.socket_path.empty() ? token : none;
            running.emplace_back(where, request_text(requests[next], address.authority(), sent), replies[next]);
            running.back().advance();
            ++next;
        }
        if (std::erase_if(running, &exchange::is_over) > 0) continue;
        const std::vector<bool> ready = wait_for(running, until);
        if (ready.empty()) break;
        for (std::size_t i = 0; i < running.size(); ++i)
            if (ready[i]) running[i].advance();
    }
    return replies;
}

/// Nobody is there at this moment.
bool is_restarting(const daemon_reply& reply) {
    return !reply && (reply.error().why == why::not_there || reply.error().why == why::ended);
}

}  // namespace

std::string request_text(const daemon_request& request, std::string_view host, const secret& token) {
    std::string out =
        fmt::format("{} {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nUser-Agent: operatorctl/{}\r\n",
                    methods.at(static_cast<std::size_t>(request.method)), request.target, host, version());
    if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token.reveal());
    if (!request.if_match.empty()) out += fmt::format("If-Match: {}\r\n", request.if_match);
    if (!request.body.empty())
        out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
    return out + "\r\n" + request.body;
}

std::optional<daemon_reply> read_reply(std::string_view received, bool ended) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == received.npos) {
        const bool may_be_http = std::string_view("HTTP/1.").starts_with(received.substr(0, 7));
        if (ended && received.empty())
            return connection_failure{.why = why::ended, .detail = "it ended the connection"};
        if (ended) return broken("its answer is not HTTP");
        if (!may_be_http || received.size() > max_head_bytes) return broken("its answer is not HTTP");
        return std::nullopt;
    }
    auto head = read_head(received.substr(0, end));
    if (!head) return broken("its answer is not HTTP");
    const std::string_view body = received.substr(end + 4);
    if (std::max(head->length.value_or(0), body.size()) > max_body_bytes) return broken("its answer is too long");
    const bool whole = head->length ? body.size() >= *head->length : ended;
    if (!whole && ended) return broken("it ended the connection within its answer");
    if (!whole) return std::nullopt;
    return daemon_answer{.status = head->status,
                         .body = std::string(body.substr(0, head->length.value_or(body.size()))),
                         .etag = std::move(head->etag)};
}

std::optional<uid_t> foreign_owner(int connected) {
    constexpr uid_t root = 0;
    ucred owner{};
    socklen_t size = sizeof owner;
    if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &owner, &size) != 0) return static_cast<uid_t>(-1);
    if (owner.uid == ::geteuid() || owner.uid == root) return std::nullopt;
    return owner.uid;
}

std::vector<daemon_reply> ask_daemon(const daemon_address& address, std::span<const daemon_request> requests,
                                     std::chrono::milliseconds limit, const secret& token,
                                     std::chrono::milliseconds patience) {
    const clock::time_point start = clock::now();
    const auto where = find_peers(address);
    if (!where) return std::vector<daemon_reply>(requests.size(), where.error());
    while (true) {
        auto replies = ask_once(address, *where, requests, start + limit, token);
        if (clock::now() >= start + patience || std::ranges::none_of(replies, is_restarting)) return replies;
        std::this_thread::sleep_for(restart_interval);
    }
}

}  // namespace opd
