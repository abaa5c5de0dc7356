#include "config/base/refusal.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>

namespace opd {

change_refusal no_such(std::string_view what, std::string_view name, std::span<const std::string_view> names,
                       std::string_view noun) {
    change_refusal made{.why = change_refusal::reason::not_found,
                        .message = fmt::format("no {} is called {}", what, in_quotes(name))};
    if (const auto meant = closest_or_part(name, names))
        made.message += "; " + did_you_mean(meant);
    else
        made.next = {.verb = "list", .noun = noun};
    return made;
}

}  // namespace opd
