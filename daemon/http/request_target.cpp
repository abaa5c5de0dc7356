#include "daemon/http/request_target.hpp"

#include "config/ascii.hpp"

#include <algorithm>

namespace opd {

request_target read_target(std::string_view method, std::string_view target, std::string_view host) {
    static constexpr std::string_view scheme = "http://";
    if (method == "CONNECT") return {.path = {}, .fault = "CONNECT is for proxies, which this is not"};
    if (target.find('#') != target.npos) return {.path = {}, .fault = "the target holds a fragment (#)"};
    if (target.starts_with('/') || (target == "*" && method == "OPTIONS")) return {.path = target, .fault = {}};
    if (!same_in_any_case(target.substr(0, scheme.size()), scheme)) {
        return {.path = {}, .fault = "the target is neither a path nor a URL of plain http"};
    }
    target.remove_prefix(scheme.size());
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    if (!same_in_any_case(authority, host)) return {.path = {}, .fault = "the target is on another host than Host"};
    target.remove_prefix(authority.size());
    if (target.empty()) target = "/";
    if (!target.starts_with('/')) return {.path = {}, .fault = "the target has no path"};
    return {.path = target, .fault = {}};
}

}  // namespace opd
