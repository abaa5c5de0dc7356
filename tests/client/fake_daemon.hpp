#pragma once

#include "client/commands/common.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace opd::test {

inline daemon_reply answered(unsigned status, std::string body, std::string etag = {}) {
    return daemon_answer{.status = status, .body = std::move(body), .etag = std::move(etag)};
}

/// A daemon made of fixed answers, which keeps what it was asked and how long it had. What changes something is found
/// under its method (`POST /api/v1/...`), GETs under their target alone.
struct fake_daemon {
    std::map<std::string, daemon_reply> replies;
    std::vector<daemon_request> requests;
    std::vector<std::chrono::milliseconds> limits;

    outcome run(const command::any& what, bool json = false, std::vector<std::string> environment = {}) {
        const command_context context{
            .ask =
                [this](std::span<const daemon_request> asked, std::chrono::milliseconds limit) {
                    limits.push_back(limit);
                    std::vector<daemon_reply> out;
                    for (const daemon_request& one : asked) out.push_back(answer(one));
                    return out;
                },
            .address = "/run/o.sock",
            .environment = std::move(environment),
            .json = json,
            .colour = false,
            .now = {}};
        return run_command(what, context);
    }

    std::vector<std::string> targets() const {
        std::vector<std::string> out;
        for (const daemon_request& one : requests) out.push_back(key_of(one));
        return out;
    }

private:
    static std::string key_of(const daemon_request& request) {
        switch (request.method) {
            case http_method::post: return "POST " + request.target;
            case http_method::put: return "PUT " + request.target;
            case http_method::remove: return "DELETE " + request.target;
            case http_method::get: break;
        }
        return request.target;
    }

    daemon_reply answer(const daemon_request& request) {
        requests.push_back(request);
        const auto found = replies.find(key_of(request));
        if (found != replies.end()) return found->second;
        return answered(404, "{}");
    }
};

}  // namespace opd::test
