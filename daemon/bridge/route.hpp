#pragma once

#include "config/base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace opd::bridge {

/// The protocols that agents speak to the bridge.
enum class surface : std::uint8_t { anthropic, openai, gemini };

std::string_view to_string(surface);  ///< as the path has it

enum class operation : std::uint8_t {
    turn,    ///< messages, responses, generateContent
    chat,    ///< chat/completions, which is passed on as it is
    count,   ///< of tokens
    models,  ///< the list
    hello    ///< claude looks whether anybody is there
};

/// What a path below `/bridge` asks for.
struct bridge_route {
    std::string server;  ///< a name, or a kind's slug
    surface from = surface::anthropic;
    operation what = operation::turn;
    std::string version;  ///< of Gemini's protocol, as the path has it
    std::string model;    ///< the same
    bool stream = false;  ///< the same
};

struct no_route {
    unsigned status = 404;
    std::string message;
    surface from = surface::anthropic;
    std::string allow;  ///< of a 405
};

/// `path` is what stands behind `/bridge`, taken apart and decoded: a name may hold anything.
result<bridge_route, no_route> find_route(std::string_view method, std::span<const std::string> path);

}  // namespace opd::bridge
