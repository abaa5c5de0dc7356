#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// Ollama's list of what is installed, completed by what is running.
const dialect& ollama_dialect();

}  // namespace opd
