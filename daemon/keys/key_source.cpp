#include "daemon/keys/key_source.hpp"

namespace opd {

std::string_view to_string(key_source source) {
    switch (source) {
        case key_source::pushed:
            return "pushed";
        case key_source::credentials:
            return "credentials";
        case key_source::keys_file:
            return "keys.env";
        case key_source::environment:
            return "environment";
    }
    return {};
}

}  // namespace opd
