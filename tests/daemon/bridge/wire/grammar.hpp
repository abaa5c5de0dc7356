#pragma once

#include <string>
#include <string_view>

namespace opd::bridge {

// What is wrong with a stream of events as the agents' protocols have it: the order of blocks and items, their indices,
// that what was said in pieces is said again as a whole, that there is one end. Empty: nothing.

std::string fault_in_anthropic_stream(std::string_view stream);
std::string fault_in_responses_stream(std::string_view stream);
std::string fault_in_gemini_stream(std::string_view stream);

}  // namespace opd::bridge
