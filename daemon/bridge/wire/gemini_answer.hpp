#pragma once

#include "daemon/bridge/wire/answer.hpp"

#include <memory>
#include <span>
#include <string>

namespace opd::bridge {

/// Writes an answer as a stream of events.
class gemini_writer {
public:
    explicit gemini_writer(answer_context);
    ~gemini_writer();

    /// Appends what the delta is on the wire, which may be nothing yet.
    void write(const delta&, std::string& out);
    /// What keeps the agent waiting while nothing comes; before the start as well.
    std::string heartbeat();

private:
    class state;
    std::unique_ptr<state> state_;
};

/// The same as one document, for requests that want no stream. The deltas end in a `stop`.
std::string write_gemini_document(std::span<const delta>, const answer_context&);

/// Before any answer has begun. `stream`: the request wanted one.
http_fault write_gemini_fault(const fault&, bool stream, const answer_context&);

std::string write_gemini_models(std::span<const listed>);

/// The answer to countTokens.
std::string write_gemini_token_count(std::uint64_t tokens);

}  // namespace opd::bridge
