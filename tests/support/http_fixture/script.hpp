#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::test {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header with this name, in any case.
std::optional<std::string> find_header(const header_list&, std::string_view name);

/// A request as it came over the wire.
struct seen_request {
    std::string method{};
    std::string target{};   ///< path and query, as sent
    header_list headers{};  ///< in order, names as sent
    std::string body{};
    std::size_t connection = 0;  ///< which connection of the server, from 1
    std::string server_name{};   ///< the name TLS asked for (SNI); empty: none
    std::chrono::steady_clock::time_point received{};

    std::string path() const;  ///< the target without its query

    std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }

    /// The parameters of the query in order, percent-decoded.
    std::vector<std::pair<std::string, std::string>> query() const;
    std::optional<std::string> query(std::string_view name) const;
};

/// What a simulated server sends back, down to the bytes on the wire. The defaults are a well-behaved empty 200.
struct script {
    enum class framing : unsigned char { content_length, chunked, until_close };
    enum class ending : unsigned char { keep_alive, close, reset, hang };
    enum class flood : unsigned char { none, header, body };

    unsigned status = 200;
    header_list headers{};  ///< besides Content-Length, Transfer-Encoding and Connection, which follow from the rest
    std::string body{};
    framing frame = framing::content_length;

    std::chrono::milliseconds delay{0};       ///< before the first byte
    std::size_t header_piece = 0;             ///< bytes a write, 0: all at once
    std::size_t body_piece = 0;               ///< bytes a write and a chunk, 0: all at once
    std::chrono::milliseconds pause{0};       ///< between two pieces
    std::optional<std::size_t> stop_after{};  ///< body bytes that are really sent; the framing announces all of them
    flood endless = flood::none;              ///< header lines or body bytes for as long as the client reads
    std::optional<std::string> raw{};         ///< sent instead of an HTTP answer
    bool silent = false;                      ///< nothing is sent at all
    ending then = ending::keep_alive;         ///< what follows the last byte
};

/// Decides on an answer. Runs on the server's thread, so it must not assert; an exception becomes a 500 with its text.
using behaviour = std::function<script(const seen_request&)>;

script json_answer(unsigned status, std::string body, header_list headers = {});
script text_answer(unsigned status, std::string body, header_list headers = {});
script html_answer(unsigned status, std::string body);
script redirect_answer(unsigned status, std::string location);
script black_hole();                                                      ///< takes the request and never answers
script close_at_once();                                                   ///< closes without an answer
script reset_at_once();                                                   ///< RST without an answer
script garbage(std::string bytes);                                        ///< these bytes, then closes
script endless_header();                                                  ///< header lines without end
script endless_body();                                                    ///< a body without end
script slow_header(script answer, std::chrono::milliseconds pause);       ///< one byte of the header a `pause`
script slow_body(script answer, std::chrono::milliseconds pause);         ///< one byte of the body a `pause`
script cut_short(script answer, std::size_t bytes, script::ending then);  ///< only so many bytes of the body

/// A behaviour that lives below a path, as behind a proxy: `prefix` (`/openai`) is cut off before it is asked, anything
/// else is a plain 404.
behaviour mounted_at(std::string prefix, behaviour);

}  // namespace opd::test
