#include "probes/key_pieces.hpp"

bool opd::key_pieces::are_in(std::string_view) const { return false; }

std::string opd::key_pieces::hidden_in(std::string_view text) const { return std::string(text); }
