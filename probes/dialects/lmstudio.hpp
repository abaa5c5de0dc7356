#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// LM Studio: its own list tells most, the older one less, the OpenAI-shaped one only ids.
const dialect& lmstudio_dialect();

}  // namespace opd
