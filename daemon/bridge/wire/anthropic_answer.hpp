#pragma once

#include "daemon/bridge/wire/answer.hpp"

#include <memory>
#include <span>
#include <string>

namespace opd::bridge {

/// Writes an answer as a stream of events.
class anthropic_writer {
public:
    explicit anthropic_writer(answer_context);
    ~anthropic_writer();

    /// Appends what the delta is on the wire, which may be nothing yet.
    void write(const delta&, std::string& out);
    /// What keeps the agent waiting while nothing comes; before the start as well.
    std::string heartbeat();

private:
    class state;
    std::unique_ptr<state> state_;
};

/// The same as one document, for requests that want no stream. The deltas end in a `stop`.
std::string write_anthropic_document(std::span<const delta>, const answer_context&);

/// Before any answer has begun. `stream`: the request wanted one.
http_fault write_anthropic_fault(const fault&, bool stream, const answer_context&);

std::string write_anthropic_models(std::span<const listed>);

/// The answer to count_tokens.
std::string write_anthropic_token_count(std::uint64_t tokens);

}  // namespace opd::bridge
