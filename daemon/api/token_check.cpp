#include "daemon/api/token_check.hpp"

#include "daemon/api/call.hpp"
#include "daemon/api/web_pages.hpp"
#include "daemon/http/bearer_token.hpp"

namespace opd {

std::optional<answer> refuse_without_token(const request& asked, const secret* token) {
    if (!asked.needs_token || is_preflight(asked)) return std::nullopt;
    if (token == nullptr) return failed(403, "forbidden", "this operatord serves its own machine alone");
    if (carries_token(asked.authorization, *token)) return std::nullopt;
    const bool none = asked.authorization.empty();
    answer refused =
        failed(401, "unauthorized",
               none ? "from other machines, the token of operatord is needed: send it as Authorization: Bearer TOKEN, "
                      "or name its file with operatorctl --token-file FILE; the log of operatord says where it is"
                    : "this is not the token of this operatord; its log says where that is");
    refused.authenticate = none ? R"(Bearer realm="operatord")" : R"(Bearer realm="operatord", error="invalid_token")";
    refused.close = true;
    return refused;
}

std::optional<answer> refuse_unless_local(const request& asked) {
    if (asked.over_unix_socket) return std::nullopt;
    return failed(403, "forbidden", "keys are only spoken of over the unix socket; use: operatorctl keys");
}

}  // namespace opd
