#pragma once

#include "tests/support/tls_identity.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <sys/socket.h>

namespace opd::test {

/// For every connection: waits for the first bytes, whatever they are, sends its own, and ends the TCP connection; of
/// TLS without its closing alert. With a `flood` it sends that, again and again, until the peer is gone.
class rude_server {
public:
    explicit rude_server(std::string bytes, const std::optional<tls_identity>& identity = std::nullopt,
                         std::string flood = {})
        : bytes_(std::move(bytes)),
          flood_(std::move(flood)),
          acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
        if (identity) {
            tls_.emplace(boost::asio::ssl::context::tls_server);
            tls_->use_certificate_chain(boost::asio::buffer(identity->certificate_pem));
            tls_->use_private_key(boost::asio::buffer(identity->key_pem), boost::asio::ssl::context::pem);
        }
        port_ = acceptor_.local_endpoint().port();
        thread_ = std::thread([this] { serve(); });
    }

    ~rude_server() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends the accept() under way
        thread_.join();
    }

    rude_server(const rude_server&) = delete;
    rude_server& operator=(const rude_server&) = delete;

    std::uint16_t port() const { return port_; }

private:
    template <class Stream>
    void answer(Stream& stream) {
        std::array<char, 16'384> ignored{};
        boost::system::error_code error;
        stream.read_some(boost::asio::buffer(ignored), error);
        if (!error) boost::asio::write(stream, boost::asio::buffer(bytes_), error);
        while (!error && !flood_.empty()) boost::asio::write(stream, boost::asio::buffer(flood_), error);
    }

    void serve() {
        for (;;) {
            boost::asio::ip::tcp::socket socket(io_);
            boost::system::error_code error;
            acceptor_.accept(socket, error);
            if (error) return;
            if (!tls_) {
                answer(socket);
                continue;
            }
            boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> secured(socket, *tls_);
            secured.handshake(boost::asio::ssl::stream_base::server, error);
            if (!error) answer(secured);
        }
    }

    std::string bytes_;
    std::string flood_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::optional<boost::asio::ssl::context> tls_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace opd::test
