#include "config/model/cors_origin.hpp"

#include "config/base/utf8.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

problem refusal(std::string_view origin, std::string_view why) {
    return {fmt::format("{} is not an origin: {}", in_quotes(origin), why),
            "write scheme, host and port as the browser sends them, as in \"http://localhost:3000\""};
}

}  // namespace

result<void> check_cors_origin(std::string_view origin) {
    if (origin == "*" || origin == "null") {
        return problem{fmt::format("{} would open the API to every web page", in_quotes(origin)),
                       "list the origins one by one, as in \"http://localhost:3000\""};
    }
    const auto url = boost::urls::parse_uri(origin);
    // Boost 1.81 takes what is left of a port that is no number as the path.
    const bool path_is_one = url && (url->encoded_path().empty() || url->encoded_path().starts_with('/'));
    if (!path_is_one || !url->has_authority() || url->encoded_host().empty())
        return refusal(origin, "it is not SCHEME://HOST");
    // Nothing of it is repeated: it may be a password.
    if (url->has_userinfo()) return problem{"an origin holds a user name before an \"@\"", "take it out"};
    if (!url->encoded_path().empty()) return refusal(origin, "nothing may follow the host and port, not even a \"/\"");
    if (url->has_query() || url->has_fragment()) return refusal(origin, "nothing may follow the host and port");
    if (std::ranges::any_of(origin, [](char c) { return c >= 'A' && c <= 'Z'; }))
        return refusal(origin, "browsers send it in lower case");
    if (!url->has_port()) return {};
    const auto port = url->port_number();
    if (port == 0) return refusal(origin, "the port does not exist");
    const bool is_default = (url->scheme() == "http" && port == 80) || (url->scheme() == "https" && port == 443);
    if (is_default) return refusal(origin, "browsers leave the default port out");
    return {};
}

}  // namespace opd
