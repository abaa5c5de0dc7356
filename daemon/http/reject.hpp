#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace opd {

/// A whole HTTP answer for a client that is not listened to: `{"error": code, "message": text}`, and the connection
/// ends.
std::string rejection(unsigned status, std::string_view code, std::string_view message);

/// Gives a client this answer, whatever it may have to say, and closes. It has `time` to take the answer and to close
/// its side: closing earlier, with something unread, would take the answer from it.
boost::asio::awaitable<void> reject(boost::asio::generic::stream_protocol::socket, std::string answer,
                                    std::chrono::milliseconds time);

/// The same without any time: for crowds. Who has not sent the request yet may never see the answer.
void reject_now(boost::asio::generic::stream_protocol::socket, std::string_view answer);

}  // namespace opd
