#pragma once

#include "tests/e2e/attacks/arena.hpp"

#include <span>
#include <string_view>

namespace opd::test {

/// One thing that somebody hostile tries. It is tried twice: it must succeed against the weak side, which shows that it
/// would be seen if it did, and fail against the real one.
struct attack {
    std::string_view name;  ///< what is tried, as a sentence without its end
    /// Whether the attacker gets what he wants. Throws skipped where this machine cannot try it, and std::runtime_error
    /// where the attempt itself went wrong.
    bool (*succeeds)(arena&);
    weakness weak_side = weakness::no_defences;
};

/// Why an attack cannot be tried here.
struct skipped {
    std::string_view why;
};

// One table for each kind of attacker.
std::span<const attack> attacks_of_other_users();
std::span<const attack> attacks_of_web_pages();
std::span<const attack> attacks_on_the_parser();
std::span<const attack> attacks_on_keys();
std::span<const attack> attacks_on_kept_keys();
std::span<const attack> attacks_of_model_servers();
std::span<const attack> attacks_on_resources();
std::span<const attack> attacks_on_files();
std::span<const attack> attacks_through_the_bridge();

}  // namespace opd::test
