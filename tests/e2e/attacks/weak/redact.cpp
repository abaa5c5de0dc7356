#include "probes/redact.hpp"

std::string opd::redact(std::string_view text, const key_pieces&, std::size_t) { return std::string(text); }
