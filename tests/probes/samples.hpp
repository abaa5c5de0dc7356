#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "probes/dialects/dialect.hpp"
#include "probes/http/message.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::testing {

/// A recorded body; tests/data/samples/SOURCES.md tells where each one comes from.
inline std::string sample(const std::string& name) {
    std::ifstream file(std::string(OPD_TEST_DATA) + "/samples/" + name, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), name);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline http_reply reply_of(std::string body, unsigned status = 200) {
    http_reply reply;
    reply.status = status;
    reply.content_type = "application/json";
    reply.body = std::move(body);
    return reply;
}

/// `http://HOST:8000` with a path; no version.
inline api_root root_of(std::string host, std::string prefix = {}, std::string version = {}) {
    return {.tls = false,
            .host = std::move(host),
            .port = 8000,
            .prefix = std::move(prefix),
            .version = std::move(version)};
}

/// Reads an answer to a route, in one step.
inline page read_page(const route& from, const http_reply& reply, std::string_view target) {
    return to_page(from, root_of("localhost"), read_listing(reply, from.rules), target, reply.next_link);
}

/// Reads a body as the answer to the n-th route of a dialect.
inline page read_as(listing_dialect which, const std::string& body, const api_root& root = root_of("localhost"),
                    std::size_t route = 0) {
    const auto routes = dialect_of(which).routes(root);
    return read_page(routes.at(route), reply_of(body), routes.at(route).target);
}

inline std::vector<std::string> ids_of(const page& read) {
    std::vector<std::string> ids;
    for (const model& one : read.models) ids.push_back(one.id);
    return ids;
}

inline std::vector<std::string> targets_of(listing_dialect which, const api_root& root) {
    std::vector<std::string> targets;
    for (const route& one : dialect_of(which).routes(root)) targets.push_back(one.target);
    return targets;
}

using strings = std::vector<std::string>;

}  // namespace opd::testing
