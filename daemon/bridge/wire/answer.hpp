#pragma once

#include "daemon/bridge/wire/delta.hpp"
#include "daemon/bridge/wire/tool_names.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::bridge {

/// What an answer's writer must know besides the deltas.
struct answer_context {
    std::string model;                  ///< as the agent named it
    std::string id;                     ///< of this answer, `[A-Za-z0-9]{1,40}`, unique
    std::uint64_t created = 0;          ///< seconds since 1970
    std::uint64_t input_estimate = 0;   ///< tokens, until the server has told
    const tool_names* names = nullptr;  ///< outlives the writer; null: there are no tools
    std::string maker;                  ///< see `maker_of`
};

/// Writes an answer as a stream of events of one protocol.
class answer_writer {
public:
    virtual ~answer_writer() = default;

    /// Appends what the delta is on the wire, which may be nothing yet.
    virtual void write(const delta&, std::string& out) = 0;
    /// What keeps the agent waiting while nothing comes; before the start as well.
    virtual std::string heartbeat() = 0;
};

/// An answer that is an error, in the shape that its agent shows to its user after one request.
struct http_fault {
    unsigned status = 0;
    std::vector<std::pair<std::string_view, std::string>> headers;  ///< beside Content-Type
    std::string_view content_type = "application/json";
    std::string body;
};

/// A model of a list, as all protocols have it.
struct listed {
    std::string_view id, name;                    ///< the name may be empty
    std::uint64_t context = 0, output_limit = 0;  ///< tokens; 0: not known
};

// For each protocol: the writer; the same as one document, for requests that want no stream (the deltas end in a
// `stop`); a fault before any answer has begun (`stream`: the request wanted one); the list of models; and what an
// estimate of tokens is answered with.

std::unique_ptr<answer_writer> make_anthropic_writer(answer_context);
std::string write_anthropic_document(std::span<const delta>, const answer_context&);
http_fault write_anthropic_fault(const fault&, bool stream, const answer_context&);
std::string write_anthropic_models(std::span<const listed>);
std::string write_anthropic_token_count(std::uint64_t tokens);

std::unique_ptr<answer_writer> make_responses_writer(answer_context);
std::string write_responses_document(std::span<const delta>, const answer_context&);
http_fault write_responses_fault(const fault&, bool stream, const answer_context&);
std::string write_openai_models(std::span<const listed>);

/// What it writes of a fault must reach the agent in a part of its own.
std::unique_ptr<answer_writer> make_gemini_writer(answer_context);
std::string write_gemini_document(std::span<const delta>, const answer_context&);
http_fault write_gemini_fault(const fault&, bool stream, const answer_context&);
std::string write_gemini_models(std::span<const listed>);
std::string write_gemini_token_count(std::uint64_t tokens);

}  // namespace opd::bridge
