#include "daemon/http/bearer_token.hpp"

#include "config/ascii.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace opd {

bool carries_token(std::string_view authorization, const secret& token) {
    constexpr std::string_view scheme = "Bearer ";
    if (!same_in_any_case(authorization.substr(0, scheme.size()), scheme)) return false;
    authorization.remove_prefix(scheme.size());
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
    const std::string_view wanted = token.reveal();
    return !wanted.empty() && authorization.size() == wanted.size() &&
           CRYPTO_memcmp(authorization.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace opd
