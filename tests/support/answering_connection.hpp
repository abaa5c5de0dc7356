#pragma once

#include "probes/http/transport.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace opd::test {

/// A conversation without a network: whole answers are made up, and told in the way of the real one.
class answering_connection : public http_connection {
public:
    boost::asio::awaitable<result<http_head, failure>> open_answer(const http_request& request) override {
        read_ = 0;
        auto made = co_await answer(request);
        if (!made) co_return made.error();
        http_head head;
        head.status = made->status;
        head.headers = std::move(made->rate_limit_headers);
        head.headers.emplace_back("content-type", std::move(made->content_type));
        head.headers.emplace_back("content-encoding", std::move(made->content_encoding));
        head.headers.emplace_back("location", std::move(made->location));
        body_ = std::move(made->body);
        co_return head;
    }

    boost::asio::awaitable<result<std::size_t, failure>> read_some(std::span<char> into) override {
        const std::size_t part = body_.copy(into.data(), into.size(), read_);
        read_ += part;
        co_return part;
    }

private:
    virtual boost::asio::awaitable<result<http_reply, failure>> answer(const http_request&) = 0;

    std::string body_;
    std::size_t read_ = 0;
};

}  // namespace opd::test
