#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace opd::bridge {

/// One event of an event stream (HTML, "Server-sent events").
struct sse_frame {
    std::string_view event;  ///< empty: not named
    std::string_view data;   ///< several `data` lines are joined by LF
};

/// Cuts bytes into events: lines end in LF, CRLF or CR; a byte order mark, comments, `id` and `retry` are skipped; an
/// event ends at an empty line, or where the stream ends. Bytes are not decoded before an event is whole.
class sse_frames {
public:
    explicit sse_frames(std::size_t most_bytes = std::size_t{16} * 1024 * 1024) : most_(most_bytes) {}

    void add(std::string_view bytes);
    /// Nothing more will come: what is there is the last event.
    void end();
    /// The next event with data, valid until the next call of any function; false: there is none (yet).
    bool next(sse_frame&);
    /// An event was over the limit: nothing comes any more.
    bool overflowed() const { return overflowed_; }

private:
    bool next_line(std::string_view& line);
    void take(std::string_view line);

    std::string buffer_;
    std::size_t read_ = 0;      ///< of the buffer
    std::size_t searched_ = 0;  ///< behind that, without a line's end
    std::string event_, data_;
    std::size_t most_;
    bool begun_ = false, ended_ = false, overflowed_ = false;
    bool skips_line_feed_ = false;
    bool has_data_ = false;
    bool given_ = false;  ///< the event was the answer of next()
};

}  // namespace opd::bridge
