#include "daemon/http/guard.hpp"

namespace opd {

// Another port of this machine is another origin, but the same site.
bool is_foreign_fetch(std::string_view sec_fetch_site) {
    return sec_fetch_site == "cross-site" || sec_fetch_site == "same-site";
}

}  // namespace opd
