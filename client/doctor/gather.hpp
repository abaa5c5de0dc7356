#pragma once

#include "client/commands.hpp"
#include "client/doctor/facts.hpp"

namespace opd {

/// Looks at everything. Starts a few programs, each with a time limit, and asks the daemon.
doctor_facts gather_facts(const command_context&);

}  // namespace opd
