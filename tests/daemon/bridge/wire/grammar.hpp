#pragma once

#include "daemon/bridge/wire/answer.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace opd::bridge {

// What is wrong with a stream of events as the agents' protocols have it: the order of blocks and items, their indices,
// that what was said in pieces is said again as a whole, that there is one end. Empty: nothing.

std::string fault_in_anthropic_stream(std::string_view stream);
std::string fault_in_responses_stream(std::string_view stream);
std::string fault_in_gemini_stream(std::string_view stream);

/// A protocol of agents: what writes it, and what checks it.
struct agent_protocol {
    const char* name;
    std::unique_ptr<answer_writer> (*make)(answer_context);
    std::string (*document)(std::span<const delta>, const answer_context&);
    http_fault (*fault_of)(const fault&, bool stream, const answer_context&);
    std::string (*fault_in)(std::string_view stream);
};

inline constexpr agent_protocol anthropic{"anthropic", make_anthropic_writer, write_anthropic_document,
                                          write_anthropic_fault, fault_in_anthropic_stream};
inline constexpr agent_protocol responses{"responses", make_responses_writer, write_responses_document,
                                          write_responses_fault, fault_in_responses_stream};
inline constexpr agent_protocol gemini{"gemini", make_gemini_writer, write_gemini_document, write_gemini_fault,
                                       fault_in_gemini_stream};
inline constexpr std::array agent_protocols{anthropic, responses, gemini};

/// The stream of an answer.
inline std::string written(const agent_protocol& as, const deltas& all, const answer_context& context) {
    const auto writer = as.make(context);
    std::string out;
    for (const delta& one : all) writer->write(one, out);
    return out;
}

}  // namespace opd::bridge
