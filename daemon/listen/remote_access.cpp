#include "daemon/listen/remote_access.hpp"

#include "config/base/exit_codes.hpp"
#include "daemon/peers/tcp_sockets.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

namespace opd::listen {
namespace {

bool is_for_others(const listen_plan::address& one) { return !peers::plain(one.endpoint.address()).is_loopback(); }

}  // namespace

bool reaches_other_machines(const listen_plan& plan) { return std::ranges::any_of(plan.tcp, is_for_others); }

result<std::optional<secret>, token_error> token_for_other_machines(
    const listen_plan& plan, const std::optional<std::filesystem::path>& state_folder, spdlog::logger& log) {
    const auto open = std::ranges::find_if(plan.tcp, is_for_others);
    if (open == plan.tcp.end()) return std::optional<secret>();
    const std::string address = open->endpoint.address().to_string();
    if (!state_folder) {
        return token_error{
            exit_config,
            {"other machines can reach the API on " + address + ", and there is no folder for the token that they need",
             "set HOME, or serve on loopback alone"}};
    }
    const std::filesystem::path file = *state_folder / "token";
    auto token = read_or_make_token(file);
    if (!token) return token.error();
    log.warn(
        "other machines can reach the API on {}, over plain HTTP: whoever is on the way can read answers and token; "
        "if that is not meant, serve on 127.0.0.1 and use an ssh tunnel",
        address);
    log.warn(
        "other machines need the token in {}{}: operatorctl --url http://HOST:PORT --token-file FILE, or "
        "Authorization: Bearer TOKEN",
        file.string(), token->is_new ? ", which is new" : "");
    return std::optional<secret>(std::move(token->value));
}

}  // namespace opd::listen
