#include "daemon/bridge/wire/sse_frames.hpp"

#include <algorithm>

namespace opd::bridge {

void sse_frames::add(std::string_view bytes) {
    if (overflowed_ || ended_) return;
    buffer_.erase(0, read_);
    read_ = 0;
    buffer_ += bytes;
}

void sse_frames::end() { ended_ = true; }

bool sse_frames::next(sse_frame& out) {
    if (given_) {
        event_.clear();
        data_.clear();
        has_data_ = given_ = false;
    }
    for (std::string_view line; !overflowed_ && next_line(line);) {
        if (!line.empty()) {
            take(line);
            if (event_.size() + data_.size() > most_) overflowed_ = true;
        } else if (has_data_) {
            given_ = true;
        } else {
            event_.clear();
        }
        if (given_) break;
    }
    if (ended_ && !overflowed_ && has_data_) given_ = true;
    out = {.event = event_, .data = data_};
    return given_ && !overflowed_;
}

/// The next whole line without its end, valid until bytes are added. A CR at the very end may be half of a CRLF, whose
/// LF would be an empty line.
bool sse_frames::next_line(std::string_view& line) {
    if (!begun_) {
        constexpr std::string_view mark = "\xEF\xBB\xBF";
        if (buffer_.size() < mark.size() && !ended_ && mark.starts_with(buffer_)) return false;
        if (buffer_.starts_with(mark)) read_ = mark.size();
        begun_ = true;
    }
    if (skips_line_feed_ && read_ < buffer_.size()) {
        if (buffer_[read_] == '\n') ++read_;
        skips_line_feed_ = false;
    }
    const std::string_view rest = std::string_view(buffer_).substr(read_);
    std::size_t end = rest.find('\n', searched_);
    end = std::min(end, rest.substr(0, end).find('\r', searched_));
    if (end == rest.npos) {
        searched_ = rest.size();
        if (rest.size() > most_) overflowed_ = true;
        if (!ended_ || rest.empty()) return false;
        line = rest;
        read_ = buffer_.size();
        searched_ = 0;
        return true;
    }
    searched_ = 0;
    line = rest.substr(0, end);
    read_ += end + 1;
    skips_line_feed_ = rest[end] == '\r';
    return true;
}

void sse_frames::take(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") event_ = value;
    if (name != "data") return;
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
}

}  // namespace opd::bridge
