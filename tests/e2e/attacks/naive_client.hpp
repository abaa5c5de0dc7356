#pragma once

#include "tests/support/http_fixture/script.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace opd::test {

struct naive_reply {
    std::string received;      ///< every byte of all answers
    bool ended = false;        ///< false: the server was still at it when the patience ended
    std::size_t requests = 0;  ///< redirects included
};

/// An HTTP client as one writes it in an afternoon: it takes whatever comes until the other side closes, and goes where
/// it is sent to with all its headers. `url` is `http://` and a server on 127.0.0.1.
naive_reply naive_get(std::string url, const header_list& headers = {},
                      std::chrono::milliseconds patience = std::chrono::milliseconds(250));

}  // namespace opd::test
