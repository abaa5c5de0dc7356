#pragma once

#include "daemon/bridge/wire/answer.hpp"

#include <memory>
#include <span>
#include <string>

namespace opd::bridge {

/// Writes an answer as a stream of events.
class responses_writer {
public:
    explicit responses_writer(answer_context);
    ~responses_writer();

    /// Appends what the delta is on the wire, which may be nothing yet.
    void write(const delta&, std::string& out);
    /// What keeps the agent waiting while nothing comes; before the start as well.
    std::string heartbeat();

private:
    class state;
    std::unique_ptr<state> state_;
};

/// The same as one document, for requests that want no stream. The deltas end in a `stop`.
std::string write_responses_document(std::span<const delta>, const answer_context&);

/// Before any answer has begun. `stream`: the request wanted one.
http_fault write_responses_fault(const fault&, bool stream, const answer_context&);

std::string write_responses_models(std::span<const listed>);

}  // namespace opd::bridge
