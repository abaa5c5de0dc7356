#pragma once

#include "tests/support/http_fixture/script.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace opd::test {

struct http_answer {
    unsigned status = 0;
    std::string reason;
    header_list headers;
    std::string body;  ///< chunks put together

    std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }
};

/// A blocking HTTP/1.1 client on a bare socket, which sends exactly what it is told. Whatever goes wrong, waiting
/// longer than the patience included, is a std::runtime_error: in a test that is a failure.
class http_client {
public:
    /// `host` is a literal address.
    static http_client over_tcp(const std::string& host, std::uint16_t port);
    static http_client over_unix_socket(const std::filesystem::path&);
    ~http_client();
    http_client(http_client&&) noexcept;
    http_client& operator=(http_client&&) = delete;

    /// How long a single wait for the other side may take; 20 s to begin with.
    void be_patient_for(std::chrono::milliseconds patience) { patience_ = patience; }

    /// One exchange. `Host` is sent unless `headers` have one, and Content-Length if there is a body.
    http_answer request(std::string_view method, std::string_view target, const header_list& headers = {},
                        std::string_view body = {});

    http_answer get(std::string_view target) { return request("GET", target); }

    /// Raw bytes, for pipelined and hostile requests.
    void send(std::string_view bytes);
    /// Ends our direction of the connection.
    void finish_sending();
    /// The next answer; interim (1xx) ones are skipped. `to_head`: it answers a HEAD and so has no body.
    http_answer read_answer(bool to_head = false);
    /// Everything until the other side closes. A reset counts as closing.
    std::string read_to_end();

private:
    http_client(int descriptor, std::string host) : descriptor_(descriptor), host_(std::move(host)) {}

    bool read_more();
    std::string take(std::size_t bytes);
    std::string take_line();
    std::string take_chunks();

    int descriptor_;
    std::string host_;
    std::string buffer_;
    std::chrono::milliseconds patience_{20'000};
};

}  // namespace opd::test
