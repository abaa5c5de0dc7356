#include "config/model/model_server.hpp"

namespace opd {

model_server undeclared_server(const kind& of) {
    model_server server;
    server.name = of.slug;
    server.kind = &of;
    if (!of.default_api_key_env.empty()) server.api_key_env = of.default_api_key_env;
    server.user_declared = false;
    return server;
}

}  // namespace opd
