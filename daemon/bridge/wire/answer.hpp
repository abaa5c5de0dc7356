#pragma once

#include "daemon/bridge/wire/delta.hpp"
#include "daemon/bridge/wire/tool_names.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::bridge {

/// What an answer's writer must know besides the deltas.
struct answer_context {
    std::string model;                 ///< as the agent named it
    std::string id;                    ///< of this answer, `[A-Za-z0-9]{1,40}`, unique
    std::uint64_t created = 0;         ///< seconds since 1970
    std::uint64_t input_estimate = 0;  ///< tokens, until the server has told
    const tool_names& names;           ///< outlives the writer
    std::string maker;                 ///< see `maker_of`
};

/// A model of a list, as all protocols have it.
struct listed {
    std::string_view id, name;                    ///< the name may be empty
    std::uint64_t context = 0, output_limit = 0;  ///< tokens; 0: not known
};

/// An answer that is an error, in the shape that its agent shows to its user after one request.
struct http_fault {
    unsigned status = 0;
    std::vector<std::pair<std::string_view, std::string>> headers;  ///< beside Content-Type
    std::string_view content_type = "application/json";
    std::string body;
};

}  // namespace opd::bridge
