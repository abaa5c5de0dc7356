#pragma once

#include "daemon/api/call.hpp"

namespace opd {

/// Common to the model lists of servers and of kinds.
preparation before_models(api_services, const call&, server_entry_ptr);

/// The list as it is now, or what is wrong with the request's parameters.
answer models_answer(const call&, const document_ptr& models);

}  // namespace opd
