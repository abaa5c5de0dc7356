#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <thread>
#include <utility>

namespace opd::test {

/// Gives `count` clients one after the other the same answer to whatever they ask, in a thread of its own. An empty
/// answer leaves the client waiting until it goes.
template <class Protocol>
class responder {
public:
    responder(const typename Protocol::endpoint& where, std::string answer, int count = 1)
        : acceptor_(io_, where), answer_(std::move(answer)), thread_([this, count] { serve(count); }) {}

    responder(const responder&) = delete;
    responder& operator=(const responder&) = delete;

    ~responder() { thread_.join(); }

    typename Protocol::endpoint where() const { return acceptor_.local_endpoint(); }

    /// What the clients sent, once all were served.
    std::string requests() {
        thread_.join();
        thread_ = std::thread([] {});
        return requests_;
    }

private:
    void serve(int count) {
        for (int i = 0; i < count; ++i) {
            typename Protocol::socket client = acceptor_.accept();
            boost::system::error_code error;
            std::string request;
            boost::asio::read_until(client, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
            if (request.find("\r\nContent-Length: ") != request.npos)  // of a JSON object without another one in it
                boost::asio::read_until(client, boost::asio::dynamic_buffer(request), "}", error);
            requests_ += request;
            if (answer_.empty())
                client.read_some(boost::asio::buffer(request), error);
            else
                boost::asio::write(client, boost::asio::buffer(answer_), error);
        }
    }

    boost::asio::io_context io_;
    typename Protocol::acceptor acceptor_;
    std::string answer_;
    std::string requests_;
    std::thread thread_;
};

}  // namespace opd::test
