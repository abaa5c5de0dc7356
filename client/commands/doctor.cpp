#include "client/commands/common.hpp"
#include "client/doctor/checks.hpp"
#include "client/doctor/gather.hpp"

namespace opd {

outcome run(const command::doctor&, const surroundings& around) {
    const findings all = check_all(gather_facts(around));
    outcome end = around.json ? document(encode_findings(all)) : say(show_findings(all, view_of(around)));
    if (has_problem(all)) end.exit_code = exit_failed;
    return end;
}

}  // namespace opd
