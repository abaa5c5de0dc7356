#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// OpenRouter: the list is open to all, so the key is asked about by itself.
const dialect& openrouter_dialect();

}  // namespace opd
