#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace opd::bridge {

/// The names of a request's tools as every server takes them, `^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$`, and back. A name that
/// is none of these keeps its first 55 bytes, with `_` for what is not allowed, and gets a hash of the whole, so that
/// it is the same in each turn. A tool of a namespace is `SPACE__NAME`.
class tool_names {
public:
    struct original {
        std::string space, name;
        bool custom = false;
    };

    /// Refuses tools that would get the same name, naming both.
    static decoded<tool_names> of(const turn&);

    /// Of a tool that need not be offered (any more): history may call it.
    static std::string on_wire(std::string_view space, std::string_view name);

    /// What a model has called; nullptr: no tool that was offered.
    const original* find(std::string_view wire_name) const;

private:
    std::map<std::string, original, std::less<>> tools_;
};

/// The id of a call as every server takes it: itself where it is `^[a-zA-Z0-9_-]{1,64}$`, else `call_` and a hash.
std::string id_on_wire(std::string_view id);

}  // namespace opd::bridge
