#pragma once

#include <string_view>

namespace opd {

/// A request's target, taken apart.
struct request_target {
    std::string_view path;   ///< origin form: path and query; or `*`
    std::string_view fault;  ///< what is wrong, in words for the client; empty where nothing is
};

/// Reads a target in any form (RFC 9112 3.2). A whole URL must be of plain http and name the same host as the Host
/// header; `*` goes with OPTIONS alone; this is no proxy, so that CONNECT is wrong.
request_target read_target(std::string_view method, std::string_view target, std::string_view host);

}  // namespace opd
