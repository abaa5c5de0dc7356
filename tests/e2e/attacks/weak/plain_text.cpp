#include "probes/redact.hpp"

std::string opd::plain_text(std::string_view text) { return std::string(text); }
