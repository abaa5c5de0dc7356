#pragma once

#include "tests/e2e/attacks/arena.hpp"

#include <string>
#include <string_view>

namespace opd::test {

/// What a browser, or somebody with a socket, sends to the attacked server over TCP. The Host is right unless
/// `headers` have one.
struct asked_over_tcp {
    std::string method = "GET";
    std::string target = "/api/v1/model-servers";
    header_list headers{};
    std::string body{};
};

http_answer ask(arena&, const asked_over_tcp&);

/// Whether it is answered with a 2xx: the attacker got through.
bool gets_through(arena&, const asked_over_tcp&);

/// The status of the first answer to these bytes; 0: the connection is closed without any.
unsigned status_of(arena&, std::string_view bytes);

/// A server that a page would have the daemon send a key to.
inline constexpr std::string_view thief =
    R"({"name":"thief","kind":"openai-compat","base_url":"http://127.0.0.1:9","api_key_env":"LAB_KEY"})";

}  // namespace opd::test
