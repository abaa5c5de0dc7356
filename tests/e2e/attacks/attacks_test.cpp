#include "tests/e2e/attacks/attack.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <exception>
#include <span>
#include <string>

using namespace opd::test;

namespace {

/// OPD_ATTACK in the environment: only attacks with this text in their names, for the one that is being worked on.
bool is_wanted(std::string_view name) {
    const char* wanted = std::getenv("OPD_ATTACK");
    return wanted == nullptr || name.find(wanted) != name.npos;
}

/// What came of an attempt, in a word.
std::string attempt(const attack& one, arena& where) {
    where.prepare(one.weak_side);
    try {
        return one.succeeds(where) ? "succeeds" : "fails";
    } catch (const skipped& not_here) {
        return "skipped: " + std::string(not_here.why);
    } catch (const std::exception& error) {
        return std::string("goes wrong: ") + error.what();
    }
}

void try_all(std::span<const attack> attacks) {
    arena weak(side::weak);
    arena real(side::real);
    for (const attack& one : attacks) {
        if (!is_wanted(one.name)) continue;
        CAPTURE(one.name);
        const std::string against_weak = attempt(one, weak);
        const bool can_be_tried = !against_weak.starts_with("skipped");
        const std::string against_real = can_be_tried ? attempt(one, real) : against_weak;
        if (against_real.starts_with("skipped")) {
            MESSAGE(std::string(one.name) << " " << against_real);
            continue;
        }
        CHECK_MESSAGE(against_weak == "succeeds", "against the weak side it " << against_weak);
        CHECK_MESSAGE(against_real == "fails", "against operatord it " << against_real);
    }
}

}  // namespace

TEST_CASE("other users of the machine get nothing") { try_all(attacks_of_other_users()); }

TEST_CASE("web pages get nothing") { try_all(attacks_of_web_pages()); }

TEST_CASE("requests that two readers could understand differently are refused") { try_all(attacks_on_the_parser()); }

TEST_CASE("keys go nowhere but to their hosts") { try_all(attacks_on_keys()); }

TEST_CASE("keys are not lying about") { try_all(attacks_on_kept_keys()); }

TEST_CASE("model servers cost bounded time and memory, and one line") { try_all(attacks_of_model_servers()); }

TEST_CASE("clients cannot use the daemon up") { try_all(attacks_on_resources()); }

TEST_CASE("files that others can write to are not believed") { try_all(attacks_on_files()); }

TEST_CASE("through the bridge nobody gets more than without") { try_all(attacks_through_the_bridge()); }
