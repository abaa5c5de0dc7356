#include "client/commands/common.hpp"
#include "client/doctor/checks.hpp"
#include "client/doctor/gather.hpp"

namespace opd {

outcome run(const command::doctor&, const command_context& context) {
    const findings all = check_all(gather_facts(context));
    outcome end = context.json ? document(encode_findings(all)) : say(show_findings(all, view_of(context)));
    if (has_problem(all)) end.exit_code = exit_failed;
    return end;
}

}  // namespace opd
