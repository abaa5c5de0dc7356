#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// The list of OpenAI and of everyone who speaks its language: one page, ids at least.
const dialect& openai_dialect();

}  // namespace opd
