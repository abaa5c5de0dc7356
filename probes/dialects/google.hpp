#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// Gemini's paged list, without the models that are not for text.
const dialect& google_dialect();

}  // namespace opd
