#pragma once

#include "daemon/bridge/bridge.hpp"
#include "daemon/bridge/wire/answer.hpp"
#include "daemon/bridge/wire/chat_request.hpp"
#include "daemon/loop/event.hpp"
#include "probes/http/transport.hpp"
#include "probes/key_pieces.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace opd::bridge {

/// One protocol that agents speak, whole.
struct protocol {
    surface from;
    std::string_view name;  ///< of the protocol, for the log
    decoded<turn> (*read)(std::string& body, const bridge_route&, std::string_view maker);
    std::unique_ptr<answer_writer> (*make_writer)(answer_context);
    std::string (*document)(std::span<const delta>, const answer_context&);
    http_fault (*fault_of)(const fault&, bool stream, const answer_context&);
    std::string (*models)(std::span<const listed>);
    std::string (*count)(std::uint64_t tokens);
};

const protocol& protocol_of(surface);

/// An answer that is a fault of this protocol.
wire::answer to_answer(http_fault);
wire::answer to_answer(surface, const fault&, bool stream = false);

/// One question to a server, from the request of an agent to the end of its answer.
struct exchange : std::enable_shared_from_this<exchange> {
    /// Who holds what this returns waits for the answer: when nobody does any more, the exchange is left.
    static std::shared_ptr<exchange> begin(bridge& of, const bridge_route& route, state::server_entry_ptr entry);
    exchange(bridge& of, const bridge_route& route, state::server_entry_ptr entry);
    ~exchange();

    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    /// Connects, and sends; the head of the answer comes into `head`.
    void ask();
    /// Until the head has come, or this time; false: it has not.
    boost::asio::awaitable<bool> wait_for_head(std::chrono::steady_clock::time_point deadline);
    /// Why there will be no answer: the server cannot be asked, or its answer is an error, whose body is read.
    boost::asio::awaitable<std::optional<fault>> fault_of_head();
    /// The body of an answer that is an error, as much of it as is read.
    boost::asio::awaitable<std::string> error_text();
    /// Whoever asks or reads stops: the connection is closed at once.
    void leave();

    /// The whole answer to who wants no stream, once its head is there and no error. Its status is that of its end.
    static boost::asio::awaitable<wire::answer> document(std::shared_ptr<exchange>);

    /// Bodies of streams.
    static boost::asio::awaitable<bool> translate(std::shared_ptr<exchange>, wire::body_sink&);
    static boost::asio::awaitable<bool> pass_on(std::shared_ptr<exchange>, wire::body_sink&);

    bridge& home;
    bridge_route route;
    state::server_state server;  ///< as it was when the turn began
    const protocol& as;

    std::string body;  ///< of the agent's request
    std::optional<turn> asked;
    std::optional<tool_names> names;
    answer_context context;
    std::string sent;  ///< the body for the server
    std::string model;
    std::optional<std::uint64_t> window;  ///< tokens that the model can see, as listed
    std::set<std::string> used_calls;     ///< their ids, in the conversation so far

    secret key;
    std::string key_env;
    key_pieces pieces{key};
    std::vector<std::pair<std::string, std::string>> headers;  ///< that are passed on
    std::string target;
    std::unique_ptr<http_connection> connection;
    std::optional<result<http_head, failure>> head;
    std::unique_ptr<answer_writer> writer;  ///< once the answer is a stream

private:
    static boost::asio::awaitable<void> ask_now(std::shared_ptr<exchange>);
    boost::asio::awaitable<result<std::size_t, failure>> read_in(std::chrono::milliseconds time);
    boost::asio::awaitable<void> tell(deltas all, wire::body_sink* to);
    boost::asio::awaitable<bool> read_answer(wire::body_sink* to);
    void forget_request();
    void note(const delta&);

    loop::event came_;
    boost::asio::cancellation_signal cancel_;
    std::array<char, std::size_t{8} * 1024> buffer_{};
    deltas kept_;  ///< of an answer that is one document
    std::list<running_turn>::iterator running_;
    std::optional<std::chrono::steady_clock::time_point> first_;
    usage usage_;
    std::string outcome_ = "left";
};

}  // namespace opd::bridge
