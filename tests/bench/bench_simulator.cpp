// Model servers for the benchmarks, in a process of their own, so that neither their time nor their memory is counted:
// any number of servers behind a few ports, told apart by their paths. A GET of /COUNT/... is answered with an
// OpenAI-style list of COUNT models. Prints its ports in one line and serves until its input ends.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t port_count = 8;  // the kernel queues at most 4,096 connections for each
constexpr std::size_t max_models = 10'000;

std::string list_of(std::size_t models) {
    std::string out = R"({"object":"list","data":[)";
    for (std::size_t i = 0; i < models; ++i)
        out += fmt::format(R"({}{{"id":"vendor/model-{:06}-instruct","object":"model","created":1754000000,)"
                           R"("owned_by":"vendor","max_model_len":131072}})",
                           i == 0 ? "" : ",", i);
    return out + "]}";
}

std::string answer_with(std::string_view status, std::string_view body) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
                       body.size(), body);
}

/// The ready-made answers, one for each length of list.
class answers {
public:
    const std::string& to(std::string_view request) {
        constexpr std::string_view start = "GET /";
        std::size_t count = max_models + 1;
        if (request.starts_with(start))
            std::from_chars(request.data() + start.size(), request.data() + request.size(), count);
        if (count > max_models) return missing_;
        std::string& answer = lists_[count];
        if (answer.empty()) answer = answer_with("200 OK", list_of(count));
        return answer;
    }

private:
    std::map<std::size_t, std::string> lists_;
    std::string missing_ = answer_with("404 Not Found", R"({"error":{"message":"no such path"}})");
};

class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, answers& known) : socket_(std::move(socket)), known_(known) {}

    void read() {
        asio::async_read_until(socket_, asio::dynamic_buffer(request_, 16 * 1024), "\r\n\r\n",
                               [self = shared_from_this()](const error_code& error, std::size_t length) {
                                   if (!error) self->answer(length);
                               });
    }

private:
    void answer(std::size_t length) {
        const std::string& text = known_.to(request_);
        request_.erase(0, length);
        asio::async_write(socket_, asio::buffer(text),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (!error) self->read();
                          });
    }

    tcp::socket socket_;
    answers& known_;
    std::string request_;
};

void accept(tcp::acceptor& acceptor, answers& known) {
    acceptor.async_accept([&acceptor, &known](const error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (!error) std::make_shared<session>(std::move(socket), known)->read();
        accept(acceptor, known);
    });
}

}  // namespace

int main() {
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    asio::io_context io(1);
    answers known;
    std::vector<std::unique_ptr<tcp::acceptor>> acceptors;
    for (std::size_t i = 0; i < port_count; ++i) {
        auto& acceptor = acceptors.emplace_back(
            std::make_unique<tcp::acceptor>(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)));
        fmt::print("{}{}", i == 0 ? "" : " ", acceptor->local_endpoint().port());
        accept(*acceptor, known);
    }
    fmt::print("\n");
    std::fflush(stdout);
    asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    std::array<char, 64> ignored{};
    input.async_read_some(asio::buffer(ignored), [&io](const error_code&, std::size_t) { io.stop(); });
    io.run();
}
