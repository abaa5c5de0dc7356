#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace opd::test {

/// One accepted connection, plain or TLS. Every failure means the same to its user: the peer is gone.
class wire {
public:
    virtual ~wire() = default;
    virtual boost::asio::awaitable<bool> handshake() = 0;
    /// Bytes read; 0: the peer is gone.
    virtual boost::asio::awaitable<std::size_t> read_some(std::span<char> into) = 0;
    /// False: the peer is gone.
    virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;
    /// Ends the connection the polite way; TLS says goodbye first, for a second at most.
    virtual boost::asio::awaitable<void> close() = 0;
    /// Ends it with RST.
    virtual void abort() = 0;
    /// Takes and forgets whatever the peer sends, below TLS, until it is gone.
    virtual boost::asio::awaitable<void> wait_until_gone() = 0;
    /// Waits; false, and early, if the peer leaves meanwhile without having sent anything.
    virtual boost::asio::awaitable<bool> pause(std::chrono::milliseconds) = 0;
    virtual std::string server_name() const = 0;
};

std::unique_ptr<wire> plain_wire(boost::asio::ip::tcp::socket);
/// The context must outlive the wire.
std::unique_ptr<wire> tls_wire(boost::asio::ip::tcp::socket, boost::asio::ssl::context&);

}  // namespace opd::test
