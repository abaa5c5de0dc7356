#pragma once

#include "daemon/http/connection_table.hpp"
#include "daemon/http/session.hpp"
#include "probes/http/message.hpp"

namespace opd::http {

// What others may cost this process.

session_limits limits_of_each_client();

/// At most half of the descriptors that this process may have are for clients: probes and files need some, too.
connection_limits limits_of_clients();

probe_limits limits_of_probes();

}  // namespace opd::http
