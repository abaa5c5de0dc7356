#pragma once

#include <cstdint>
#include <memory>

namespace opd::test {

/// What is naive about a server, besides what it believes.
enum class naive_manner : std::uint8_t {
    usual,
    one_at_a_time,  ///< the next client is served when the last one has gone
    reads_ahead,    ///< everything that a client sends is taken before the first answer
};

/// An HTTP server as one writes it in an afternoon: whatever ends in an empty line is a request, and is answered with
/// 200 and a model server's list; a GET of what was PUT gives that back. Lengths, encodings, hosts and line ends are
/// not looked at. The destructor ends it.
class naive_http {
public:
    explicit naive_http(naive_manner = naive_manner::usual);
    ~naive_http();
    naive_http(const naive_http&) = delete;
    naive_http& operator=(const naive_http&) = delete;

    std::uint16_t port() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace opd::test
