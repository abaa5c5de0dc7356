#pragma once

#include "tests/support/http_fixture/script.hpp"
#include "tests/support/tls_identity.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace opd::test {

struct sim_options {
    std::string address = "127.0.0.1";  ///< or `::1`
    std::uint16_t port = 0;             ///< 0: a free one
    std::optional<tls_identity> tls{};  ///< nullopt: plain HTTP
};

/// What happens to a new connection, before TLS and before any request.
enum class greeting : unsigned char { serve, hang, close, reset };

/// A real HTTP/1.1 server on a thread of its own, scripted down to the bytes it sends. It has keep-alive and takes
/// pipelined requests one after the other. A path nobody answers for is a 404. All members may be called from any
/// thread. The destructor ends every connection and joins the thread.
class model_server_sim {
public:
    /// Listens when it returns. Throws boost::system::system_error where the address cannot be had.
    explicit model_server_sim(sim_options = {});
    ~model_server_sim();
    model_server_sim(const model_server_sim&) = delete;
    model_server_sim& operator=(const model_server_sim&) = delete;

    std::uint16_t port() const;
    /// `http://127.0.0.1:PORT` or `https://…`, with another host than the address if one is given.
    std::string base_url() const;
    std::string base_url(std::string_view host) const;

    /// From now on `path` (without query) is answered like this; replaces an earlier answer.
    void answer(const std::string& path, script);
    void answer(const std::string& path, behaviour);
    /// The same for all paths that have no answer of their own.
    void answer_everything(script);
    void answer_everything(behaviour);
    /// From now on new connections are treated like this.
    void greet_with(greeting);

    std::vector<seen_request> requests() const;  ///< whole requests, in the order they came
    std::size_t connections() const;             ///< accepted so far
    std::size_t open_connections() const;
    std::size_t peak_connections() const;  ///< the most that were open at once

    /// These wait until it is so; false if that took longer than `patience`.
    bool wait_for_requests(std::size_t at_least, std::chrono::milliseconds patience = std::chrono::seconds(10)) const;
    bool wait_for_connections(std::size_t at_least,
                              std::chrono::milliseconds patience = std::chrono::seconds(10)) const;
    bool wait_for_open_connections(std::size_t exactly,
                                   std::chrono::milliseconds patience = std::chrono::seconds(10)) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace opd::test
